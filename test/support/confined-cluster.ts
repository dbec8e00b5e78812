/** A real API server whose relay has the rights that `secret-relay bootstrap-cluster` prints for a config, and nothing else. */
import { request } from "node:https";
import { AdmissionregistrationV1Api, KubeConfig, KubernetesObjectApi } from "@kubernetes/client-node";
import { createCluster } from "../../src/adapters/kubernetes/cluster.ts";
import { parseCredentials } from "../../src/adapters/kubernetes/credentials.ts";
import { createHttpSend } from "../../src/adapters/kubernetes/send.ts";
import { clusterAccess } from "../../src/core/cluster-access/manifests.ts";
import { accessName, type Confinement } from "../../src/core/cluster-access/policy-name.ts";
import { resolveConfig } from "../../src/core/config/resolve.ts";
import type { ClusterSpec, ResolvedConfig } from "../../src/core/model.ts";
import type { Cluster } from "../../src/core/ports.ts";
import type { ApiServerUser } from "../../src/local/api-server.ts";
import { applyObject, clientOf } from "../../src/local/kubernetes-api.ts";
import { eventually } from "./eventually.ts";
import { type LocalCluster, startLocalCluster } from "./local-cluster.ts";

/** One request of an attacker, as it goes over the wire. */
export interface Attempt {
  readonly method: string;
  readonly path: string;
  readonly contentType?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A Secret that the config names and nobody makes: asked for as a token, it shows whether the policy is in force. */
interface NamedSecret {
  readonly namespace: string;
  readonly name: string;
}

export interface ConfinedCluster extends LocalCluster {
  readonly spec: ClusterSpec;
  readonly config: ResolvedConfig;
  /** The port as the relay has it. */
  readonly cluster: Cluster;
  /** Sent with the relay's own certificate. */
  readonly attempt: (attempt: Attempt) => Promise<{ readonly status: number; readonly raw: string }>;
  /** What the administrator sees of the manifests of the first config. */
  readonly granted: () => Promise<readonly unknown[]>;
  readonly deleteBinding: () => Promise<void>;
  /** Applies the manifests of this config, and waits until a policy of that name is in force. */
  readonly grant: (config: ResolvedConfig, granted: NamedSecret) => Promise<void>;
}

export const GROUP = "secret-relay-confined";
const DEFAULTS = { account: "111122223333", defaultRegion: "eu-west-1" };

/** Reads a config whose Cluster is tokyo. @throws Error with its mistakes */
export function confinedConfig(texts: Readonly<Record<string, string>>): ResolvedConfig {
  const { config, diagnostics } = resolveConfig(
    Object.entries(texts).map(([path, text]) => ({ path, text })),
    DEFAULTS,
  );
  if (config === undefined) throw new Error(diagnostics.map(({ message }) => message).join("; "));
  return config;
}

/** A Secret that may be written by its name, but never with this type: whoever is told so by the policy knows that it is in force. */
function tokenSecret(namespace: string, name: string): Attempt {
  const annotations = { "kubernetes.io/service-account.name": "default" };
  const metadata = { name, namespace, labels: { "secret-relay.dev/cluster": "tokyo" }, annotations };
  return {
    method: "PATCH",
    path: `/api/v1/namespaces/${namespace}/secrets/${name}?fieldManager=probe&force=true&dryRun=All`,
    contentType: "application/apply-patch+yaml",
    body: { apiVersion: "v1", kind: "Secret", metadata, type: "kubernetes.io/service-account-token" },
  };
}

/**
 * Its identity is in a group of its own, beside that of docs/cluster-access.yaml, which is granted to another user. `granted`: as of
 * `grant`.
 */
export async function startConfinedCluster(
  confinement: Confinement,
  config: ResolvedConfig,
  namespaces: readonly string[],
  granted: NamedSecret,
): Promise<ConfinedCluster> {
  const local = await startLocalCluster("tokyo", namespaces);
  const [spec] = config.clusters;
  if (spec === undefined) throw new Error("the config has no Cluster");
  const user = await local.server.addUser("relay-by-certificate", [GROUP]);
  const credentials = await parseCredentials(user.kubeconfig, "tokyo", { allowLoopback: true });
  const send = createHttpSend(credentials, { concurrency: 4, requestsPerSecond: 500 });
  const cluster = createCluster(send, confinement === "label" ? spec.name : undefined);
  const admission = clientOf(local.server, AdmissionregistrationV1Api);

  const grant: ConfinedCluster["grant"] = async (next, { namespace, name }) => {
    const [of = spec] = next.clusters;
    for (const manifest of clusterAccess(of, next, confinement, { group: GROUP }).manifests) {
      await applyObject(local.server, manifest);
    }
    // An API server takes a new or changed policy up by a watch.
    await eventually(async () => {
      const { raw } = await sendAs(user, tokenSecret(namespace, name));
      if (!raw.includes(`ValidatingAdmissionPolicy '${accessName(spec.name)}'`)) throw new Error(`the policy is not in force: ${raw}`);
    });
  };
  await grant(config, granted);

  return {
    ...local,
    user,
    spec,
    config,
    cluster,
    grant,
    attempt: (attempt) => sendAs(user, attempt),
    granted: async () => {
      const kubeconfig = new KubeConfig();
      kubeconfig.loadFromString(local.server.kubeconfig);
      const client = KubernetesObjectApi.makeApiClient(kubeconfig);
      const { manifests } = clusterAccess(spec, config, confinement, { group: GROUP });
      return Promise.all(manifests.map(async (manifest) => ({ kind: manifest.kind, ...(await client.read(manifest as never)) })));
    },
    deleteBinding: async () => {
      await admission.deleteValidatingAdmissionPolicyBinding({ name: accessName(spec.name) });
    },
  };
}

async function sendAs(
  user: ApiServerUser,
  { method, path, contentType, body, headers }: Attempt,
): Promise<{ status: number; raw: string }> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${user.server}${path}`,
      {
        method,
        ca: user.caPem,
        cert: user.certPem,
        key: user.keyPem,
        headers: {
          accept: "application/json",
          ...(text === undefined ? {} : { "content-type": contentType ?? "application/json" }),
          ...headers,
        },
        timeout: 5_000,
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("error", reject);
        incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, raw: Buffer.concat(chunks).toString("latin1") }));
      },
    );
    outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer to ${method} ${path}`)));
    outgoing.on("upgrade", (incoming, socket) => {
      socket.destroy();
      resolve({ status: incoming.statusCode ?? 0, raw: "" });
    });
    outgoing.on("error", reject);
    outgoing.end(text);
  });
}
