/** ASN.1: BER is read by asn1js into a plain tree; DER is written from parts. */
import { type BaseBlock, fromBER } from "asn1js";
import { FunctionFault } from "../template-error.ts";

/** One element: its tag, its bytes with and without their header, and its children where it has any. */
export interface Element {
  readonly isContextSpecific: boolean;
  readonly tag: number;
  readonly whole: Uint8Array;
  readonly content: Uint8Array;
  readonly children: readonly Element[];
}

function toElement(block: BaseBlock): Element {
  const whole = block.valueBeforeDecodeView;
  const first = whole[1] ?? 0;
  const header = 2 + (first < 0x80 ? 0 : first & 0x7f);
  const value: unknown = "value" in block.valueBlock ? block.valueBlock.value : undefined;
  return {
    // asn1js counts the classes from 1.
    isContextSpecific: block.idBlock.tagClass === 3,
    tag: block.idBlock.tagNumber,
    whole,
    content: whole.subarray(header),
    children: block.idBlock.isConstructed && Array.isArray(value) ? (value as readonly BaseBlock[]).map(toElement) : [],
  };
}

/** Reads one element that takes all of the bytes. @throws FunctionFault with `phrase` */
export function readDer(bytes: Uint8Array, phrase: string): Element {
  let element: Element;
  try {
    const { offset, result } = fromBER(Uint8Array.from(bytes).buffer);
    if (offset !== bytes.length || result.error !== "") throw new FunctionFault(phrase);
    element = toElement(result);
  } catch {
    // What nests too deep overflows the library's stack.
    throw new FunctionFault(phrase);
  }
  return element;
}

/** A child that must be there. @throws FunctionFault with `phrase` */
export function child(element: Element | undefined, index: number, phrase: string): Element {
  const found = element?.children[index];
  if (found === undefined) throw new FunctionFault(phrase);
  return found;
}

/** The bytes of an octet string; BER may cut it into several. */
export function octets(element: Element): Uint8Array {
  return element.children.length === 0 ? element.content : Buffer.concat(element.children.map(octets));
}

/** The dotted form of an object identifier's content. */
export function oidText(element: Element): string {
  const numbers: number[] = [];
  let value = 0;
  for (const byte of element.content) {
    value = value * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (numbers.length === 0) numbers.push(Math.min(Math.floor(value / 40), 2), value - 40 * Math.min(Math.floor(value / 40), 2));
    else numbers.push(value);
    value = 0;
  }
  return numbers.join(".");
}

export function integerOf(element: Element): number {
  return element.content.reduce((value, byte) => value * 256 + byte, 0);
}

function tagged(identifier: number, parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  const digits: number[] = [];
  for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  const length = content.length < 0x80 ? [content.length] : [0x80 | digits.length, ...digits];
  return Buffer.concat([Uint8Array.of(identifier, ...length), content]);
}

function oidBytes(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((number) => {
    const digits = [number % 128];
    for (let left = Math.floor(number / 128); left > 0; left = Math.floor(left / 128)) digits.unshift(0x80 | (left % 128));
    return digits;
  });
  return Uint8Array.from(bytes);
}

/** Big-endian and positive: a zero byte keeps the sign away. */
function positive(bytes: Uint8Array): Uint8Array {
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from++;
  const trimmed = bytes.subarray(from);
  return (trimmed[0] ?? 0) >= 0x80 ? Buffer.concat([Uint8Array.of(0), trimmed]) : trimmed;
}

/** Writers of DER elements. */
export const der = Object.freeze({
  sequence: (...parts: readonly Uint8Array[]) => tagged(0x30, parts),
  set: (...parts: readonly Uint8Array[]) => tagged(0x31, parts),
  octetString: (...parts: readonly Uint8Array[]) => tagged(0x04, parts),
  bitString: (bytes: Uint8Array, unusedBits = 0) => tagged(0x03, [Uint8Array.of(unusedBits), bytes]),
  integer: (value: Uint8Array | number) => tagged(0x02, [positive(typeof value === "number" ? numberBytes(value) : value)]),
  oid: (dotted: string) => tagged(0x06, [oidBytes(dotted)]),
  boolean: (value: boolean) => tagged(0x01, [Uint8Array.of(value ? 0xff : 0)]),
  none: () => Uint8Array.of(0x05, 0),
  utf8: (bytes: Uint8Array) => tagged(0x0c, [bytes]),
  printable: (bytes: Uint8Array) => tagged(0x13, [bytes]),
  bmp: (bytes: Uint8Array) => tagged(0x1e, [bytes]),
  time: (text: string) => tagged(text.length > 13 ? 0x18 : 0x17, [Buffer.from(text, "latin1")]),
  /** `[tag] EXPLICIT`, or a constructed implicit one. */
  context: (tag: number, ...parts: readonly Uint8Array[]) => tagged(0xa0 | tag, parts),
  /** `[tag] IMPLICIT` of a primitive. */
  implicit: (tag: number, bytes: Uint8Array) => tagged(0x80 | tag, [bytes]),
});

function numberBytes(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
