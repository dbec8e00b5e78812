/** A registration, what it renders to, and its target as a look shows it: all of one key. */
import type { CreationPolicy, DeletionPolicy, Registration } from "../../../../src/core/model.ts";
import type { SecretManifest, TargetView } from "../../../../src/core/ports.ts";
import { SecretValue } from "../../../../src/core/secret-value.ts";
import { CLUSTER_LABEL, fieldManager, stamp, stampAnnotation } from "../../../../src/core/sync/ownership.ts";

export const ID = "tokyo/app-shop/db";
export const REFERENCE = "SecretsManager|000000000000|us-east-1|stage/AWSCURRENT|shop/db";
export const MARK = stampAnnotation(ID);

export function registration(
  creationPolicy: CreationPolicy,
  deletionPolicy: DeletionPolicy,
  over: Partial<Registration> = {},
): Registration {
  return {
    id: ID,
    generation: 7,
    phase: "live",
    registeredAt: 0,
    rev: 3,
    known: { uid: "u1", resourceVersion: "41" },
    appliedGeneration: 7,
    applied: { [REFERENCE]: { versionId: "v1", asOf: 0 } },
    status: { state: "Synced", since: 0, failures: 0 },
    spec: {
      cluster: "tokyo",
      namespace: "app-shop",
      name: "db",
      store: { kind: "ClusterSecretStore", name: "aws", provider: "SecretsManager", account: "000000000000", region: "us-east-1" },
      refreshPolicy: "Periodic",
      refreshIntervalMs: 3_600_000,
      labels: {},
      annotations: {},
      target: { name: "db", creationPolicy, deletionPolicy },
      data: [],
      dataFrom: [],
    },
    ...over,
  };
}

export function manifest(keys: readonly string[]): SecretManifest {
  return {
    namespace: "app-shop",
    name: "db",
    labels: { [CLUSTER_LABEL]: "tokyo", app: "shop" },
    annotations: { [MARK]: stamp(7, "hash") },
    data: new Map(keys.map((key) => [key, new SecretValue("x")])),
  };
}

export const view: TargetView = {
  uid: "u1",
  resourceVersion: "42",
  labels: { [CLUSTER_LABEL]: "tokyo", app: "shop", theirs: "stays" },
  annotations: { [MARK]: stamp(7, "hash") },
  dataKeys: [{ manager: fieldManager(ID), operation: "Apply", keys: ["password"] }],
  deleting: false,
  immutableBy: [],
};
