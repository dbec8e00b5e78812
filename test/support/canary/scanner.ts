/**
 * Looks for canaries in bytes: any eight bytes in a row of any of them, plain or in whatever spelling, also one within another. Of what is
 * hexadecimal text itself (an emulator's session token) sixteen digits, which are eight bytes: eight are there by chance in any run's signatures.
 */
import { type Canary, WINDOW } from "./canary.ts";
import { SPELLINGS } from "./unwrap.ts";

/** Where a canary was found. It never holds the value. */
export interface Leak {
  readonly label: string;
  /** From the outside in, e.g. `base64 > backslash`; empty where it lay in the clear. */
  readonly spelling: string;
  /** In the bytes that were looked at, after the last unwrapping. */
  readonly offset: number;
}

/** A base64 text in a JSON text in a JSON text, and one more. */
const MOST_SPELLINGS = 4;
const TABLE_BITS = 22;

/** Hashes of all windows as bits, so that what is none costs one look; and the windows themselves, as text of latin1. */
interface Index {
  readonly bits: Uint32Array;
  readonly windows: ReadonlyMap<string, Window>;
}

interface Window {
  readonly label: string;
  /** What must follow it, of eight hexadecimal digits. @default nothing must */
  readonly next?: string;
}

const HEXADECIMAL = /^[0-9a-fA-F]+$/;

function slotOf(high: number, low: number): number {
  return (Math.imul(high, 0x9e3779b1) ^ Math.imul(low, 0x85ebca6b)) >>> (32 - TABLE_BITS);
}

function buildIndex(canaries: readonly Canary[]): Index {
  const bits = new Uint32Array(2 ** (TABLE_BITS - 5));
  const windows = new Map<string, Window>();
  for (const { label, value } of canaries) {
    const bytes = Buffer.from(value);
    for (let at = 0; at + WINDOW <= bytes.length; at++) {
      const slot = slotOf(bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4));
      bits[slot >>> 5] = (bits[slot >>> 5] ?? 0) | (1 << (slot & 31));
      const window = bytes.toString("latin1", at, at + WINDOW);
      const isHex = HEXADECIMAL.test(window);
      // Eight digits that stand behind all others were seen with those before them.
      if (isHex && at + 2 * WINDOW > bytes.length) continue;
      windows.set(window, isHex ? { label, next: bytes.toString("latin1", at + WINDOW, at + 2 * WINDOW) } : { label });
    }
  }
  return { bits, windows };
}

function findWindows({ bits, windows }: Index, bytes: Buffer, spelling: string, leaks: Map<string, Leak>): void {
  let high = 0;
  let low = 0;
  for (let at = 0; at < bytes.length; at++) {
    high = ((high << 8) | (low >>> 24)) >>> 0;
    low = ((low << 8) | (bytes[at] ?? 0)) >>> 0;
    if (at < WINDOW - 1) continue;
    const slot = slotOf(high, low);
    if ((((bits[slot >>> 5] ?? 0) >>> (slot & 31)) & 1) === 0) continue;
    const offset = at - WINDOW + 1;
    const found = windows.get(bytes.toString("latin1", offset, at + 1));
    if (found === undefined || leaks.has(found.label)) continue;
    if (found.next !== undefined && bytes.toString("latin1", at + 1, at + 1 + WINDOW) !== found.next) continue;
    leaks.set(found.label, { label: found.label, spelling, offset });
  }
}

/** Makes the scanner of these canaries; it gives one place of each canary that is there, in the plainest spelling. */
export function createScanner(canaries: readonly Canary[]): (bytes: Uint8Array) => readonly Leak[] {
  const index = buildIndex(canaries);
  const scan = (bytes: Buffer, path: readonly string[], leaks: Map<string, Leak>): void => {
    findWindows(index, bytes, path.join(" > "), leaks);
    if (path.length === MOST_SPELLINGS) return;
    const text = bytes.toString("latin1");
    for (const { name, pieces } of SPELLINGS) {
      for (const piece of pieces(text)) if (piece.length >= WINDOW) scan(piece, [...path, name], leaks);
    }
  };
  return (bytes) => {
    const leaks = new Map<string, Leak>();
    scan(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), [], leaks);
    return [...leaks.values()];
  };
}
