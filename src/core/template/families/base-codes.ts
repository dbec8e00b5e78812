/** Go's base64, base32 and hex: decoding either gives the bytes, or Go's own words with the place, which `b64dec` renders as text. */
import { NO_FLAGS } from "../go/flags.ts";
import { printArgument } from "../go/print.ts";
import { int } from "../go/values.ts";

export type Decoded = { readonly bytes: string } | { readonly fault: string };

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function corrupt(what: "base64" | "base32", offset: number): Decoded {
  return { fault: `illegal ${what} data at input byte ${offset}` };
}

function isLineBreak(char: string): boolean {
  return char === "\n" || char === "\r";
}

/** The place where StdEncoding.DecodeString stops, as Go counts it. */
function base64Fault(text: string): number {
  let at = 0;
  const skip = (): void => {
    while (at < text.length && isLineBreak(text.charAt(at))) at++;
  };
  for (;;) {
    for (let digit = 0; digit < 4; digit++) {
      skip();
      if (at === text.length) return at - digit;
      const char = text.charAt(at++);
      if (BASE64.includes(char)) continue;
      if (char !== "=" || digit < 2) return at - 1;
      if (digit === 2) {
        skip();
        if (at === text.length) return text.length;
        if (text.charAt(at) !== "=") return at - 1;
        at++;
      }
      skip();
      return at;
    }
  }
}

/** StdEncoding.DecodeString. */
export function decodeBase64(text: string): Decoded {
  const plain = text.replace(/[\r\n]/g, "");
  if (plain.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(plain)) return { bytes: Buffer.from(plain, "base64").toString("latin1") };
  return corrupt("base64", base64Fault(text));
}

function base32Digits(text: string): { readonly digits: readonly number[]; readonly fault?: number } {
  const digits: number[] = [];
  for (let at = 0; at < text.length; ) {
    for (let place = 0; place < 8; place++) {
      if (at >= text.length) return { digits, fault: text.length - place };
      const char = text.charAt(at++);
      const left = text.length - at;
      if (char === "=" && place >= 2 && left < 8) {
        if (left + place < 7) return { digits, fault: text.length };
        for (let skipped = 0; skipped < 7 - place; skipped++) {
          if (left > skipped && text.charAt(at + skipped) !== "=") return { digits, fault: at + skipped - 1 };
        }
        return place === 3 || place === 6 ? { digits, fault: at - 1 } : { digits };
      }
      const digit = BASE32.indexOf(char);
      if (digit < 0) return { digits, fault: at - 1 };
      digits.push(digit);
    }
  }
  return { digits };
}

/** base32's StdEncoding.DecodeString. */
export function decodeBase32(text: string): Decoded {
  const { digits, fault } = base32Digits(text.replace(/[\r\n]/g, ""));
  if (fault !== undefined) return corrupt("base32", fault);
  let bytes = "";
  let bits = 0;
  let count = 0;
  for (const digit of digits) {
    bits = ((bits << 5) | digit) & 0xfff;
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes += String.fromCharCode((bits >> count) & 0xff);
  }
  return { bytes };
}

export function encodeBase32(bytes: string): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 5) {
    const group = bytes.slice(at, at + 5);
    let bits = 0n;
    for (let index = 0; index < 5; index++) bits = (bits << 8n) | BigInt(group.charCodeAt(index) || 0);
    const digits = Math.ceil((group.length * 8) / 5);
    for (let index = 0; index < 8; index++) text += index < digits ? BASE32.charAt(Number((bits >> BigInt(35 - 5 * index)) & 31n)) : "=";
  }
  return text;
}

/** hex.DecodeString. Its error names the first wrong byte, as Go's does: that byte is then part of the rendered text, not of an error. */
export function decodeHex(text: string): Decoded {
  const wrong = text.search(/[^0-9a-fA-F]/);
  if (wrong >= 0)
    return { fault: `encoding/hex: invalid byte: ${printArgument(int(text.charCodeAt(wrong)), "U", { ...NO_FLAGS, sharp: true })}` };
  return text.length % 2 === 0 ? { bytes: Buffer.from(text, "hex").toString("latin1") } : { fault: "encoding/hex: odd length hex string" };
}
