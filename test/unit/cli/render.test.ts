/** `render` as a command: what it reads, how it tells errors, and what it prints. */
import { describe, expect, it } from "@jest/globals";
import { dataOf, type Item, renderJson, WORLD } from "./render-json.ts";
import { externalSecret, type Ran, runCli, type Setting, STORE } from "./run-cli.ts";

describe("an ExternalSecret with an error", () => {
  it.each([
    {
      name: "absent secret under Retain",
      spec: ["data: [{ secretKey: a, remoteRef: { key: plain } }, { secretKey: b, remoteRef: { key: gone } }]"],
      code: "SecretNotFound",
      message: "SecretNotFound: app/one: spec.data[1] (key: gone): the secret does not exist (",
    },
    {
      name: "absent version",
      spec: ["data: [{ secretKey: a, remoteRef: { key: plain, version: blue } }]"],
      code: "VersionMissing",
      message: "VersionMissing: plain (",
    },
    {
      name: "absent property, whatever the deletionPolicy",
      spec: ["target: { deletionPolicy: Delete }", "data: [{ secretKey: a, remoteRef: { key: db, property: nope } }]"],
      code: "PropertyNotFound",
      message: "PropertyNotFound: app/one: spec.data[0] (key: db): no property 'nope' (",
    },
    {
      name: "extract of a text",
      spec: ["dataFrom: [{ extract: { key: plain } }]"],
      code: "NotAnObject",
      message: "NotAnObject: app/one: spec.dataFrom[0] (key: plain): the value is no JSON: unexpected character at byte 0 (",
    },
    {
      name: "two members of one key",
      spec: ["dataFrom: [{ extract: { key: clash } }]"],
      code: "InvalidKey",
      message: "InvalidKey: app/one: spec.dataFrom[0] (key: clash): members 1 and 2",
    },
    {
      name: "source error under creationPolicy None",
      spec: ["target: { creationPolicy: None }", "data: [{ secretKey: a, remoteRef: { key: gone } }]"],
      code: "SecretNotFound",
      message: "SecretNotFound: app/one:",
    },
    {
      name: "Secret that no cluster may hold",
      spec: ["dataFrom: [{ extract: { key: db } }, { extract: { key: big } }]"],
      code: "TargetInvalid",
      message: "TargetInvalid: app/one: the data is ",
    },
    {
      name: "field that is not supported yet",
      spec: ["target: { manifest: { apiVersion: v1, kind: ConfigMap } }", "data: [{ secretKey: a, remoteRef: { key: plain } }]"],
      code: "InvalidManifest",
      message: "manifests.yaml:11:13: spec.target.manifest is not supported yet",
    },
    {
      name: "unknown store",
      spec: ["data: [{ secretKey: a, remoteRef: { key: plain } }]"],
      store: "aw",
      code: "InvalidManifest",
      message: "manifests.yaml:10:27: no SecretStore aw in namespace app",
    },
  ])("is kept, ends with 1, and does not stop the others: $name", async ({ spec, store = "aws", code, message }) => {
    const { status, items, stderr } = await renderJson(
      externalSecret("one", spec).replace("name: aws", `name: ${store}`) +
        externalSecret("two", ["data: [{ secretKey: a, remoteRef: { key: plain } }]"]),
      { world: WORLD.replace("  plain:", `  big: '{"big":"${"x".repeat(1_048_577)}"}'\n  plain:`) },
    );

    expect(status).toBe(1);
    expect(items.map((item) => [item.name, item.action, dataOf(item)])).toEqual([
      ["one", "keep", undefined],
      ["two", "apply", { a: "just text" }],
    ]);
    expect(items[0]?.error?.code).toBe(code);
    expect(items[0]?.error?.message.slice(0, message.length)).toBe(message);
    expect(stderr).toContain(message);
    expect(items[1]).not.toHaveProperty("error");
  });

  it("fails two owners of one target at the second", async () => {
    const data = "data: [{ secretKey: a, remoteRef: { key: plain } }]";

    const { status, items } = await renderJson(externalSecret("one", [data]) + externalSecret("two", ["target: { name: one }", data]));

    expect(status).toBe(1);
    expect(items.map(({ name, action, error }) => [name, action, error?.code])).toEqual([
      ["one", "apply", undefined],
      ["two", "keep", "InvalidManifest"],
    ]);
  });

  it("never shows a value in its text", async () => {
    const world = 'SecretsManager: { a: CANARY, b: \'{"x":"CANARY",}\' }';
    const manifests =
      externalSecret("one", ["dataFrom: [{ extract: { key: a } }]"]) + externalSecret("two", ["dataFrom: [{ extract: { key: b } }]"]);

    const { items, stdout, stderr } = await renderJson(manifests, { world });

    expect(items.map(({ error }) => error?.code)).toEqual(["NotAnObject", "NotAnObject"]);
    expect(stdout + stderr).not.toContain("CANARY");
  });
});

describe("what render reads", () => {
  const one = externalSecret("one", ["data: [{ secretKey: a, remoteRef: { key: k } }]"]);
  const two = externalSecret("two", ["data: [{ secretKey: a, remoteRef: { key: k } }]"]);
  const files = {
    "world.json": '{"SecretsManager": {"k": "v"}}',
    "apps/b/store.json": JSON.stringify(asJson()),
    "apps/z.yml": one,
    "apps/no.txt": "{",
  };
  const render = (args: readonly string[], setting: Setting = {}): Promise<Ran> =>
    runCli(["render", "--values", "world.json", ...args], { files, ...setting });
  const namesIn = ({ stdout }: Ran) => (JSON.parse(stdout) as readonly Item[]).map(({ name }) => name);

  it("takes folders, files and standard input, several at once, each file once", async () => {
    const ran = await render(["-o", "json", "-f", "apps", "apps/z.yml", "-f", "-"], { stdin: two });

    expect(ran.stderr).toBe("");
    expect(namesIn(ran)).toEqual(["one", "two"]);
  });

  it("names standard input in a mistake", async () => {
    const ran = await render(["-o", "json", "-f", "apps", "-"], { stdin: two.replace("  data:", "  dta:") });

    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain("stdin:7:3: unknown field spec.dta");
  });

  it("renders only the one that --name names", async () => {
    expect(namesIn(await render(["-o", "json", "-f", "apps", "-", "--name", "app/two"], { stdin: two }))).toEqual(["two"]);
  });

  it.each([
    { args: ["-f", "apps", "--name", "app/onee"], want: "error: no ExternalSecret app/onee among the manifests; did you mean app/one?\n" },
    { args: ["-f", "nowhere"], want: "error: can't read nowhere: there is no such file or folder\n" },
    { args: ["-f", "apps/b/store.json"], want: "error: no ExternalSecret in apps/b/store.json\n" },
    { args: ["-f", "apps", "--values", "gone.yaml"], want: "error: can't read gone.yaml: there is no such file or folder\n" },
    { args: ["-f", "apps", "--values", "apps"], want: "error: can't read apps: it is a folder\n" },
  ])("ends with 1 and one clear line: $args", async ({ args, want }) => {
    expect(await render(args)).toMatchObject({ status: 1, stderr: want });
  });

  it("refuses a values file with a mistake before it renders", async () => {
    const ran = await render(["-f", "apps"], { files: { ...files, "world.json": '{"SecretsManagr": {"k": "CANARY"}}' } });

    expect(ran).toEqual({ status: 1, stdout: "", stderr: "world.json:1:2: unknown field SecretsManagr\n  did you mean SecretsManager?\n" });
  });

  it("ends with 1 for a broken store, and names it at whoever needs it", async () => {
    const ran = await render(["-o", "json", "-f", "apps"], {
      files: { ...files, "apps/b/store.json": JSON.stringify(asJson()).replace("SecretsManager", "Vault") },
    });

    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain("apps/b/store.json:1:");
    expect(JSON.parse(ran.stdout)).toMatchObject([{ name: "one", error: { code: "InvalidManifest" } }]);
  });
});

describe("the YAML output", () => {
  it("is a stream of Secrets in the order of the manifests, with a comment for what has no target", async () => {
    const manifests = [
      externalSecret("applied", ["data: [{ secretKey: b, remoteRef: { key: plain } }, { secretKey: a, remoteRef: { key: plain } }]"]),
      externalSecret("waiting", ["target: { creationPolicy: Merge }", "data: [{ secretKey: a, remoteRef: { key: plain } }]"]),
      externalSecret("broken", ["data: [{ secretKey: a, remoteRef: { key: gone } }]"]),
      externalSecret("last", ["data: [{ secretKey: a, remoteRef: { key: plain } }]"]),
    ];

    const { status, stdout, stderr } = await runCli(["render", "-f", "-", "--values", "world.yaml"], {
      files: { "world.yaml": WORLD },
      stdin: STORE + manifests.join(""),
    });

    expect(status).toBe(1);
    expect(stderr).toMatch(/^app\/broken: SecretNotFound: app\/broken: spec\.data\[0\] \(key: gone\): the secret does not exist \(.*\)\n$/);
    expect(stdout).toBe(`---
apiVersion: v1
data:
  a: anVzdCB0ZXh0
  b: anVzdCB0ZXh0
kind: Secret
metadata:
  name: applied
  namespace: app
type: Opaque
# app/waiting: wait: creationPolicy Merge needs an existing Secret
# app/broken: keep: SecretNotFound
---
apiVersion: v1
data:
  a: anVzdCB0ZXh0
kind: Secret
metadata:
  name: last
  namespace: app
type: Opaque
`);
  });
});

function asJson(): unknown {
  return {
    apiVersion: "external-secrets.io/v1",
    kind: "SecretStore",
    metadata: { name: "aws", namespace: "app" },
    spec: { provider: { aws: { service: "SecretsManager" } } },
  };
}
