/** Which references a registration has, and which a moved label concerns. */
import { describe, expect, it } from "@jest/globals";
import { type RegistrationSpec, referenceKey, type StoreSpec } from "../../../../src/core/model.ts";
import { concernedReferences, labelMoveReferences, referencesOf, resolveReference } from "../../../../src/core/sync/references.ts";

const store: StoreSpec = { kind: "SecretStore", name: "s", provider: "SecretsManager", account: "111111111111", region: "eu-west-1" };
const spec: RegistrationSpec = {
  cluster: "c",
  namespace: "n",
  name: "r",
  store,
  refreshPolicy: "Periodic",
  refreshIntervalMs: 1,
  labels: {},
  annotations: {},
  target: { name: "t", creationPolicy: "Owner", deletionPolicy: "Retain" },
  data: [
    { secretKey: "a", remoteRef: { key: "one", property: "x" } },
    { secretKey: "b", remoteRef: { key: "two", version: "uuid/v-1" } },
    { secretKey: "c", remoteRef: { key: "one", version: "AWSCURRENT" } },
  ],
  dataFrom: [{ extract: { key: "three" } }, { extract: { key: "one" } }],
};

describe("resolveReference", () => {
  it.each([
    { name: "no version", version: undefined, want: "stage/AWSCURRENT" },
    { name: "an empty version", version: "", want: "stage/AWSCURRENT" },
    { name: "a stage", version: "AWSPREVIOUS", want: "stage/AWSPREVIOUS" },
    { name: "a version id", version: "uuid/1234", want: "id/1234" },
  ])("reads $name as $want", ({ version, want }) => {
    expect(resolveReference(store, { key: "k", version }).version).toBe(want);
  });

  it("reads tags apart from every version of the value", () => {
    expect(resolveReference(store, { key: "k", version: "AWSPREVIOUS", metadataPolicy: "Fetch" }).version).toBe("tags");
  });

  it("takes account and region from an ARN, and the key as written", () => {
    const key = "arn:aws:secretsmanager:us-east-1:222222222222:secret:app/db-AbCdEf";

    expect(resolveReference(store, { key })).toEqual({
      provider: "SecretsManager",
      account: "222222222222",
      region: "us-east-1",
      key,
      version: "stage/AWSCURRENT",
    });
  });

  it("takes the store's account and region for a name that only begins like an ARN", () => {
    expect(resolveReference(store, { key: "arn:app" })).toMatchObject({ account: "111111111111", region: "eu-west-1" });
  });
});

describe("referencesOf", () => {
  it("gives dataFrom before data, each reference once", () => {
    expect(referencesOf(spec).map(({ key, version }) => `${key} ${version}`)).toEqual([
      "three stage/AWSCURRENT",
      "one stage/AWSCURRENT",
      "two id/v-1",
    ]);
  });
});

describe("concernedReferences", () => {
  it("adds the readers of AWSPREVIOUS when AWSCURRENT moves", () => {
    const moved = resolveReference(store, { key: "k" });

    expect(concernedReferences(moved).map(referenceKey)).toEqual([
      "SecretsManager|111111111111|eu-west-1|stage/AWSCURRENT|k",
      "SecretsManager|111111111111|eu-west-1|stage/AWSPREVIOUS|k",
    ]);
  });

  it("concerns only itself for any other label", () => {
    const moved = resolveReference(store, { key: "k", version: "BLUE" });

    expect(concernedReferences(moved)).toEqual([moved]);
  });
});

describe("labelMoveReferences", () => {
  const arn = "arn:aws:secretsmanager:us-east-1:222222222222:secret:app/db-AbCdEf";

  it("gives every spelling of the secret, with AWSPREVIOUS when AWSCURRENT moves", () => {
    const references = labelMoveReferences({ arn, name: "app/db", label: "AWSCURRENT" });

    expect(references.map(({ key, version }) => `${version} ${key}`)).toEqual([
      "stage/AWSCURRENT app/db",
      "stage/AWSPREVIOUS app/db",
      `stage/AWSCURRENT ${arn}`,
      `stage/AWSPREVIOUS ${arn}`,
      "stage/AWSCURRENT arn:aws:secretsmanager:us-east-1:222222222222:secret:app/db",
      "stage/AWSPREVIOUS arn:aws:secretsmanager:us-east-1:222222222222:secret:app/db",
    ]);
  });

  it("agrees with what a manifest's ARN resolves to", () => {
    const references = labelMoveReferences({ arn, name: "app/db", label: "BLUE" });

    expect(references.map(referenceKey)).toContain(referenceKey(resolveReference(store, { key: arn, version: "BLUE" })));
  });
});
