/** ESO's decodingStrategy: base64 as Go reads it, strict but for line breaks. */
import type { DecodingStrategy } from "../model.ts";
import { byteText } from "./gjson/text.ts";

/** The decoded bytes, or undefined where the value is not encoded so. */
export function decodeValue(bytes: Uint8Array, strategy: DecodingStrategy): Uint8Array | undefined {
  switch (strategy) {
    case "None":
      return bytes;
    case "Base64":
      return decodeBase64(bytes, /^[A-Za-z0-9+/]*={0,2}$/);
    case "Base64URL":
      return decodeBase64(bytes, /^[A-Za-z0-9_-]*={0,2}$/);
    case "Auto":
      return decodeValue(bytes, "Base64") ?? decodeValue(bytes, "Base64URL") ?? bytes;
  }
}

/** Padding is required, and makes the length a multiple of four; bits that the padding cuts off may be anything. */
function decodeBase64(bytes: Uint8Array, alphabet: RegExp): Uint8Array | undefined {
  const text = byteText(bytes).replace(/[\r\n]/g, "");
  return text.length % 4 === 0 && alphabet.test(text) ? new Uint8Array(Buffer.from(text, "base64")) : undefined;
}
