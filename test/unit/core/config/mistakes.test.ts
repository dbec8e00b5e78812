/** Planted mistakes, each with its line, its column and what would be right. */
import { describe, expect, it } from "@jest/globals";
import { formatDiagnostic } from "../../../../src/core/config/diagnostics.ts";
import { resolveConfig } from "../../../../src/core/config/resolve.ts";
import { clusterFile, defaults, secretFile, storeFile } from "./gen.ts";

const DATA = "  data: [{ secretKey: password, remoteRef: { key: shop/db } }]";

function mistakes(...files: Parameters<typeof resolveConfig>[0]) {
  const { diagnostics } = resolveConfig([clusterFile(), storeFile(), ...files], defaults);
  return diagnostics.map(({ file, line, column, message, hint }) => `${file}:${line}:${column} ${message}${hint ? ` | ${hint}` : ""}`);
}

describe("an ExternalSecret with a mistake", () => {
  it.each([
    {
      name: "unknown field",
      rest: `${DATA}\n  refreshIntervall: 1h`,
      want: "7:3 unknown field spec.refreshIntervall | did you mean refreshInterval?",
    },
    {
      name: "field that is not built",
      rest: `${DATA}\n  target: { manifest: { kind: ConfigMap } }`,
      want: "7:13 spec.target.manifest is not supported yet",
    },
    {
      name: "immutable that is no boolean",
      rest: `${DATA}\n  target: { immutable: "yes" }`,
      want: "7:24 spec.target.immutable must be a boolean",
    },
    {
      name: "sync windows of another kind",
      rest: `${DATA}\n  syncWindows: { kind: Allow, windows: [{ schedule: "@daily", duration: 1h }] }`,
      want: "7:24 spec.syncWindows.kind must be one of allow, deny | did you mean allow?",
    },
    {
      name: "sync window without a duration",
      rest: `${DATA}\n  syncWindows: { kind: deny, windows: [{ schedule: "@daily" }] }`,
      want: "7:40 spec.syncWindows.windows[0].duration is required",
    },
    {
      name: "sync window with a time zone of its own field",
      rest: `${DATA}\n  syncWindows: { kind: deny, windows: [{ schedule: "@daily", duration: 1h, timeZone: UTC }] }`,
      want: "7:76 unknown field spec.syncWindows.windows[0].timeZone | known here: schedule, duration",
    },
    {
      name: "strategy that does not exist",
      rest: "  data:\n  - secretKey: a\n    remoteRef:\n      key: k\n      decodingStrategy: Base46",
      want: "10:25 spec.data[0].remoteRef.decodingStrategy must be one of None, Base64, Base64URL, Auto | did you mean Base64?",
    },
    {
      name: "another store for an entry, which is missing",
      rest: "  data:\n  - secretKey: a\n    remoteRef: { key: k }\n    sourceRef: { storeRef: { name: b } }",
      want: "9:36 no SecretStore b in namespace app-shop",
    },
    {
      name: "broken transform",
      rest: '  dataFrom:\n  - extract: { key: k }\n    rewrite:\n    - transform: { template: "x{{ .value | nope }}" }',
      want: "9:44 spec.dataFrom[0].rewrite[0].transform.template is no template: function not defined",
    },
    {
      name: "two operations in one",
      rest: "  dataFrom:\n  - extract: { key: k }\n    rewrite:\n    - { merge: {}, regexp: { source: a, target: b } }",
      want: "9:7 spec.dataFrom[0].rewrite[0] has regexp and merge at once | each rewrite is one of regexp, transform and merge",
    },
    {
      name: "no operation",
      rest: "  dataFrom:\n  - extract: { key: k }\n    rewrite:\n    - {}",
      want: "9:7 spec.dataFrom[0].rewrite[0] has no operation | each rewrite is one of regexp, transform and merge",
    },
    {
      name: "broken expression in a rewrite",
      rest: "  dataFrom:\n  - extract: { key: k }\n    rewrite:\n    - regexp: { source: 'a(?=b)', target: b }",
      want: "9:25 spec.dataFrom[0].rewrite[0].regexp.source is no regular expression: invalid or unsupported Perl syntax at character 2 | the syntax is that of Go (RE2)",
    },
    {
      name: "merge without into",
      rest: "  dataFrom:\n  - extract: { key: k }\n    rewrite:\n    - merge: { strategy: JSON }",
      want: "9:7 spec.dataFrom[0].rewrite[0].merge has strategy JSON, but no into | into names the key that holds the merged object",
    },
    {
      name: "no source",
      rest: "  dataFrom:\n  - rewrite: []",
      want: "7:5 spec.dataFrom[0] has neither extract nor find | each entry needs exactly one source",
    },
    {
      name: "wrong choice",
      rest: `${DATA}\n  target:\n    creationPolicy: Ownr`,
      want: "8:21 spec.target.creationPolicy must be one of Owner, Orphan, Merge, None, CreateOrMerge | did you mean Owner?",
    },
    {
      name: "no duration",
      rest: `${DATA}\n  refreshInterval: 1 hour`,
      want: "7:20 spec.refreshInterval: this is no duration; write it like 1h, 90s or 1h30m",
    },
    {
      name: "number for a duration",
      rest: `${DATA}\n  refreshInterval: 0`,
      want: "7:20 spec.refreshInterval must be a string | put it in quotes",
    },
    {
      name: "nothing to fetch",
      rest: "  refreshInterval: 1h",
      want: "4:1 spec has neither data nor dataFrom | give at least one entry of data or dataFrom",
    },
    {
      name: "Delete with Merge",
      rest: `${DATA}\n  target:\n    creationPolicy: Merge\n    deletionPolicy: Delete`,
      want: "9:21 deletionPolicy Delete can't go with creationPolicy Merge | Delete needs creationPolicy Owner or Orphan",
    },
    {
      name: "Merge with None",
      rest: `${DATA}\n  target:\n    creationPolicy: None\n    deletionPolicy: Merge`,
      want: "9:21 deletionPolicy Merge can't go with creationPolicy None | use deletionPolicy Retain",
    },
    {
      name: "secretKey twice",
      rest: "  data:\n  - { secretKey: a, remoteRef: { key: k } }\n  - { secretKey: a, remoteRef: { key: l } }",
      want: "8:18 secretKey a is given twice | each secretKey may be set once",
    },
    {
      name: "bootstrap token",
      rest: `${DATA}\n  target:\n    template:\n      type: bootstrap.kubernetes.io/token`,
      want: "9:13 template.type bootstrap.kubernetes.io/token is refused | it would create a bootstrap token",
    },
    {
      name: "service account token",
      rest: `${DATA}\n  target:\n    template:\n      type: kubernetes.io/service-account-token\n      metadata:\n        annotations:\n          kubernetes.io/service-account.name: admin`,
      want: "12:11 template.type kubernetes.io/service-account-token with this annotation is refused | it would mint a token of that service account",
    },
    {
      name: "bad secretKey",
      rest: '  data: [{ secretKey: "a b", remoteRef: { key: k } }]',
      want: "6:23 spec.data[0].secretKey: a secretKey is letters, digits, '-', '_' and '.'",
    },
    {
      name: "missing key",
      rest: "  data:\n  - secretKey: a\n    remoteRef: { property: p }",
      want: "8:5 spec.data[0].remoteRef.key is required",
    },
    {
      name: "key twice in the YAML",
      rest: `${DATA}\n  refreshInterval: 1h\n  refreshInterval: 2h`,
      want: "8:3 this key is given twice | keep one of the two",
    },
    {
      name: "rewrite.transform",
      rest: '  dataFrom:\n  - find: { tags: { a: b } }\n    rewrite: [{ transform: { template: "{{ .value" } }]',
      want: "8:50 spec.dataFrom[0].rewrite[0].transform.template is no template: unclosed action",
    },
  ])("reports its place: $name", ({ rest, want }) => {
    expect(mistakes(secretFile(rest))).toEqual([`apps/shop.yaml:${want}`]);
  });

  it.each([
    {
      name: "a path alone",
      find: "{ path: a }",
      want: "7:5 spec.dataFrom[0].find has neither name nor tags | a path alone finds nothing",
    },
    {
      name: "a broken expression",
      find: '{ name: { regexp: "a[" } }',
      want: "7:29 spec.dataFrom[0].find.name.regexp is no regular expression: missing closing ] at character 2 | the syntax is that of Go (RE2)",
    },
    {
      name: "an extract beside it",
      find: "{ tags: { a: b } }, extract: { key: k }",
      want: "7:5 spec.dataFrom[0] has extract and find at once | each entry needs exactly one source",
    },
  ])("refuses a find with $name", ({ find, want }) => {
    const rest = `  dataFrom:\n  - ${find.includes("extract") ? `{ find: ${find} }` : `find: ${find}`}`;

    expect(mistakes(secretFile(rest))).toContain(`apps/shop.yaml:${want}`);
  });

  it("says all mistakes of all files at once, rules beside shapes", () => {
    const found = mistakes(
      secretFile("  dataFrom: [{}]\n  foo: 1\n  target: { deletionPolicy: Delete, creationPolicy: None, name: A_B }"),
      secretFile("  data: []", { path: "apps/b.yaml", name: "b" }),
    );

    expect(found.map((line) => line.split(" ")[0])).toEqual([
      "apps/b.yaml:4:1",
      "apps/shop.yaml:6:14",
      "apps/shop.yaml:7:3",
      "apps/shop.yaml:8:29",
      "apps/shop.yaml:8:65",
    ]);
  });

  it("accepts defaults that change nothing, and what the API server manages", () => {
    const rest = `  data:
  - secretKey: a
    remoteRef: { key: k, conversionStrategy: Default, decodingStrategy: None, metadataPolicy: None, nullBytePolicy: Ignore }
  target: { immutable: false, template: { engineVersion: v2, mergePolicy: Replace } }
status: { binding: { name: a } }`;
    expect(mistakes(secretFile(rest))).toEqual([]);
  });
});

const AN_OBJECT =
  "unknown kind (an object) of external-secrets.io | known here: ExternalSecret, ClusterExternalSecret, SecretStore, ClusterSecretStore, PushSecret, ClusterPushSecret, ExternalSecretList, ClusterExternalSecretList, SecretStoreList, ClusterSecretStoreList";

describe("kinds and versions", () => {
  const head = (apiVersion: string, kind: string) => ({
    path: "apps/x.yaml",
    text: `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: x }\n`,
  });

  it.each([
    { apiVersion: "external-secrets.io/v1alpha1", kind: "ClusterPushSecret", want: ["2:7 kind ClusterPushSecret is not supported yet"] },
    { apiVersion: "external-secrets.io/v1alpha1", kind: "PushSecret", want: ["2:7 kind PushSecret is not supported yet"] },
    {
      apiVersion: "external-secrets.io/v1alpha1",
      kind: "ExternalSecret",
      want: ["1:13 apiVersion external-secrets.io/v1alpha1 is not supported yet | use external-secrets.io/v1"],
    },
    {
      apiVersion: "generators.external-secrets.io/v1alpha1",
      kind: "Password",
      want: ["2:7 Password of generators.external-secrets.io/v1alpha1 is not supported yet"],
    },
    {
      apiVersion: "external-secrets.io/v1",
      kind: "ExternalSecrt",
      want: ["2:7 unknown kind ExternalSecrt of external-secrets.io | did you mean ExternalSecret?"],
    },
    {
      apiVersion: "external-secret.io/v1",
      kind: "ExternalSecret",
      want: ["1:13 unknown apiVersion external-secret.io/v1 | did you mean external-secrets.io?"],
    },
    // What can't be made a string, as JSON may hold it.
    { apiVersion: "external-secrets.io/v1", kind: "{toString: {}}", want: [`2:1 ${AN_OBJECT}`] },
    { apiVersion: "external-secrets.io/v1", kind: "[[]]", want: [`2:1 ${AN_OBJECT}`] },
    { apiVersion: "{toString: {}}", kind: "Secret", want: [] },
    { apiVersion: "apps/v1", kind: "Deployment", want: [] },
    { apiVersion: "v1", kind: "Secret", want: [] },
  ])("answers $apiVersion $kind", ({ apiVersion, kind, want }) => {
    expect(mistakes(head(apiVersion, kind))).toEqual(want.map((line) => `apps/x.yaml:${line}`));
  });

  it("refuses a choice that can't be made a string", () => {
    const store = {
      path: "apps/s.yaml",
      text: storeFile().text.replace("SecretsManager", "{toString: {}}").replace("name: aws", "name: b"),
    };

    expect(mistakes(store)).toEqual([expect.stringContaining("spec.provider.aws.service")]);
  });

  it("refuses CertificateManager as not supported yet", () => {
    const store = {
      path: "apps/s.yaml",
      text: storeFile().text.replace("SecretsManager", "CertificateManager").replace("name: aws", "name: b"),
    };

    expect(mistakes(store)).toEqual([
      "apps/s.yaml:4:37 spec.provider.aws.service CertificateManager is not supported yet | supported: SecretsManager, ParameterStore",
    ]);
  });
});

describe("what a report shows", () => {
  it("shows the line, a caret below the place, and what would be right", () => {
    const [first] = resolveConfig([secretFile(`${DATA}\n  refreshIntervall: 1h`)], defaults).diagnostics;

    expect(first && formatDiagnostic(first)).toBe(
      "apps/shop.yaml:7:3: unknown field spec.refreshIntervall\n    refreshIntervall: 1h\n    ^\n  did you mean refreshInterval?",
    );
  });

  it.each([
    { name: "broken Secret", text: "apiVersion: v1\nkind: Secret\nstringData:\n  a: CANARY\n  a: CANARY\n" },
    { name: "unreadable Secret", text: 'kind: Secret\nstringData: { a: "CANARY\n' },
    { name: "Secret without a separator", text: `${secretFile().text}apiVersion: v1\nkind: Secret\ndata: { a: CANARY }\n` },
    { name: "JSON Secret", text: '{"apiVersion": "external-secrets.io/v1", "kind": "Secret", "data": {"a": "CANARY"}, "spec": 1}' },
  ])("never quotes a core Secret: $name", ({ text }) => {
    const { diagnostics } = resolveConfig([{ path: "apps/x.yaml", text }], defaults);

    expect(JSON.stringify(diagnostics)).not.toContain("CANARY");
  });

  it("reports a broken document that does not say what it is", () => {
    expect(mistakes({ path: "apps/x.yaml", text: "a: [\n" })).toEqual([expect.stringMatching(/^apps\/x\.yaml:\d+:\d+ /)]);
  });

  it("passes over a broken document of another API group", () => {
    expect(mistakes({ path: "apps/x.yaml", text: "apiVersion: apps/v1\nkind: Deployment\na: 1\na: 2\n" })).toEqual([]);
  });
});
