/** The Clusters port: reads a cluster's credentials once, keeps its connection, and forgets both when told. */
import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { RelayError } from "../../core/errors.ts";
import type { ClusterSpec } from "../../core/model.ts";
import type { Cluster, Clusters } from "../../core/ports.ts";
import type { SecretValue } from "../../core/secret-value.ts";
import { createCluster } from "./cluster.ts";
import { type ClusterCredentials, type CredentialOptions, parseCredentials } from "./credentials.ts";
import { createHttpSend, type HttpTimeouts } from "./http.ts";

/**
 * Makes the port. `readSecret` gives the secret that `kubeconfigSecretName` names and throws RelayErrors of its own;
 * a failed read is not kept, so the next connect tries again.
 */
export function createClusters(
  readSecret: (name: string) => Promise<SecretValue>,
  options: CredentialOptions & HttpTimeouts = {},
): Clusters {
  const { connectTimeoutMs, requestTimeoutMs } = options;
  const connections = new Map<string, { readonly key: string; readonly cluster: Promise<Cluster> }>();

  async function open(spec: ClusterSpec): Promise<Cluster> {
    const secret = await readSecret(spec.kubeconfigSecretName);
    const credentials = await parseCredentials(secret.exposeText(), spec.name, options);
    requireUsable(credentials, spec.name);
    return createCluster(createHttpSend(credentials, { ...spec, connectTimeoutMs, requestTimeoutMs }));
  }

  return {
    connect(spec) {
      // A changed spec is another connection: its limits and its secret may differ.
      const key = JSON.stringify([spec.kubeconfigSecretName, spec.concurrency, spec.requestsPerSecond]);
      const kept = connections.get(spec.name);
      if (kept?.key === key) return kept.cluster;
      const entry = { key, cluster: open(spec) };
      connections.set(spec.name, entry);
      entry.cluster.catch(() => {
        // The caller gets this rejection through the promise itself; here only the cache is cleaned.
        if (connections.get(spec.name) === entry) connections.delete(spec.name);
      });
      return entry.cluster;
    },
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
    createSecureContext({ ca: parsed.toString(), ...(auth.kind === "certificate" ? { cert: auth.cert, key: auth.key } : {}) });
  } catch {
    throw new RelayError("ClusterCredentials", cluster, { detail: "the CA, the client certificate or its key is no valid PEM" });
  }
}
