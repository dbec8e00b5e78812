/** Configs for the tests of grants: of any size, and as boring as can be. */
import type { ClusterSpec, RegistrationSpec, ResolvedConfig, StoreSpec } from "../../../../src/core/model.ts";

const SECRETS: StoreSpec = { kind: "ClusterSecretStore", name: "secrets", provider: "SecretsManager", account: "", region: "" };
export const PARAMETERS: StoreSpec = { ...SECRETS, name: "parameters", provider: "ParameterStore" };

export function cluster(name: string): ClusterSpec {
  return {
    name,
    labels: {},
    kubeconfigSecretName: `clusters/${name}`,
    allowedNamespaces: ["*"],
    concurrency: 16,
    requestsPerSecond: 200,
    drift: "probe",
  };
}

export function registration(name: string, keys: readonly string[], over: Partial<RegistrationSpec> = {}): RegistrationSpec {
  return {
    cluster: "tokyo",
    namespace: "app",
    name,
    store: SECRETS,
    refreshPolicy: "Periodic",
    refreshIntervalMs: 3_600_000,
    labels: {},
    annotations: {},
    target: { name, creationPolicy: "Owner", deletionPolicy: "Retain" },
    data: keys.map((key, index) => ({ secretKey: `k${index}`, remoteRef: { key } })),
    dataFrom: [],
    ...over,
  };
}

/** `team-7/service-3/secret-42`: ten services a team, ten secrets a service. */
export function nameOf(index: number): string {
  return `team-${Math.floor(index / 100)}/service-${Math.floor(index / 10) % 10}/secret-${index}`;
}

/** A registration for each ten secrets. */
export function configOf(secrets: number): ResolvedConfig {
  const groups = Array.from({ length: Math.ceil(secrets / 10) }, (_, group) =>
    registration(
      `r${group}`,
      Array.from({ length: Math.min(10, secrets - group * 10) }, (_one, index) => nameOf(group * 10 + index)),
    ),
  );
  return { clusters: [cluster("tokyo")], registrations: groups };
}

export const SETTINGS = {
  kmsKeyArns: [],
  tracing: false,
  vpcId: undefined,
  managedPoliciesPerRole: 10,
  grantPrefixes: [],
  grantTag: undefined,
} as const;
