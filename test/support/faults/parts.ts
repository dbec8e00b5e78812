/** The real parts that all cells of the matrix share: one AWS emulator and two API servers. What stands before them is each cell's own. */

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SQSClient } from "@aws-sdk/client-sqs";
import { SSMClient } from "@aws-sdk/client-ssm";
import type { KubernetesObject } from "@kubernetes/client-node";
import { accessName, DECOY_NAME } from "../../../src/core/cluster-access/policy-name.ts";
import { applyObject } from "../../../src/local/kubernetes-api.ts";
import { type MiniStack, startMiniStack } from "../../../src/local/ministack.ts";
import { createCleanUpStack } from "../../../src/local/stop-on-exit.ts";
import { canary } from "../canary/canary.ts";
import { type LocalCluster, startLocalCluster } from "../local-cluster.ts";
import { HASH_KEY_NAME, STORE_KEYS } from "./calls.ts";

export const NAMESPACE = "app";
/** The name of a ConfigMap and of a Secret that hold a template for `password`: of the Secret what was fetched, of the other what nobody wants. */
export const TEMPLATES = "templates";
/** Looks for drift by a dry-run a target, and by a list. */
export const CLUSTERS = ["tokyo", "virginia"] as const;
export type ClusterName = (typeof CLUSTERS)[number];

export interface FaultParts {
  readonly aws: MiniStack;
  readonly cluster: (name: ClusterName) => LocalCluster;
  /** Past every proxy. */
  readonly clients: {
    readonly dynamodb: DynamoDBClient;
    readonly sqs: SQSClient;
    readonly s3: S3Client;
    readonly secretsManager: SecretsManagerClient;
    readonly ssm: SSMClient;
  };
  readonly stop: () => Promise<void>;
}

/** Call it in `beforeAll` with a time-out of 120 s; a failed start leaves nothing behind. */
export async function startFaultParts(): Promise<FaultParts> {
  const stack = createCleanUpStack();
  try {
    return await bringUp(stack);
  } catch (error) {
    await stack.run();
    throw error;
  }
}

async function bringUp(stack: ReturnType<typeof createCleanUpStack>): Promise<FaultParts> {
  const startAws = async (): Promise<MiniStack> => {
    const emulator = await startMiniStack();
    await stack.add(emulator.stop);
    return emulator;
  };
  const startCluster = async (name: ClusterName): Promise<LocalCluster> => {
    const started = await startLocalCluster(name, [NAMESPACE]);
    await stack.add(started.stop);
    return started;
  };
  // All are waited for, also when one fails: else one that comes up later would stay.
  const starting = [startAws(), Promise.all(CLUSTERS.map(startCluster))] as const;
  await Promise.allSettled(starting);
  const [aws, list] = await Promise.all(starting);
  const clusters = Object.fromEntries(list.map((each) => [each.name, each])) as Readonly<Record<ClusterName, LocalCluster>>;
  const { endpoint, region } = aws;
  const config = { endpoint, region, credentials: { accessKeyId: aws.account, secretAccessKey: "local" } };
  const clients = {
    dynamodb: new DynamoDBClient(config),
    sqs: new SQSClient(config),
    s3: new S3Client({ ...config, forcePathStyle: true }),
    secretsManager: new SecretsManagerClient(config),
    ssm: new SSMClient(config),
  };
  await stack.add(() => {
    for (const client of Object.values(clients)) client.destroy();
  });
  await clients.secretsManager.send(new CreateSecretCommand({ Name: HASH_KEY_NAME, SecretString: canary("the hash key of the matrix") }));
  await grant(clusters.virginia, "secrets", "list");
  for (const name of CLUSTERS) {
    for (const verb of ["get", "list"]) await grant(clusters[name], "namespaces", verb);
    await prepareStoreAuth(clusters[name], aws.account);
    await denyDecoys(clusters[name]);
    for (const resource of ["configmaps", "secrets"]) await grant(clusters[name], resource, "get", [TEMPLATES]);
    const metadata = { name: TEMPLATES, namespace: NAMESPACE };
    const objects = [
      { kind: "ConfigMap", metadata, data: { password: "not this: {{ .password }}" } },
      { kind: "Secret", metadata, stringData: { password: "{{ .password }}" } },
    ];
    for (const object of objects) await applyObject(clusters[name].server, { apiVersion: "v1", ...object });
  }
  return { aws, clients, cluster: (name) => clusters[name], stop: () => stack.run() };
}

/**
 * As much of the printed policy as a decoy needs, by its name: the whole of it would confine the worlds that know of no confinement too. It
 * is proven by test/integration/kubernetes/confinement.test.ts.
 */
async function denyDecoys({ server, name }: LocalCluster): Promise<void> {
  const apiVersion = "admissionregistration.k8s.io/v1";
  const metadata = { name: accessName(name) };
  const rules = [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["secrets"] }];
  const validations = [{ expression: `request.name != "${DECOY_NAME}"`, reason: "Forbidden" }];
  const policy = { matchConstraints: { resourceRules: rules }, validations };
  await applyObject(server, { apiVersion, kind: "ValidatingAdmissionPolicy", metadata, spec: policy } as KubernetesObject);
  const binding = { policyName: metadata.name, validationActions: ["Deny"] };
  await applyObject(server, { apiVersion, kind: "ValidatingAdmissionPolicyBinding", metadata, spec: binding } as KubernetesObject);
}

/** Who reads a store by `auth`, by these names: the Secret with access keys, the service account with a role. */
export const STORE_AUTH = { secret: STORE_KEYS, account: "store-reader" } as const;

export function roleIn(account: string): string {
  return `arn:aws:iam::${account}:role/reader`;
}

async function prepareStoreAuth(cluster: LocalCluster, account: string): Promise<void> {
  const annotations = { "eks.amazonaws.com/role-arn": roleIn(account) };
  const metadata = { name: STORE_AUTH.account, namespace: NAMESPACE, annotations };
  await applyObject(cluster.server, { apiVersion: "v1", kind: "ServiceAccount", metadata });
  await cluster.editByHand(NAMESPACE, STORE_AUTH.secret, { id: account, key: canary("the access key of a store") });
  await grant(cluster, "secrets", "get", [STORE_AUTH.secret]);
  await grant(cluster, "serviceaccounts", "get", [STORE_AUTH.account]);
  await grant(cluster, "serviceaccounts/token", "create", [STORE_AUTH.account]);
}

/** What `drift: list` and a selector of namespaces need beyond docs/cluster-access.yaml, and a store's auth. */
async function grant({ server }: LocalCluster, resource: string, verb: string, resourceNames?: readonly string[]): Promise<void> {
  const name = ["secret-relay", verb, resource.replace("/", "-"), ...(resourceNames ?? [])].join("-");
  const group = "rbac.authorization.k8s.io";
  const role = {
    kind: "ClusterRole",
    metadata: { name },
    rules: [{ apiGroups: [""], resources: [resource], verbs: [verb], resourceNames }],
  };
  const binding = {
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: group, kind: "ClusterRole", name },
    subjects: [{ apiGroup: group, kind: "Group", name: "secret-relay" }],
  };
  for (const object of [role, binding]) await applyObject(server, { apiVersion: `${group}/v1`, ...object });
}
