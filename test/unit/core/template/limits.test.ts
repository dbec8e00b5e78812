/** The sandbox: no template runs long, grows without bound or says anything of its data. */
import { describe, expect, it } from "@jest/globals";
import { DEFAULT_LIMITS } from "../../../../src/core/template/limits.ts";
import { TemplateError } from "../../../../src/core/template/template-error.ts";
import { renderText } from "./render-text.ts";

const CANARY = "CANARY-b7e1";

async function errorOf(template: string, data: Readonly<Record<string, string>> = {}): Promise<TemplateError> {
  const error: unknown = await renderText(template, data).catch((caught: unknown) => caught);
  if (!(error instanceof TemplateError)) throw new Error(`the template gives ${String(error)} and no TemplateError`);
  return error;
}

describe("a template's limits", () => {
  it.each([
    { name: "a loop in a loop", template: "{{ range until 1000 }}{{ range until 1000 }}{{ end }}{{ end }}", want: "too many steps" },
    { name: "a long range over an integer", template: "{{ range 9000000000000000000 }}{{ end }}", want: "too many steps" },
    {
      name: "endless recursion",
      template: '{{ define "t" }}{{ template "t" }}{{ end }}{{ template "t" }}',
      want: "maximum template depth",
    },
    { name: "a long repeat", template: '{{ repeat 2000000 "x" }}', want: "grows too long" },
    { name: "repeats of repeats", template: '{{ $x := repeat 1000000 "x" }}{{ cat $x $x }}', want: "grows too long" },
    { name: "a doubling variable", template: '{{ $x := "xx" }}{{ range until 40 }}{{ $x = print $x $x }}{{ end }}', want: "too long" },
    {
      name: "much output",
      template: '{{ $x := repeat 100000 "x" }}{{ range until 100 }}{{ $x }}{{ end }}',
      want: "rendered text grows too long",
    },
    { name: "a long until", template: "{{ until 100000000 }}", want: "list grows too long" },
    { name: "a long untilStep", template: "{{ untilStep 0 9000000000000 1 }}", want: "list grows too long" },
    { name: "a long seq", template: "{{ seq 1 100000000 }}", want: "list grows too long" },
    { name: "many random bytes", template: "{{ randBytes 100000000 }}", want: "grows too long" },
    { name: "a long random text", template: "{{ randAlphaNum 100000000 }}", want: "grows too long" },
    {
      name: "a wide printf",
      template: '{{ printf "%999999999d" 1 }}{{ printf "%[1]*[2]d" 1000000 1 | len }}{{ printf "%*d%*d" 1000000 1 1000000 1 }}',
      want: "grows too long",
    },
    { name: "a great replacement", template: '{{ $x := repeat 1000 "a" }}{{ replace "a" (repeat 10000 "b") $x }}', want: "grows too long" },
    { name: "a deep indent", template: '{{ indent 100000 (repeat 100 "\\n") }}', want: "grows too long" },
    {
      name: "a large regular expression",
      template: '{{ regexMatch "(((a{100}){100}){100})" "a" }}{{ mustRegexMatch "(((a{100}){100}){100})" "a" }}',
      want: "error parsing regexp",
    },
    {
      name: "many regular expressions",
      template: '{{ range until 10000 }}{{ $_ := regexMatch "[a-z]+[0-9]+(x|y)*" "abc" }}{{ end }}',
      want: "too many steps",
    },
    {
      name: "a list that holds the same list many times",
      template: "{{ $x := list 1 2 }}{{ range until 14 }}{{ $x = list $x $x $x $x }}{{ end }}{{ $x }}",
      want: "grows too long",
    },
    {
      name: "the same, as JSON",
      template: "{{ $x := list 1 2 }}{{ range until 14 }}{{ $x = list $x $x $x $x }}{{ end }}{{ mustToJson $x }}",
      want: "too many steps",
    },
    {
      name: "the same, compared",
      template:
        "{{ $x := list 1 }}{{ $y := list 1 }}{{ range until 14 }}{{ $x = list $x $x $x $x }}{{ $y = list $y $y $y $y }}{{ end }}{{ deepEqual $x $y }}",
      want: "too many steps",
    },
    {
      name: "the same, copied",
      template: "{{ $x := list 1 2 }}{{ range until 14 }}{{ $x = list $x $x $x $x }}{{ end }}{{ deepCopy $x }}",
      want: "too many steps",
    },
    { name: "beginnings of PEM without an end", template: '{{ filterPEM "X" (repeat 50000 "-----BEGIN X-----\\n") }}', want: "found junk" },
    {
      name: "a constraint of versions that backtracks",
      template: '{{ semverCompare (print (repeat 49 "1.0 ") "!") "1.2.3" }}',
      want: "improper constraint",
    },
    { name: "a YAML text of many levels", template: '{{ fromYaml (repeat 90000 "[") }}', want: "too many steps" },
    { name: "a dict that holds itself", template: '{{ $d := dict }}{{ $_ := set $d "self" $d }}{{ $d }}', want: "nested too deep" },
    {
      name: "a dict that holds itself, as JSON",
      template: '{{ $d := dict }}{{ $_ := set $d "self" $d }}{{ mustToJson $d }}',
      want: "nested too deep",
    },
    {
      name: "growing products",
      template:
        '{{ mulf 1.1 1.1 | printf "%v" }}{{ $x := 1e-300 }}{{ range until 100 }}{{ $x = mulf 1.000000000001 1.0000000001 $x 1e-300 1e300 }}{{ end }}{{ range until 100 }}{{ bcrypt "x" }}{{ end }}',
      want: "too many keys or password hashes",
    },
    { name: "parentheses in parentheses", template: `{{ ${"(".repeat(5_000)}1${")".repeat(5_000)} }}`, want: "max expression depth" },
    { name: "blocks in blocks", template: `${"{{ if true }}".repeat(5_000)}${"{{ end }}".repeat(5_000)}`, want: "max expression depth" },
  ])("end $name with its place", async ({ template, want }) => {
    const error = await errorOf(template);

    expect(error.message).toContain(want);
    expect(error.line).toBe(1);
    expect(error.column).toBeGreaterThan(0);
  });

  it("leave alone what real manifests do", async () => {
    const text = await renderText('{{ range $i := until 2000 }}server {{ $i }}{{ "\\n" }}{{ end }}{{ repeat 100000 "x" | sha256sum }}', {});

    expect(text.split("\n")).toHaveLength(2_001);
  });

  it("count each execution anew", async () => {
    const limits = { ...DEFAULT_LIMITS, maxSteps: 60 };

    expect(await renderText("{{ range until 5 }}{{ . }}{{ end }}", {}, { limits })).toBe("01234");
    expect(await renderText("{{ range until 5 }}{{ . }}{{ end }}", {}, { limits })).toBe("01234");
  });
});

describe("an error of a template", () => {
  it.each([
    "{{ .secret | fromJson }}{{ .secret | mustFromJson }}",
    "{{ fail .secret }}",
    '{{ .secret | mustToDate "2006" }}',
    "{{ index .secret .secret }}",
    "{{ add .secret | until }}",
    "{{ index (list 1) .secret }}",
    "{{ urlParse .secret }}",
    '{{ mustRegexMatch (print .secret "(") .secret }}',
    "{{ semverCompare .secret .secret }}",
    "{{ pkcs12keyPass .secret .secret }}",
    "{{ pemToPkcs12 .secret .secret }}",
    "{{ jwkPrivateKeyPem .secret }}",
    "{{ filterPEM .secret .secret }}",
    "{{ rsaDecrypt .secret .secret .secret .secret }}",
    '{{ rsaDecrypt "RSA-OAEP" .secret .secret .secret }}',
    "{{ genCAWithKey .secret 1 .secret }}",
    "{{ genSelfSignedCert .secret (list .secret) nil 1 }}",
    "{{ buildCustomCert .secret .secret }}",
    "{{ decryptAES .secret .secret }}",
    "{{ dig .secret 1 .secret }}",
    "{{ lt .secret 1 }}",
    "{{ eq .secret 1 }}",
    "{{ dict .secret 1 | first }}",
    "{{ (fromYaml .secret).missing }}",
    "{{ range .secret }}{{ end }}",
    "{{ .secret 1 }}",
    "{{ substr 9 99999 .secret | substr 50 }}{{ substr 99999 1 .secret }}",
    "{{ get . .secret }}",
  ])("never holds the data: %s", async (template) => {
    const error = await errorOf(template, { secret: `${CANARY}://{ [%zz` });

    expect(error.message).not.toContain("CANARY");
    expect(error.message).not.toContain("zz");
  });

  it.each([
    { template: "one\ntwo {{ .missing }}", line: 2, column: 8, phrase: "map has no entry for the key" },
    { template: "{{ if }}", line: 1, column: 7, phrase: "missing value for if" },
    { template: "é{{ nosuch }}", line: 1, column: 6, phrase: "function not defined" },
    { template: "a\n\n  {{ $x }}", line: 3, column: 6, phrase: "undefined variable" },
    { template: '{{ define "a" }}', line: 1, column: 17, phrase: "unexpected end of the text" },
  ])("carries line $line and column $column", async ({ template, line, column, phrase }) => {
    const error = await errorOf(template);

    expect({ line: error.line, column: error.column, phrase: error.phrase, template: error.template }).toEqual({
      line,
      column,
      phrase,
      template: "test",
    });
  });
});

describe("what a template can reach", () => {
  it.each(["env", "expandenv", "getHostByName", "constructor", "__proto__", "toString1", "hasOwnProperty", "require", "process"])(
    "has no function %s",
    async (name) => {
      expect((await errorOf(`{{ ${name} "x" }}`)).phrase).toBe("function not defined");
    },
  );

  it.each(["constructor", "__proto__", "toString", "hasOwnProperty"])("has %s only as a key", async (key) => {
    expect((await errorOf(`{{ .${key} }}`)).phrase).toBe("map has no entry for the key");
    expect(await renderText(`{{ index . "${key}" }}`, {})).toBe("");
    expect(await renderText(`{{ $d := dict "${key}" "v" }}{{ $d.${key} }}{{ len $d }}{{ toJson $d }}`, {})).toBe(`v1{"${key}":"v"}`);
  });
});
