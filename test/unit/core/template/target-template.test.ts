/** `spec.target.template` as ESO computes it: what is made of what was fetched, in which order, and what is refused. */
import { describe, expect, it } from "@jest/globals";
import type { TargetTemplate, TemplateFrom, TemplateItem } from "../../../../src/core/template/target-rules.ts";
import { prepareTargetTemplate, renderTargetTemplate } from "../../../../src/core/template/target-template.ts";

const ENVIRONMENT = { nowMs: 0, randomBytes: (count: number) => new Uint8Array(count) };
const PLAIN: TargetTemplate = { mergePolicy: "Replace", data: {}, labels: {}, annotations: {}, templateFrom: [] };

function from(target: string, ...items: readonly Partial<TemplateItem>[]): TemplateFrom {
  return {
    place: "templateFrom[0]",
    target,
    items: items.map((item, index) => ({ place: `templateFrom[0].items[${index}]`, key: "key", text: "", templateAs: "Values", ...item })),
  };
}

async function render(
  template: Partial<TargetTemplate>,
  fetched: Readonly<Record<string, string | Uint8Array>> = { user: "u", pass: "p" },
) {
  const prepared = await prepareTargetTemplate({ ...PLAIN, ...template });
  const data = new Map(Object.entries(fetched).map(([key, value]) => [key, Buffer.from(value)] as const));
  const rendered = renderTargetTemplate(prepared, data, ENVIRONMENT);
  return {
    data: Object.fromEntries([...rendered.data].map(([key, value]) => [key, Buffer.from(value).toString()])),
    labels: Object.fromEntries(rendered.labels),
    annotations: Object.fromEntries(rendered.annotations),
    type: rendered.type,
  };
}

describe("renderTargetTemplate", () => {
  it("replaces what was fetched by what the template makes", async () => {
    expect((await render({ data: { url: "{{ .user }}:{{ .pass }}" } })).data).toEqual({ url: "u:p" });
  });

  it("keeps what was fetched under mergePolicy Merge, the template winning", async () => {
    const { data } = await render({ mergePolicy: "Merge", data: { user: "{{ .user | upper }}" } });

    expect(data).toEqual({ user: "U", pass: "p" });
  });

  it("keeps what was fetched where the template has neither data nor templateFrom", async () => {
    const { data, labels, type } = await render({ type: "kubernetes.io/basic-auth", labels: { owner: "{{ .user }}" } });

    expect({ data, labels, type }).toEqual({ data: { user: "u", pass: "p" }, labels: { owner: "u" }, type: "kubernetes.io/basic-auth" });
  });

  it("decodes the values of a templateFrom after rendering, one by one, and never its keys or those of template.data", async () => {
    const one = { ...from("Data", { text: "{{ .pass | b64enc }}" }), valuesDecodingStrategy: "Base64" } as const;
    const map = {
      ...from("Data", { text: "YQ: Yg==\nc: 'no base64'", templateAs: "KeysAndValues" }),
      valuesDecodingStrategy: "Auto",
    } as const;

    const { data } = await render({ templateFrom: [one, map], data: { own: "Yg==" } });

    expect(data).toEqual({ key: "p", YQ: "b", c: "no base64", own: "Yg==" });
  });

  it("names the templateFrom whose value can't be decoded", async () => {
    const broken = { ...from("Data", { text: "no base64!" }), valuesDecodingStrategy: "Base64" } as const;

    await expect(render({ templateFrom: [broken] })).rejects.toThrow(
      "templateFrom[0].items[0]: a rendered value is not what valuesDecodingStrategy Base64 decodes",
    );
  });

  it("goes through templateFrom in order, and lets template.data win", async () => {
    const { data } = await render({
      templateFrom: [
        from("Data", { key: "a", text: "first" }, { key: "b", text: "{{ .user }}" }),
        from("data", { key: "a", text: "second" }),
      ],
      data: { b: "own" },
    });

    expect(data).toEqual({ a: "second", b: "own" });
  });

  it("takes keys and values from the rendered YAML", async () => {
    const text = '{{ range $k, $v := . }}{{ $k }}-copy: "{{ $v }}"\n{{ end }}none: null\n1: "numeric key"\n';
    const { data } = await render({ templateFrom: [from("Data", { text, templateAs: "KeysAndValues" })] });

    expect(data).toEqual({ "user-copy": "u", "pass-copy": "p", none: "", 1: "numeric key" });
  });

  it.each(["Labels", "labels", "LABELS"])("puts a templateFrom into %s, and metadata's own templates over it", async (target) => {
    const { labels, data } = await render({
      templateFrom: [from(target, { key: "a", text: "x" }, { key: "b", text: "y" })],
      labels: { a: "{{ .user }}" },
    });

    expect({ labels, data }).toEqual({ labels: { a: "u", b: "y" }, data: {} });
  });

  it("renders annotations, and bytes that are no text unchanged", async () => {
    const bytes = Uint8Array.of(0xff, 0x00, 0xfe);
    const prepared = await prepareTargetTemplate({ ...PLAIN, data: { copy: "{{ .raw }}" }, annotations: { size: "{{ len .raw }}" } });
    const rendered = renderTargetTemplate(prepared, new Map([["raw", bytes]]), ENVIRONMENT);

    expect([...(rendered.data.get("copy") ?? [])]).toEqual([...bytes]);
    expect(rendered.annotations.get("size")).toBe("3");
  });

  it("gives every template the fetched data as it was", async () => {
    const { data } = await render({ data: { a: "{{ len . }}", __proto__x: "{{ .user }}", constructor: "{{ .user }}" } });

    expect(Object.entries(data)).toEqual([
      ["a", "2"],
      ["__proto__x", "u"],
      ["constructor", "u"],
    ]);
  });

  it.each([
    { name: "a number as a value", text: "port: 5432", want: "is no string" },
    { name: "a list as a value", text: "a: [x]", want: "is no string" },
    { name: "a boolean as a value", text: "a: yes", want: "is no string" },
    { name: "a text that is no map", text: "- a", want: "no YAML map" },
    { name: "a text that is no YAML", text: "a: [CANARY", want: "no YAML map" },
    { name: "a key that no Secret may have", text: '"a/b": "x"', want: "a character other than" },
    { name: "an empty key", text: '"": "x"', want: "is empty" },
  ])("refuses $name from KeysAndValues", async ({ text, want }) => {
    await expect(render({ templateFrom: [from("Data", { text, templateAs: "KeysAndValues" })] })).rejects.toThrow(want);
  });

  it("names the template, the line and the column of an error, and nothing of the data", async () => {
    await expect(render({ data: { url: "one\n  {{ .missing }}" } }, { user: "CANARY" })).rejects.toThrow(
      new Error("spec.target.template.data.url:2:6: map has no entry for the key"),
    );
  });
});

describe("prepareTargetTemplate", () => {
  it("refuses engine v1 with what to do", async () => {
    await expect(render({ engineVersion: "v1" })).rejects.toThrow("set engineVersion to v2");
  });

  it.each(["Spec", "spec.template", "data.x", ""])("refuses the target '%s', which a Secret does not have", async (target) => {
    await expect(render({ templateFrom: [from(target, { text: "x" })] })).rejects.toThrow("must be Data, Labels or Annotations");
  });

  it.each<{ name: string; template: Partial<TargetTemplate> }>([
    { name: "a bootstrap token", template: { type: "bootstrap.kubernetes.io/token" } },
    {
      name: "a service account's token by its annotation",
      template: { type: "kubernetes.io/service-account-token", annotations: { "kubernetes.io/service-account.name": "default" } },
    },
    {
      name: "a service account's token with annotations from elsewhere",
      template: { type: "kubernetes.io/service-account-token", templateFrom: [from("ANNOTATIONS", { text: "x" })] },
    },
  ])("refuses $name", async ({ template }) => {
    await expect(render(template)).rejects.toThrow(/never written/);
  });

  it("parses once and renders the same each time", async () => {
    const prepared = await prepareTargetTemplate({ ...PLAIN, data: { a: "{{ .x | quote }}" } });
    const data = new Map([["x", Buffer.from("1")]]);

    expect(renderTargetTemplate(prepared, data, ENVIRONMENT)).toEqual(renderTargetTemplate(prepared, data, ENVIRONMENT));
  });
});
