/** The config that synthesis writes is read back from S3 as it was; anything else is refused as a whole. */

import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "@jest/globals";
import * as namespaceShapes from "../../../src/adapters/aws/cluster-external-secret-shape.ts";
import { createConfigReader, type MissingFields } from "../../../src/adapters/aws/config-object.ts";
import { readConfigFiles } from "../../../src/adapters/config/files.ts";
import { UNPLACED } from "../../../src/core/config/deployment.ts";
import { resolveConfig } from "../../../src/core/config/resolve.ts";
import type { ClusterSpec, ResolvedConfig } from "../../../src/core/model.ts";
import { startAws } from "../../support/local-parts.ts";
import { aSpec } from "../../support/registrations.ts";
import { readVectors, resolvedSpec } from "../../support/store-vectors.ts";

const BUCKET = "relay-config";
const cluster = {
  name: "tokyo",
  labels: {},
  kubeconfigSecretName: "clusters/tokyo",
  allowedNamespaces: ["app-*"],
  concurrency: 16,
  requestsPerSecond: 200,
  drift: "probe",
} as const satisfies ClusterSpec;
const good: ResolvedConfig = { clusters: [cluster], registrations: [aSpec()] };

const loadNamespaceShapes = async () => namespaceShapes;

describe("config object", () => {
  let client: S3Client;
  const read = async (key: string) => createConfigReader(client, loadNamespaceShapes)({ bucket: BUCKET, key });
  const put = async (key: string, Body: string) => client.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body }));

  beforeAll(async () => {
    const { endpoint, region, account } = await startAws();
    client = new S3Client({ endpoint, region, credentials: { accessKeyId: account, secretAccessKey: "test" } });
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  });

  it("gives back the sample config as synthesis resolves it", async () => {
    const { config } = resolveConfig(await readConfigFiles("config"), UNPLACED);
    expect(config?.registrations.length).toBeGreaterThan(0);
    await put("sample.json", JSON.stringify(config));

    expect(JSON.stringify(await read("sample.json"))).toBe(JSON.stringify(config));
  });

  it("gives back a cluster that is reached by IAM", async () => {
    const { kubeconfigSecretName: _none, allowedNamespaces, concurrency, requestsPerSecond, drift, ...named } = cluster;
    const eks = { name: "prod", region: "eu-west-1", roleArn: "arn:aws:iam::222222222222:role/cluster", externalId: "relay/1" };
    const config = { clusters: [{ ...named, eks, allowedNamespaces, concurrency, requestsPerSecond, drift }], registrations: [aSpec()] };
    await put("eks.json", JSON.stringify(config));

    expect(JSON.stringify(await read("eks.json"))).toBe(JSON.stringify(config));
  });

  it("has every field that the config's types have", () => {
    const isComplete: [MissingFields[keyof MissingFields]] extends [never] ? true : MissingFields = true;

    expect(isComplete).toBe(true);
  });

  it("gives back all that an ExternalSecret may say", async () => {
    const text = `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: all, namespace: app-shop, labels: { a: b }, annotations: { c: d } }
spec:
  secretStoreRef: { name: aws, kind: ClusterSecretStore }
  refreshPolicy: OnChange
  syncWindows: { kind: allow, windows: [{ schedule: "@daily", duration: 1h }] }
  target:
    name: t
    creationPolicy: Orphan
    deletionPolicy: Merge
    immutable: true
    template:
      type: Opaque
      engineVersion: v2
      mergePolicy: Merge
      metadata: { labels: { e: "{{ .a }}" }, annotations: { f: g }, finalizers: [shop.example/keep] }
      data: { a: "{{ .a }}" }
      templateFrom:
        - { target: Labels, literal: "{{ .a }}: x" }
        - configMap: { name: m, items: [{ key: k, templateAs: KeysAndValues }] }
          secret: { name: s, items: [{ key: k }] }
          valuesDecodingStrategy: Base64
  data: [{ secretKey: a, remoteRef: { key: k, property: p, version: AWSPREVIOUS, metadataPolicy: Fetch, decodingStrategy: Auto } }]
  dataFrom:
    - extract: { key: k, conversionStrategy: Unicode, nullBytePolicy: Fail }
      rewrite: [{ transform: { template: "{{ .value }}" } }, { regexp: { source: a, target: b } }, { merge: { strategy: JSON, into: x } }]
    - find: { path: a, name: { regexp: b }, tags: { c: d } }
---
apiVersion: external-secrets.io/v1
kind: ClusterExternalSecret
metadata: { name: everywhere }
spec:
  namespaceSelectors: [{ matchLabels: { team: shop } }]
  namespaces: [app-a]
  refreshTime: 5m
  externalSecretMetadata: { labels: { a: b }, annotations: { c: d } }
  externalSecretSpec:
    secretStoreRef: { name: aws, kind: ClusterSecretStore }
    target: { template: { data: { a: "{{ .a }}" } } }
    data: [{ secretKey: a, remoteRef: { key: k } }]
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: { name: aws }
spec:
  retrySettings: { maxRetries: 4, retryInterval: 1s }
  provider: { aws: { service: SecretsManager, region: eu-west-1 } }
`;
    const clusters = `apiVersion: secret-relay.dev/v1alpha1
kind: Cluster
metadata: { name: tokyo }
spec: { kubeconfigSecretRef: { name: k }, manifests: [apps/*], namespaces: { allow: ["app-*"] }, adopt: true, confine: label }
`;
    const files = [
      { path: "apps/all.yaml", text },
      { path: "clusters.yaml", text: clusters },
    ];
    const { config, diagnostics } = resolveConfig(files, UNPLACED);
    expect(diagnostics).toEqual([]);
    await put("all.json", JSON.stringify(config));

    expect(JSON.parse(JSON.stringify(await read("all.json")))).toEqual(JSON.parse(JSON.stringify(config)));
  });

  it("gives back all that a store may say", async () => {
    const vectors = await readVectors("stores.yaml");
    const specs = vectors.flatMap((vector) => resolvedSpec(vector) ?? []).map((spec) => ({ ...spec, cluster: cluster.name }));
    const config: ResolvedConfig = { clusters: [cluster], registrations: specs };
    expect(specs.length).toBeGreaterThan(30);
    await put("stores.json", JSON.stringify(config));

    expect(JSON.stringify(await read("stores.json"))).toBe(JSON.stringify(config));
  });

  it.each([
    { name: "no JSON", text: "{" },
    { name: "an empty object", text: "{}" },
    { name: "a list", text: "[]" },
    { name: "no registrations", text: JSON.stringify({ clusters: [cluster] }) },
    { name: "a field of another version", text: JSON.stringify({ ...good, clusters: [{ ...cluster, eks: {} }] }) },
    { name: "a registration of an unknown cluster", text: JSON.stringify({ ...good, clusters: [] }) },
    {
      name: "a ClusterExternalSecret of another version",
      text: JSON.stringify({ ...good, clusterExternalSecrets: [{ cluster: cluster.name, name: "everywhere" }] }),
    },
    { name: "an unknown policy", text: JSON.stringify({ ...good, registrations: [{ ...aSpec(), refreshPolicy: "Never" }] }) },
  ])("refuses $name", async ({ name, text }) => {
    await put(`${name}.json`, text);

    await expect(read(`${name}.json`)).rejects.toMatchObject({ code: "StoreInvalidRequest", subject: `s3://${BUCKET}/${name}.json` });
  });

  it("refuses a missing object, and throws StoreUnreachable where S3 does not answer", async () => {
    const options = { endpoint: "http://127.0.0.1:1", region: "us-east-1", credentials: { accessKeyId: "1", secretAccessKey: "t" } };
    const away = createConfigReader(new S3Client({ ...options, maxAttempts: 1 }), loadNamespaceShapes);

    await expect(read("never.json")).rejects.toMatchObject({ code: "StoreInvalidRequest", remote: { reason: "NoSuchKey" } });
    await expect(away({ bucket: BUCKET, key: "k" })).rejects.toMatchObject({ code: "StoreUnreachable" });
  });
});
