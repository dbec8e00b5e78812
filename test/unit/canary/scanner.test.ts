/** The scanner finds what was planted, in every spelling and any eight bytes of it, and nothing in what is clean. */
import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, it } from "@jest/globals";
import { binaryCanary, canary, registerCanary } from "../../support/canary/canary.ts";
import { createScanner } from "../../support/canary/scanner.ts";

const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString("base64");
const hex = (text: string): string => Buffer.from(text).toString("hex");
const each = (text: string, spell: (byte: number) => string): string => [...Buffer.from(text)].map(spell).join("");
const two = (byte: number): string => byte.toString(16).padStart(2, "0");

/** Ways that a value, or a part of one, may be written. */
const SPELLINGS: readonly (readonly [string, (value: string) => string])[] = [
  ["in the clear", (value) => value],
  ["base64", base64],
  ["base64 behind one byte", (value) => base64(`.${value}`)],
  ["base64 behind two bytes", (value) => base64(`..${value}`)],
  ["base64url", (value) => Buffer.from(`??>${value}`).toString("base64url")],
  ["base64 of base64", (value) => base64(base64(`;${value}`))],
  ["base64 in JSON in base64", (value) => base64(JSON.stringify({ data: base64(value) }))],
  ["hex", hex],
  ["hex of upper case", (value) => hex(value).toUpperCase()],
  ["hex behind half a byte", (value) => `f${hex(value)}`],
  ["hex with colons", (value) => each(value, (byte) => `${two(byte)}:`).slice(0, -1)],
  ["inspect of a Buffer", (value) => inspect(Buffer.from(value))],
  ["inspect of bytes", (value) => inspect(new Uint8Array(Buffer.from(value)), { breakLength: Number.POSITIVE_INFINITY })],
  ["JSON of a Buffer", (value) => JSON.stringify(Buffer.from(value))],
  ["JSON", (value) => JSON.stringify({ value })],
  ["JSON in JSON in JSON", (value) => JSON.stringify(JSON.stringify(JSON.stringify(value)))],
  ["Go's JSON", (value) => JSON.stringify(value).replaceAll("&", String.raw`\u0026`).replaceAll("<", String.raw`\u003c`)],
  ["inspect of a text", (value) => inspect({ value })],
  ["URL-escaped", encodeURIComponent],
  ["URL-escaped twice", (value) => encodeURIComponent(encodeURIComponent(value))],
  ["all of it URL-escaped", (value) => each(value, (byte) => `%${two(byte).toUpperCase()}`)],
  ["unicode escapes", (value) => each(value, (byte) => String.raw`\u00${two(byte)}`)],
  ["byte escapes", (value) => each(value, (byte) => String.raw`\x${two(byte)}`)],
  ["XML", (value) => value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")],
  ["numbered entities", (value) => each(value, (byte) => `&#${byte};`)],
];

const AROUND = `{"level":"INFO","message":"synced","target":"tokyo/app-shop/database","durationMs":12,"requestId":"5f3c"}\n`.repeat(50);
const planted = canary("planted");
const scan = createScanner([
  { label: "planted", value: Buffer.from(planted) },
  { label: "other", value: Buffer.from(canary("other")) },
]);
const labelsIn = (text: string): readonly string[] => [...new Set(scan(Buffer.from(text)).map(({ label }) => label))];

describe("the scanner", () => {
  it("takes sixteen digits of a hexadecimal value for a leak, and eight for chance", () => {
    const value = `token${randomBytes(32).toString("hex")}`;
    const find = createScanner([{ label: "token", value: Buffer.from(value) }]);
    const labels = (text: string) => find(Buffer.from(text)).map(({ label }) => label);
    const digits = value.slice(5);

    for (let at = 0; at + 16 <= digits.length; at++) expect(labels(`Signature=${digits.slice(at, at + 16)}`)).toEqual(["token"]);
    for (let at = 0; at + 8 <= digits.length; at++) expect(labels(`Signature=aa${digits.slice(at, at + 8)}zz`)).toEqual([]);
    expect(labels(`x${value.slice(0, 8)}`)).toEqual(["token"]);
  });

  it.each(SPELLINGS)("finds a whole value: %s", (_name, spell) => {
    expect(labelsIn(AROUND + spell(planted) + AROUND)).toEqual(["planted"]);
  });

  it.each(SPELLINGS)("finds any eight bytes alone: %s", (_name, spell) => {
    const windows = Array.from({ length: planted.length - 7 }, (_, at) => planted.slice(at, at + 8));

    const missed = windows.filter((window) => labelsIn(`error: "${spell(window)}" at 12`)[0] !== "planted");

    expect(missed).toHaveLength(0);
  });

  it("finds bytes of no text", () => {
    const value = Buffer.from(binaryCanary("binary"));
    const find = createScanner([{ label: "binary", value }]);

    for (const bytes of [value, Buffer.from(base64(value)), Buffer.from(value.toString("hex")), Buffer.from(inspect(value))]) {
      expect(find(Buffer.concat([Buffer.from("data: "), bytes]))).toEqual([expect.objectContaining({ label: "binary" })]);
    }
  });

  it("says where, without the value", () => {
    const leaks = scan(Buffer.from(`error: ${base64(planted)}`));

    expect(leaks).toEqual([{ label: "planted", spelling: "base64", offset: expect.any(Number) }]);
  });

  it("finds nothing in seven bytes, in another value, in noise and in the code itself", () => {
    const noise = randomBytes(2 ** 17);

    expect(labelsIn(planted.slice(0, 7))).toEqual([]);
    expect(labelsIn(canary("a third"))).toEqual([]);
    for (const clean of [noise.toString("latin1"), noise.toString("base64"), noise.toString("hex"), AROUND.repeat(10)]) {
      expect(labelsIn(clean)).toEqual([]);
    }
  });

  it("refuses what is too short to be looked for", () => {
    expect(() => registerCanary("short", "seven 7")).toThrow("too short");
  });
});
