/** `render` of templates: offline, with a clock and chance that can be fixed, and templateFrom out of the values file. */
import { describe, expect, it } from "@jest/globals";
import { dataOf, type Item, renderJson } from "./render-json.ts";

const WORLD = `
SecretsManager: { db: '{"user":"admin","password":"p1"}' }
configMaps: { app/tpl: { url: 'db://{{ .user }}', list: "a: '{{ .user }}'\\nb: x" } }
secrets: { app/tpl: { url: 'secret {{ .password }}' } }
`;

async function rendered(template: string, ...args: readonly string[]): Promise<Item | undefined> {
  return renderedWith(`{ template: ${template} }`, "[{ extract: { key: db } }]", args);
}

async function renderedWith(target: string, dataFrom: string, args: readonly string[] = []): Promise<Item | undefined> {
  const manifest = `---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: one, namespace: app }
spec:
  secretStoreRef: { name: aws }
  target: ${target}
  dataFrom: ${dataFrom}
`;
  const { items } = await renderJson(manifest, { world: WORLD, args });
  return items[0];
}

describe("render of templates", () => {
  it("shows what templates make of the values", async () => {
    const item = await rendered('{ data: { dsn: "{{ .user }}:{{ .password }}" }, metadata: { labels: { user: "{{ .user }}" } } }');

    expect(dataOf(item)).toEqual({ dsn: "admin:p1" });
    expect(item?.target?.metadata["labels"]).toEqual({ user: "admin" });
  });

  it("takes templateFrom out of the values file", async () => {
    const from = "{ configMap: { name: tpl, items: [{ key: url }, { key: list, templateAs: KeysAndValues }] } }";
    const maps = await rendered(`{ templateFrom: [${from}] }`);
    const both = await rendered(`{ templateFrom: [${from}, { secret: { name: tpl, items: [{ key: url }] } }] }`);

    expect(dataOf(maps)).toEqual({ url: "db://admin", a: "admin", b: "x" });
    expect(dataOf(both)).toEqual({ url: "secret p1", a: "admin", b: "x" });
  });

  it.each([
    { name: "object", from: "{ configMap: { name: none, items: [{ key: a }] } }", want: "ConfigMap app/none: it does not exist" },
    { name: "key", from: "{ secret: { name: tpl, items: [{ key: a }] } }", want: "Secret app/tpl: it has no key a" },
  ])("names an $name of templateFrom that is missing", async ({ from, want }) => {
    const item = await rendered(`{ templateFrom: [${from}] }`);

    expect(item).toMatchObject({ action: "keep", target: null, error: { code: "TemplateSourceMissing" } });
    expect(item?.error?.message).toContain(want);
  });

  it("names the place of a template that fails", async () => {
    const item = await rendered('{ data: { a: "{{ .none }}" } }');

    expect(item?.error?.message).toBe(
      "TemplateError: app/one: spec.target.template.data.a:1:4: map has no entry for the key (correct the template at the place given)",
    );
  });

  it("renames keys by a transform, and names the operation that fails", async () => {
    const renamed = "[{ extract: { key: db }, rewrite: [{ transform: { template: 'db_{{ .value | upper }}' } }] }]";

    expect(dataOf(await renderedWith("{}", renamed))).toEqual({ db_USER: "admin", db_PASSWORD: "p1" });
    const broken = await renderedWith("{}", renamed.replace(".value | upper", "fail .value"));
    expect(broken?.error).toMatchObject({ code: "RewriteFailed" });
    expect(broken?.error?.message).toContain("spec.dataFrom[0] (key: db): rewrite[0]: transform.template:1:");
    expect(broken?.error?.message).not.toContain("user");
  });

  it("gives the same for the same time and seed, and another value for each draw", async () => {
    const template = '{ data: { at: "{{ now | date \\"2006-01-02\\" }}", a: "{{ randAlphaNum 16 }}", b: "{{ randAlphaNum 16 }}" } }';
    const fixed = ["--now", "2026-01-31T12:00:00Z", "--seed", "s"];
    const [first, second] = [dataOf(await rendered(template, ...fixed)), dataOf(await rendered(template, ...fixed))];
    const other = dataOf(await rendered(template, "--now", "2026-01-31T12:00:00Z", "--seed", "t"));

    expect(first).toEqual(second);
    expect(first?.["at"]).toBe("2026-01-31");
    expect(first?.["a"]).not.toBe(first?.["b"]);
    expect(other?.["a"]).not.toBe(first?.["a"]);
  });

  it("is by chance without a seed", async () => {
    const template = '{ data: { a: "{{ randAlphaNum 16 }}" } }';

    expect(dataOf(await rendered(template))).not.toEqual(dataOf(await rendered(template)));
  });
});
