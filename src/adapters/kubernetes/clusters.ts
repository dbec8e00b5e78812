/** The Clusters port: opens the way into each cluster once, keeps its connection, and notices when the way is another. */
import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { RelayError } from "../../core/errors.ts";
import type { ClusterSpec, Millis } from "../../core/model.ts";
import type { Cluster, ClusterAuthReads, Clusters, ClusterTemplateReads, CredentialsNotice } from "../../core/ports.ts";
import type { SecretValue } from "../../core/secret-value.ts";
import type { AddressOptions } from "./addresses.ts";
import { createAuthReads } from "./auth-reads.ts";
import { applyBody, createCluster } from "./cluster.ts";
import { type Connection, type OpenedCredentials, openConnection } from "./connection.ts";
import { type ClusterCredentials, parseCredentials } from "./credentials.ts";
import type { OpenEks } from "./eks.ts";
import type { HttpTimeouts } from "./http.ts";
import { createTemplateReads } from "./template-reads.ts";

/** The port, and beside it the reads that a store's auth needs, over the same connection. */
export interface ConnectedClusters extends Clusters {
  /** @throws as `connect` */
  authReads(spec: ClusterSpec, notice?: CredentialsNotice): Promise<ClusterAuthReads>;
}

/** What a cluster's secret holds now. */
export interface ClusterSecret {
  readonly value: SecretValue;
  readonly versionId: string;
}

export interface ClusterOptions extends AddressOptions, HttpTimeouts {
  /** @default - clusters with `eks` are refused as unknown */
  readonly openEks?: OpenEks | undefined;
  /** AWS's time. @default - this machine's */
  readonly now?: (() => Millis) | undefined;
}

interface Opened {
  readonly connection: Connection;
  readonly cluster: Cluster;
  readonly authReads: ClusterAuthReads;
  readonly templateReads: ClusterTemplateReads;
}

/**
 * Makes the port. `readSecret` gives the secret that `kubeconfigSecretName` names and throws RelayErrors of its own;
 * a failed read is not kept, so the next connect tries again.
 */
export function createClusters(readSecret: (name: string) => Promise<ClusterSecret>, options: ClusterOptions = {}): ConnectedClusters {
  const { openEks, now = () => Date.now(), connectTimeoutMs, requestTimeoutMs, allowLoopback } = options;
  const connections = new Map<string, { readonly key: string; readonly opened: Promise<Opened> }>();

  async function credentialsOf(spec: ClusterSpec): Promise<OpenedCredentials> {
    if (spec.eks !== undefined) {
      if (openEks === undefined) throw new RelayError("ClusterUnknown", spec.name, { detail: "EKS clusters are not reached from here" });
      const credentials = await openEks(spec.eks);
      requireUsable(credentials, spec.name);
      return { credentials };
    }
    const { value, versionId } = await readSecret(spec.kubeconfigSecretName);
    const credentials = await parseCredentials(value.exposeText(), spec.name, options);
    requireUsable(credentials, spec.name);
    return { credentials, versionId };
  }

  async function open(spec: ClusterSpec): Promise<Opened> {
    const limits = { ...spec, connectTimeoutMs, requestTimeoutMs, allowLoopback };
    const connection = await openConnection(() => credentialsOf(spec), limits, now);
    const { send } = connection;
    return {
      connection,
      cluster: createCluster(send, spec.confine === "label" ? spec.name : undefined),
      authReads: createAuthReads(send),
      templateReads: createTemplateReads(send),
    };
  }

  async function connected(spec: ClusterSpec, notice?: CredentialsNotice): Promise<Opened> {
    // A changed spec is another connection: its limits and its way may differ.
    const key = JSON.stringify([spec.kubeconfigSecretName, spec.eks, spec.concurrency, spec.requestsPerSecond, spec.confine]);
    const kept = connections.get(spec.name);
    if (kept?.key === key) {
      const opened = await kept.opened;
      await opened.connection.refresh(notice);
      return opened;
    }
    const entry = { key, opened: open(spec) };
    connections.set(spec.name, entry);
    entry.opened.catch(() => {
      // The caller gets this rejection through the promise itself; here only the cache is cleaned.
      if (connections.get(spec.name) === entry) connections.delete(spec.name);
    });
    return entry.opened;
  }

  return {
    applyBody,
    connect: async (spec, notice) => (await connected(spec, notice)).cluster,
    authReads: async (spec, notice) => (await connected(spec, notice)).authReads,
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
