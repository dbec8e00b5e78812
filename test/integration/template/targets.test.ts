/** Templates end to end on a real API server: what a sync writes, reads of it, and does not write again. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createClusters } from "../../../src/adapters/kubernetes/clusters.ts";
import { createSyncTargets } from "../../../src/app/sync-targets.ts";
import { resolveManifests } from "../../../src/core/config/resolve-manifests.ts";
import { type Registration, targetKey } from "../../../src/core/model.ts";
import { SecretValue } from "../../../src/core/secret-value.ts";
import { referencesOf } from "../../../src/core/sync/references.ts";
import { applyObject } from "../../../src/local/kubernetes-api.ts";
import { type LocalCluster, startLocalCluster } from "../../support/local-cluster.ts";
import { aCluster, put } from "../../support/registrations.ts";
import { relayWorld } from "../../support/relay-world.ts";

const NAMESPACE = "app";
const STORE = `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: { name: aws, namespace: ${NAMESPACE} }
spec: { provider: { aws: { service: SecretsManager, region: eu-west-1 } } }
`;

let cluster: LocalCluster;

beforeAll(async () => {
  cluster = await startLocalCluster("tokyo", [NAMESPACE]);
  const group = "rbac.authorization.k8s.io";
  const metadata = { name: "templates", namespace: NAMESPACE };
  const rules = [{ apiGroups: [""], resources: ["configmaps", "secrets"], resourceNames: ["tpl"], verbs: ["get"] }];
  const roleRef = { apiGroup: group, kind: "Role", name: "templates" };
  await apply({ apiVersion: `${group}/v1`, kind: "Role", metadata, rules });
  await apply({
    apiVersion: `${group}/v1`,
    kind: "RoleBinding",
    metadata,
    roleRef,
    subjects: [{ apiGroup: group, kind: "Group", name: "secret-relay" }],
  });
});

afterAll(async () => cluster.stop());

async function apply(object: Readonly<Record<string, unknown>>): Promise<void> {
  await applyObject(cluster.server, object);
}

/** The fakes of the unit tests around the real cluster, with the registration of a manifest whose source holds `user` and `password`. */
async function worldOf(name: string, target: string) {
  const world = await relayWorld();
  const clusters = createClusters(async () => ({ value: new SecretValue(cluster.user.kubeconfig), versionId: "v1" }), {
    allowLoopback: true,
  });
  const syncTargets = createSyncTargets({ ...world.deps, clusters });
  const manifest = `---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: ${name}, namespace: ${NAMESPACE} }
spec:
  secretStoreRef: { name: aws }
  target: ${target}
  dataFrom: [{ extract: { key: shop/db } }]
`;
  const place = { account: "111122223333", defaultRegion: "eu-west-1" };
  const { manifests, diagnostics } = resolveManifests([{ path: "a.yaml", text: STORE + manifest }], place, []);
  expect(diagnostics).toEqual([]);
  const [resolved] = manifests;
  if (resolved?.kind !== "resolved") throw new Error("the manifest was refused");
  await world.registry.putCluster(aCluster("tokyo"));
  const registration = await put(world.registry, { ...resolved.spec, cluster: "tokyo" }, 0);
  expect(referencesOf(registration.spec)).toHaveLength(1);
  world.source.put("shop/db", "v1", '{"user":"ann","password":"p1"}');
  const sync = () => syncTargets([lookOf(registration)], world.clock.now() + 30_000);
  await sync();
  return { world, sync, registration, secret: () => cluster.getSecret(NAMESPACE, name), data: () => cluster.readSecret(NAMESPACE, name) };
}

function lookOf({ id, spec }: Registration) {
  const target = targetKey({ cluster: "tokyo", namespace: NAMESPACE, name: spec.target.name });
  return { registration: id, cluster: "tokyo", target, need: 0, verify: true, attempt: 0 };
}

describe("a template on a real API server", () => {
  it("makes a docker config of its type, and writes it once", async () => {
    const auths = '{"auths":{"registry.example.com":{"auth":"{{ printf "%s:%s" .user .password | b64enc }}"}}}';
    const { sync, secret, data } = await worldOf(
      "docker",
      `{ template: { type: kubernetes.io/dockerconfigjson, metadata: { labels: { user: "{{ .user }}" } }, data: { .dockerconfigjson: '${auths}' } } }`,
    );
    const first = await secret();
    await sync();

    expect(await data()).toEqual({ ".dockerconfigjson": '{"auths":{"registry.example.com":{"auth":"YW5uOnAx"}}}' });
    expect(first?.type).toBe("kubernetes.io/dockerconfigjson");
    expect(first?.metadata?.labels).toMatchObject({ user: "ann" });
    expect((await secret())?.metadata?.resourceVersion).toBe(first?.metadata?.resourceVersion);
  });

  it("takes templates from a ConfigMap and a Secret, and follows their change", async () => {
    const metadata = { name: "tpl", namespace: NAMESPACE };
    await apply({ apiVersion: "v1", kind: "ConfigMap", metadata, data: { url: "db://{{ .user }}" } });
    await apply({ apiVersion: "v1", kind: "Secret", metadata, stringData: { all: "dsn: '{{ .user }}:{{ .password }}'" } });
    const items =
      "[{ configMap: { name: tpl, items: [{ key: url }] } }, { secret: { name: tpl, items: [{ key: all, templateAs: KeysAndValues }] } }]";
    const { sync, data } = await worldOf("from", `{ template: { templateFrom: ${items} } }`);
    const first = await data();
    await apply({ apiVersion: "v1", kind: "ConfigMap", metadata, data: { url: "new://{{ .user }}" } });
    await sync();

    expect(first).toEqual({ url: "db://ann", dsn: "ann:p1" });
    expect(await data()).toEqual({ url: "new://ann", dsn: "ann:p1" });
  });

  it("says what is missing or not granted, and leaves the target alone", async () => {
    await cluster.editByHand(NAMESPACE, "forbidden", { theirs: "x" });
    const { world, registration, data } = await worldOf(
      "forbidden",
      "{ template: { templateFrom: [{ configMap: { name: other, items: [{ key: a }] } }] } }",
    );

    expect((await world.reg(registration)).status).toMatchObject({ state: "Error", error: { code: "TemplateSourceForbidden" } });
    expect(await data()).toEqual({ theirs: "x" });
  });

  it("merges into a Secret of others, and drops what it no longer makes", async () => {
    await cluster.editByHand(NAMESPACE, "merged", { theirs: "x" });
    const { world, sync, data } = await worldOf(
      "merged",
      `{ creationPolicy: Merge, template: { mergePolicy: Merge, templateFrom: [{ literal: "{{ if eq .user \\"ann\\" }}extra: e{{ end }}" }] } }`,
    );
    const first = await data();
    world.clock.advance(3_600_000);
    world.source.put("shop/db", "v2", '{"user":"bob"}');
    await sync();

    expect(first).toEqual({ theirs: "x", user: "ann", password: "p1", extra: "e" });
    expect(await data()).toEqual({ theirs: "x", user: "bob" });
  });

  it("renders chance once", async () => {
    const { world, sync, data, secret } = await worldOf(
      "chance",
      '{ template: { mergePolicy: Merge, data: { token: "{{ randAlphaNum 12 }}" }, metadata: { annotations: { at: "{{ now }}" } } } }',
    );
    const first = await secret();
    world.clock.advance(3_600_000);
    await sync();

    expect(await data()).toMatchObject({ user: "ann", token: expect.stringMatching(/^[A-Za-z0-9]{12}$/) });
    expect((await secret())?.metadata?.resourceVersion).toBe(first?.metadata?.resourceVersion);
  });
});
