/** `render` of stores: Parameter Store's section, labels of namespaces, tags, and what a store of another controller leaves out. */
import { describe, expect, it } from "@jest/globals";
import { dataOf, renderJson } from "./render-json.ts";

const API = "apiVersion: external-secrets.io/v1";
const WORLD = `
SecretsManager: { db: { value: v, tags: { team: shop } } }
ParameterStore:
  /shop/flag: "on"
  /shop/limit: { versions: [{ id: 10, value: ten }, { id: 9, value: nine, labels: [stable] }] }
namespaces: { app: { team: shop }, other: {} }
`;

function store(name: string, spec: string): string {
  return `---\n${API}\nkind: ClusterSecretStore\nmetadata: { name: ${name} }\nspec: ${spec}\n`;
}

function secret(name: string, namespace: string, storeName: string, remoteRef: string): string {
  const entry = `{ secretKey: a, remoteRef: ${remoteRef} }`;
  const spec = `{ secretStoreRef: { name: ${storeName}, kind: ClusterSecretStore }, data: [${entry}] }`;
  return `---\n${API}\nkind: ExternalSecret\nmetadata: { name: ${name}, namespace: ${namespace} }\nspec: ${spec}\n`;
}

const PARAMETERS = store(
  "p",
  "{ provider: { aws: { service: ParameterStore, prefix: /shop/, role: 'arn:aws:iam::222222222222:role/r' } } }",
);
const SELECTING = store(
  "s",
  "{ provider: { aws: { service: SecretsManager } }, conditions: [{ namespaceSelector: { matchLabels: { team: shop } } }] }",
);
const THEIRS = store("t", "{ provider: { aws: { service: SecretsManager } }, controller: theirs }");

describe("render of stores", () => {
  it.each([
    { name: "a parameter", remoteRef: "{ key: flag }", want: "on" },
    { name: "the latest version", remoteRef: "{ key: limit }", want: "ten" },
    { name: "a version by number", remoteRef: "{ key: limit, version: '9' }", want: "nine" },
    { name: "a version by label", remoteRef: "{ key: limit, version: stable }", want: "nine" },
  ])("shows $name, whatever role the store names", async ({ remoteRef, want }) => {
    const { items } = await renderJson(PARAMETERS + secret("one", "app", "p", remoteRef), { world: WORLD });

    expect(dataOf(items[0])).toEqual({ a: want });
  });

  it.each([
    { name: "by name", find: '{ name: { regexp: "^db" } }', want: { db: "v" } },
    { name: "by tags", find: "{ tags: { team: shop } }", want: { db: "v" } },
    { name: "nothing of other tags", find: "{ tags: { team: pay } }", want: undefined },
  ])("shows what a rule finds $name", async ({ find, want }) => {
    const spec = `{ secretStoreRef: { name: s, kind: ClusterSecretStore }, dataFrom: [{ find: ${find} }] }`;
    const manifest = `---\n${API}\nkind: ExternalSecret\nmetadata: { name: one, namespace: app }\nspec: ${spec}\n`;

    const { items, status } = await renderJson(SELECTING + manifest, { world: WORLD });

    expect(status).toBe(0);
    expect(items[0]?.target === null ? undefined : dataOf(items[0])).toEqual(want);
  });

  it("shows tags as a value", async () => {
    const manifests = SELECTING + secret("one", "app", "s", "{ key: db, metadataPolicy: Fetch, property: team }");

    expect(dataOf((await renderJson(manifests, { world: WORLD })).items[0])).toEqual({ a: "shop" });
  });

  it("refuses a namespace that the file's labels do not admit, and shows the others", async () => {
    const manifests = SELECTING + secret("one", "app", "s", "{ key: db }") + secret("two", "other", "s", "{ key: db }");

    const { items, status } = await renderJson(manifests, { world: WORLD });

    expect(status).toBe(1);
    expect(items.map(({ action, error }) => [action, error?.code])).toEqual([
      ["apply", undefined],
      ["keep", "StoreNotAllowed"],
    ]);
    expect(items[1]?.error?.message).toContain("no condition of ClusterSecretStore s admits the namespace other");
  });

  it("leaves out what another controller's store serves", async () => {
    const manifests = THEIRS + secret("one", "app", "t", "{ key: db }") + SELECTING + secret("two", "app", "s", "{ key: db }");

    expect((await renderJson(manifests, { world: WORLD })).items.map(({ name }) => name)).toEqual(["two"]);
  });
});
