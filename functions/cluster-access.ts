/** How sources and clusters are reached: register loads it with the first ClusterExternalSecret, the others from the start. */
import { type ClusterSecret, type ConnectedClusters, createClusters } from "../src/adapters/kubernetes/clusters.ts";
import { type ClusterRoles, createEks } from "../src/adapters/kubernetes/eks.ts";
import { createProviders } from "../src/adapters/providers/index.ts";
import { type CredentialSource, createSourceSessions, type SourceSessions } from "../src/adapters/providers/sessions.ts";
import { isRelayError, RelayError } from "../src/core/errors.ts";
import type { Clock, ClusterAuthReads, Clusters, Registry, SecretProvider } from "../src/core/ports.ts";
import type { SecretValue } from "../src/core/secret-value.ts";
import { textOf } from "./environment.ts";
import type { Runtime, Surroundings } from "./runtime.ts";

export interface ClusterAccess {
  readonly provider: SecretProvider;
  readonly clusters: Clusters;
  /** Reads one of the relay's own secrets, by name or ARN. */
  readonly readSecret: (name: string) => Promise<SecretValue>;
}

/** @throws EnvironmentError */
export function createClusterAccess(on: Surroundings, { registry }: Pick<Runtime, "registry">): ClusterAccess {
  const { environment: from, clock, awsOptions, clusterTimeouts, modules } = on;
  const provider = createProviders({ now: () => clock.now(), authReads: (name) => authReads(name), options: awsOptions, modules });
  const now = () => clock.now();
  const readVersion = createSecretReader(provider, textOf(from, "AWS_REGION"));
  const readSecret = async (name: string) => (await readVersion(name)).value;
  const allowLoopback = from["ALLOW_LOOPBACK_CLUSTERS"] === "true";
  const roles = createClusterRoles(createSourceSessions({ now, authReads: noAuthReads, options: awsOptions, modules }));
  const openEks = createEks({ roles, now, load: modules.eks, options: awsOptions, allowLoopback });
  const clusters = createClusters(readVersion, { ...clusterTimeouts, allowLoopback, now, openEks });
  const authReads = createAuthReader(registry, clusters, clock);
  return { provider, clusters, readSecret };
}

/** A cluster that did not answer is not asked again for so long: many stores may need it, and none of them may hold up the others. */
const SILENT_MS = 15_000;

/** Reads a cluster for a store's auth; credentials that its API server refuses are read anew once. */
function createAuthReader(
  registry: Pick<Registry, "load">,
  clusters: ConnectedClusters,
  clock: Pick<Clock, "uptime">,
): (name: string) => Promise<ClusterAuthReads> {
  const silentUntil = new Map<string, number>();
  return async (name) => {
    const { clusters: known } = await registry.load([], [name]);
    const record = known.get(name);
    if (record === undefined) throw new RelayError("ClusterUnknown", name);
    const { spec, breaker, credentials } = record;
    const until = Math.max(breaker.openUntil, silentUntil.get(name) ?? 0);
    if (clock.uptime() < until) throw new RelayError("ClusterUnreachable", name, { detail: "it did not answer a moment ago" });
    const again = async <T>(ask: (reads: ClusterAuthReads) => Promise<T>): Promise<T> => {
      try {
        return await ask(await clusters.authReads(spec, credentials));
      } catch (error) {
        if (isRelayError(error) && error.code === "ClusterUnreachable") silentUntil.set(name, clock.uptime() + SILENT_MS);
        if (!isRelayError(error) || error.code !== "ClusterUnauthorized") throw error;
        clusters.forget(name);
        return ask(await clusters.authReads(spec, credentials));
      }
    };
    return {
      secretKey: (ref) => again((reads) => reads.secretKey(ref)),
      serviceAccount: (ref) => again((reads) => reads.serviceAccount(ref)),
      serviceAccountToken: (ref, audiences) => again((reads) => reads.serviceAccountToken(ref, audiences)),
    };
  };
}

/** Roles of clusters by the sessions of stores, which keep them as long as they last; of their own, so that none serves a store. */
function createClusterRoles(sessions: SourceSessions): ClusterRoles {
  const sourceOf = ({ region, roleArn, externalId }: Parameters<ClusterRoles["credentials"]>[0]): CredentialSource => {
    const id = JSON.stringify([roleArn, externalId]);
    return { region, identity: id, access: { id, base: { kind: "function" }, roles: [{ arn: roleArn, externalId }] } };
  };
  return {
    async credentials(cluster) {
      const credentials = await sessions.credentials(sourceOf(cluster));
      if (credentials === undefined) throw new Error("a role gives credentials of its own");
      return credentials;
    },
    forget: (cluster) => sessions.forget(sourceOf(cluster)),
  };
}

/** The functions' own role assumes that of a cluster: no cluster is read for it. */
async function noAuthReads(): Promise<never> {
  throw new Error("the role of a cluster is assumed by the function itself");
}

function createSecretReader(provider: SecretProvider, ownRegion: string): (name: string) => Promise<ClusterSecret> {
  return async (name) => {
    // The account is the ARN's or our own; the store asks for neither.
    const region = /^arn:[^:]*:secretsmanager:([^:]+):/.exec(name)?.[1] ?? ownRegion;
    const answer = await provider.read({ provider: "SecretsManager", account: "", region, key: name, version: "stage/AWSCURRENT" });
    if (answer.kind === "absent") throw new RelayError("SecretNotFound", name);
    return answer;
  };
}
