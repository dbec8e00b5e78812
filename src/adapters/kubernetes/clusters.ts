/** The Clusters port: reads a cluster's credentials once, keeps its connection, and forgets both when told. */
import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { RelayError } from "../../core/errors.ts";
import type { ClusterSpec } from "../../core/model.ts";
import type { Cluster, ClusterAuthReads, Clusters, ClusterTemplateReads } from "../../core/ports.ts";
import type { SecretValue } from "../../core/secret-value.ts";
import { createAuthReads } from "./auth-reads.ts";
import { createCluster } from "./cluster.ts";
import { type ClusterCredentials, type CredentialOptions, parseCredentials } from "./credentials.ts";
import { createHttpSend, type HttpTimeouts } from "./http.ts";
import { createTemplateReads } from "./template-reads.ts";

/** The port, and beside it the reads that a store's auth needs, over the same connection. */
export interface ConnectedClusters extends Clusters {
  /** @throws as `connect` */
  authReads(spec: ClusterSpec): Promise<ClusterAuthReads>;
}

interface Connection {
  readonly cluster: Cluster;
  readonly authReads: ClusterAuthReads;
  readonly templateReads: ClusterTemplateReads;
}

/**
 * Makes the port. `readSecret` gives the secret that `kubeconfigSecretName` names and throws RelayErrors of its own;
 * a failed read is not kept, so the next connect tries again.
 */
export function createClusters(
  readSecret: (name: string) => Promise<SecretValue>,
  options: CredentialOptions & HttpTimeouts = {},
): ConnectedClusters {
  const { connectTimeoutMs, requestTimeoutMs } = options;
  const connections = new Map<string, { readonly key: string; readonly opened: Promise<Connection> }>();

  async function open(spec: ClusterSpec): Promise<Connection> {
    const secret = await readSecret(spec.kubeconfigSecretName);
    const credentials = await parseCredentials(secret.exposeText(), spec.name, options);
    requireUsable(credentials, spec.name);
    const send = createHttpSend(credentials, { ...spec, connectTimeoutMs, requestTimeoutMs });
    return { cluster: createCluster(send), authReads: createAuthReads(send), templateReads: createTemplateReads(send) };
  }

  function connected(spec: ClusterSpec): Promise<Connection> {
    // A changed spec is another connection: its limits and its secret may differ.
    const key = JSON.stringify([spec.kubeconfigSecretName, spec.concurrency, spec.requestsPerSecond]);
    const kept = connections.get(spec.name);
    if (kept?.key === key) return kept.opened;
    const entry = { key, opened: open(spec) };
    connections.set(spec.name, entry);
    entry.opened.catch(() => {
      // The caller gets this rejection through the promise itself; here only the cache is cleaned.
      if (connections.get(spec.name) === entry) connections.delete(spec.name);
    });
    return entry.opened;
  }

  return {
    connect: async (spec) => (await connected(spec)).cluster,
    authReads: async (spec) => (await connected(spec)).authReads,
    templateReads: async (spec) => (await connected(spec)).templateReads,
    forget(cluster) {
      connections.delete(cluster);
    },
  };
}

/** Lets OpenSSL read the PEM texts now: at the first request its error would come from within the agent, unclassified. */
function requireUsable({ ca, auth }: ClusterCredentials, cluster: string): void {
  try {
    // A secure context skips a CA that it can't read, and then trusts nobody: refuse it here, where the cause is plain.
    const parsed = new X509Certificate(ca);
    createSecureContext({ ca: parsed.toString(), ...(auth.kind === "certificate" ? { cert: auth.cert, key: auth.key.exposeText() } : {}) });
  } catch {
    throw new RelayError("ClusterCredentials", cluster, { detail: "the CA, the client certificate or its key is no valid PEM" });
  }
}
