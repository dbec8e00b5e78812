/** A config that was resolved without a place gets the deployment's own, and keeps what it names itself. */
import { describe, expect, it } from "@jest/globals";
import { placeConfig, UNPLACED } from "../../../../src/core/config/deployment.ts";
import { resolveConfig } from "../../../../src/core/config/resolve.ts";

const CLUSTER = `
apiVersion: secret-relay.dev/v1alpha1
kind: Cluster
metadata: {name: tokyo}
spec: {kubeconfigSecretRef: {name: clusters/tokyo}, manifests: ["*.yaml"], namespaces: {allow: ["*"]}}
`;

function manifests(region: string): string {
  return `${CLUSTER}---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: aws}
spec: {provider: {aws: {service: SecretsManager${region}}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: db, namespace: app}
spec: {secretStoreRef: {name: aws, kind: ClusterSecretStore}, data: [{secretKey: a, remoteRef: {key: db}}]}
`;
}

function resolved(region: string, defaults = UNPLACED) {
  const { config } = resolveConfig([{ path: "all.yaml", text: manifests(region) }], defaults);
  if (config === undefined) throw new Error("the sample is wrong");
  return config;
}

describe("placeConfig", () => {
  const own = { account: "111122223333", region: "ap-northeast-1" };

  it("gives the same text as a resolution that knew account and region", () => {
    const known = resolved("", { account: own.account, defaultRegion: own.region });

    expect(JSON.stringify(placeConfig(resolved(""), own))).toBe(JSON.stringify(known));
  });

  it("keeps the region that a store names", () => {
    const [registration] = placeConfig(resolved(", region: eu-west-1"), own).registrations;

    expect(registration?.store).toMatchObject({ account: "111122223333", region: "eu-west-1" });
  });

  it("leaves no trace of a place in the unplaced config", () => {
    expect(resolved("").registrations[0]?.store).toMatchObject({ account: "", region: "" });
  });

  it("keeps the account of the role that a store assumes, also of a store that one entry names", () => {
    const text = `${manifests("").replace("remoteRef: {key: db}", "remoteRef: {key: db}, sourceRef: {storeRef: {name: theirs, kind: ClusterSecretStore}}")}---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: theirs}
spec: {provider: {aws: {service: ParameterStore, role: "arn:aws:iam::222222222222:role/reader"}}}
`;
    const { config } = resolveConfig([{ path: "all.yaml", text }], UNPLACED);
    if (config === undefined) throw new Error("the sample is wrong");

    const [registration] = placeConfig(config, own).registrations;

    expect(registration?.data[0]?.store).toMatchObject({ name: "theirs", account: "222222222222", region: own.region });
  });
});
