/** Reads IP addresses. */
import { FunctionFault } from "../template-error.ts";

function fail(): never {
  throw new FunctionFault("error parsing ip");
}

function parseV4(text: string): readonly number[] {
  const parts = text.split(".");
  if (parts.length !== 4 || parts.some((part) => !/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255)) return fail();
  return parts.map(Number);
}

function groups(text: string): readonly number[] {
  if (text === "") return [];
  const parts = text.split(":");
  return parts.flatMap((part, index) => {
    if (part.includes(".") && index === parts.length - 1) return parseV4(part);
    if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return fail();
    const value = Number.parseInt(part, 16);
    return [value >> 8, value & 0xff];
  });
}

/** 4 bytes, or 16. @throws FunctionFault */
export function parseIp(text: string): Uint8Array {
  if (!text.includes(":")) return Uint8Array.from(parseV4(text));
  const halves = text.split("::");
  if (halves.length > 2) return fail();
  const [head = "", tail] = halves;
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const missing = 16 - front.length - back.length;
  if (tail === undefined ? missing !== 0 : missing < 2) return fail();
  return Uint8Array.from([...front, ...Array.from({ length: missing }, () => 0), ...back]);
}
