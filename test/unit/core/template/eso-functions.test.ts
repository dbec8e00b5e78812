/** Where ESO's set differs from sprig v3.3.0, and where this engine differs from both: written by hand, each with its reason. */
import { describe, expect, it } from "@jest/globals";
import { templateFunctionNames } from "../../../../src/core/template/families/names.ts";
import { renderText } from "./render-text.ts";

const ENVIRONMENT = {
  nowMs: Date.UTC(2026, 10, 24, 12, 30, 15, 250),
  randomBytes: (count: number) => new Uint8Array(count).fill(0x11),
};

describe("ESO's own functions", () => {
  it.each([
    { reason: "hexdec gives the bytes", template: '{{ hexdec "68656c6c6f" }}', want: "hello" },
    { reason: "hexdec gives its error as text", template: '{{ hexdec "zz" }}', want: "encoding/hex: invalid byte: U+007A 'z'" },
    {
      reason: "hexdec names a byte that is no letter by its code alone",
      template: '{{ hexdec "\\n0" }}',
      want: "encoding/hex: invalid byte: U+000A",
    },
    { reason: "hexdec says of an odd length so", template: '{{ hexdec "abc" }}', want: "encoding/hex: odd length hex string" },
    { reason: "rsaDecrypt with the scheme None hands the text on", template: '{{ rsaDecrypt "None" "SHA1" "text" "" }}', want: "text" },
    {
      reason: "fromYaml of what is no map has the key Error, its words our own: the parser's may quote the text",
      template: '{{ (fromYaml "- a").Error }}',
      want: "error converting YAML to JSON",
    },
    { reason: "toYaml has no last line feed", template: '{{ dict "a" 1 | toYaml }}|', want: "a: 1|" },
    { reason: "numbers of fromJson are floats and print as such", template: '{{ (fromJson `{"n":1000000}`).n }}', want: "1e+06" },
    { reason: "index of a missing key is empty, where a field is an error", template: '{{ index . "missing" }}|', want: "|" },
    {
      reason: "filterPEM of a text without PEM is junk only if something is left",
      template: '{{ filterPEM "CERTIFICATE" "" }}|',
      want: "|",
    },
  ])("$reason", async ({ template, want }) => {
    expect(await renderText(template, {}, { environment: ENVIRONMENT })).toBe(want);
  });
});

describe("clock and chance", () => {
  it.each([
    { reason: "now is the environment's", template: '{{ now | date "2006-01-02 15:04:05.000 MST" }}', want: "2026-11-24 12:30:15.250 UTC" },
    { reason: "ago counts from it", template: '{{ ago (toDate "2006-01-02" "2026-11-24") }}', want: "12h30m15s" },
    { reason: "what is no time is now", template: '{{ date "2006" "text" }}', want: "2026" },
    {
      reason: "uuidv4 is made of the random bytes, tagged as version 4",
      template: "{{ uuidv4 }}",
      want: "11111111-1111-4111-9111-111111111111",
    },
    { reason: "randBytes is base64 of so many", template: "{{ randBytes 3 }}", want: "ERER" },
    { reason: "randInt stays below its end", template: "{{ randInt 3 4 }}", want: "3" },
  ])("$reason", async ({ template, want }) => {
    expect(await renderText(template, {}, { environment: ENVIRONMENT })).toBe(want);
  });

  it.each([
    { name: "randAlphaNum", pattern: /^[A-Za-z0-9]{40}$/ },
    { name: "randAlpha", pattern: /^[A-Za-z]{40}$/ },
    { name: "randNumeric", pattern: /^[0-9]{40}$/ },
    { name: "randAscii", pattern: /^[ -~]{40}$/ },
  ])("$name draws from its alphabet, and not always the same", async ({ name, pattern }) => {
    const texts = new Set(await Promise.all([1, 2, 3].map(() => renderText(`{{ ${name} 40 }}`, {}))));

    expect(texts.size).toBe(3);
    for (const text of texts) expect(text).toMatch(pattern);
  });

  it("gives equal bytes for equal inputs", async () => {
    const template = '{{ randAlphaNum 20 }}{{ uuidv4 }}{{ shuffle "abcdef" }}{{ encryptAES "k" "t" }}{{ htpasswd "u" "p" }}{{ now }}';

    expect(await renderText(template, {}, { environment: ENVIRONMENT })).toBe(await renderText(template, {}, { environment: ENVIRONMENT }));
  });
});

describe("differences by design", () => {
  it.each([
    { reason: "maps have no order in Go: keys comes sorted", template: '{{ keys (dict "b" 1 "a" 2) }}', want: "[a b]" },
    { reason: "values comes in the order of its keys", template: '{{ values (dict "b" 1 "a" 2) }}', want: "[2 1]" },
  ])("$reason", async ({ template, want }) => {
    expect(await renderText(template, {})).toBe(want);
  });

  it.each([
    { reason: "an address of memory is none of a template's business", template: '{{ printf "%p" (list 1) }}' },
    { reason: "complex numbers are no part of any manifest", template: "{{ 1i }}" },
  ])("$reason", async ({ template }) => {
    await expect(renderText(template, {})).rejects.toThrow("test:1:4");
  });
});

describe("templateFunctionNames", () => {
  it("has sprig's functions and ESO's, and none that reaches outside", () => {
    const names = templateFunctionNames();

    expect(names.length).toBe(245);
    expect(names).toEqual(
      expect.arrayContaining(["hexdec", "toYaml", "pkcs12key", "certSANs", "rsaDecrypt", "mustRegexSplit", "genSignedCertWithKey"]),
    );
    for (const name of ["env", "expandenv", "getHostByName"]) expect(names).not.toContain(name);
  });
});
