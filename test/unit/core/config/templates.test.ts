/** Templates in the config: mistakes at their places in the file, and what becomes of a registration. */
import { describe, expect, it } from "@jest/globals";
import { resolveConfig } from "../../../../src/core/config/resolve.ts";
import { clusterFile, defaults, secretFile, storeFile } from "./gen.ts";

const DATA = "  data: [{ secretKey: password, remoteRef: { key: shop/db } }]";

function resolve(target: string) {
  return resolveConfig([clusterFile(), storeFile(), secretFile(`${DATA}\n  target:\n    template:\n${target}`)], defaults);
}

function mistakes(target: string): readonly string[] {
  return resolve(target).diagnostics.map(
    ({ line, column, message, hint }) => `${line}:${column} ${message}${hint === undefined ? "" : ` | ${hint}`}`,
  );
}

function templateOf(target: string): unknown {
  const { config, diagnostics } = resolve(target);
  expect(diagnostics).toEqual([]);
  return config?.registrations[0]?.target.template;
}

describe("a template with a mistake", () => {
  it.each([
    {
      name: "engine v1",
      target: "      engineVersion: v1",
      want: "9:22 engineVersion v1 is not supported | ESO has dropped v1 too: write v2, and {{ .key }} where v1 has {{ .key | toString }}",
    },
    {
      name: "plain",
      target: "      data:\n        url: a{{ .b | nope }}",
      want: "10:23 spec.target.template.data.url is no template: function not defined",
    },
    {
      name: "quoted, with letters of several bytes before it",
      target: "      data: { url: 'größer {{ nope }}' }",
      want: "9:31 spec.target.template.data.url is no template: function not defined",
    },
    {
      name: "in the third line of a block",
      target: "      data:\n        url: |\n          one\n\n          two {{ nope }}",
      want: "13:18 spec.target.template.data.url is no template: function not defined",
    },
    {
      name: "in a folded text",
      target: "      data:\n        url: >\n          one\n          two {{ nope }}",
      want: "10:14 spec.target.template.data.url is no template: function not defined (line 1, column 12 of the text)",
    },
    {
      name: "never closed",
      target: "      data:\n        url: |\n          {{ if .a }}\n          b\n",
      want: "13:1 spec.target.template.data.url is no template: unexpected end of the text",
    },
    {
      name: "a label that is neither a template nor a label",
      target: "      metadata: { labels: { team: 'a b' } }",
      want: "9:35 spec.target.template.metadata.labels.team: a label's value is a template, or at most 63 letters, digits, '-', '_' and '.', or empty",
    },
    {
      name: "an annotation",
      target: "      metadata: { annotations: { a: '{{ end }}' } }",
      want: "9:45 spec.target.template.metadata.annotations.a is no template: unexpected 'end'",
    },
    {
      name: "a literal",
      target: "      templateFrom:\n      - literal: '{{ nope }}'",
      want: "10:22 spec.target.template.templateFrom[0].literal is no template: function not defined",
    },
    {
      name: "a target that a Secret does not have",
      target: "      templateFrom:\n      - { target: spec.a, literal: x }",
      want: "10:19 spec.target.template.templateFrom[0].target must be one of Data, Labels, Annotations | a Secret has no other field to fill",
    },
    {
      name: "a token by templateFrom",
      target: "      type: kubernetes.io/service-account-token\n      templateFrom:\n      - { target: annotations, literal: x }",
      want: "11:19 template.type kubernetes.io/service-account-token with a templateFrom into Annotations is refused | it could mint a token of a service account",
    },
    {
      name: "templateAs",
      target: "      templateFrom:\n      - configMap: { name: a, items: [{ key: b, templateAs: Value }] }",
      want: "10:61 spec.target.template.templateFrom[0].configMap.items[0].templateAs must be one of Values, KeysAndValues | did you mean Values?",
    },
    {
      name: "a key that no Secret may have",
      target: "      data: { 'a b': x }",
      want: "9:15 spec.target.template.data.a b is no valid key | a key is letters, digits, '-', '_' and '.', at most 253",
    },
    {
      name: "a finalizer without a domain",
      target: "      metadata: { finalizers: [a] }",
      want: "9:32 spec.target.template.metadata.finalizers[0]: a finalizer is written like example.com/cleanup",
    },
  ])("is named with its place: $name", ({ target, want }) => {
    expect(mistakes(target)).toEqual([want]);
  });
});

describe("a registration's template", () => {
  it("holds all of the manifest, keys in order", () => {
    const target = `      type: kubernetes.io/basic-auth
      engineVersion: v2
      mergePolicy: Merge
      metadata: { labels: { b: "{{ .b }}", a: x }, annotations: { a: "{{ .a }}" }, finalizers: [b.com/x, a.com/x, b.com/x] }
      data: { password: "{{ .password }}", a: "" }
      templateFrom:
      - target: labels
        configMap: { name: c, items: [{ key: k, templateAs: KeysAndValues }] }
      - target: DATA
        secret: { name: s, items: [{ key: k, templateAs: Values }, { key: l }] }
      - literal: "a: b"
        valuesDecodingStrategy: Base64`;

    expect(JSON.stringify(templateOf(target))).toBe(
      JSON.stringify({
        type: "kubernetes.io/basic-auth",
        labels: { a: "x", b: "{{ .b }}" },
        annotations: { a: "{{ .a }}" },
        data: { a: "", password: "{{ .password }}" },
        templateFrom: [
          { target: "Labels", configMap: { name: "c", items: [{ key: "k", templateAs: "KeysAndValues" }] } },
          { secret: { name: "s", items: [{ key: "k" }, { key: "l" }] } },
          { literal: "a: b", valuesDecodingStrategy: "Base64" },
        ],
        finalizers: ["a.com/x", "b.com/x"],
        mergePolicy: "Merge",
      }),
    );
  });

  it("is the same where defaults are written out", () => {
    const short = "      templateFrom: [{ literal: x }]";
    const long =
      "      engineVersion: v2\n      mergePolicy: Replace\n      data: {}\n      templateFrom: [{ target: Data, literal: x, valuesDecodingStrategy: '' }]";

    expect(templateOf(long)).toEqual(templateOf(short));
  });

  it("is what it was before templates had data, where it has none", () => {
    expect(JSON.stringify(templateOf("      metadata: { labels: { a: b } }"))).toBe('{"labels":{"a":"b"},"annotations":{}}');
  });
});
