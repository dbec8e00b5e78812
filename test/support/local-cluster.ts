/** A real API server with the relay's identity behind a proxy, and the hands of its administrator. */
import { ApiException, CoreV1Api, PatchStrategy, setHeaderOptions, type V1Secret } from "@kubernetes/client-node";
import { type ApiServer, type ApiServerUser, startApiServer } from "../../src/local/api-server.ts";
import { grantAccess } from "../../src/local/cluster-access.ts";
import { applyObject, clientOf } from "../../src/local/kubernetes-api.ts";
import { type ClusterProxy, startClusterProxy } from "./cluster-proxy.ts";

export interface LocalCluster {
  readonly name: string;
  /** The administrator's way in, past the proxy. */
  readonly server: ApiServer;
  /** The relay's identity, past the proxy. */
  readonly user: ApiServerUser;
  /** What stands between the relay and the API server. */
  readonly proxy: ClusterProxy;
  readonly createNamespace: (name: string) => Promise<void>;
  /** The whole Secret, or undefined where there is none. */
  readonly getSecret: (namespace: string, name: string) => Promise<V1Secret | undefined>;
  /** Its data as text. */
  readonly readSecret: (namespace: string, name: string) => Promise<Readonly<Record<string, string>> | undefined>;
  /** Writes as a person would: creates the Secret, or sets these keys of it (null removes one) by a merge patch. */
  readonly editByHand: (namespace: string, name: string, data: Readonly<Record<string, string | null>>) => Promise<void>;
  /** A merge patch of anything else, e.g. `{immutable: true}`. */
  readonly patchByHand: (namespace: string, name: string, patch: unknown) => Promise<void>;
  readonly deleteByHand: (namespace: string, name: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts one, with these namespaces. */
export async function startLocalCluster(name: string, namespaces: readonly string[]): Promise<LocalCluster> {
  const server = await startApiServer();
  const user = await grantAccess(server, namespaces);
  const proxy = await startClusterProxy(user);
  const client = clientOf(server, CoreV1Api);
  const fieldManager = "by-hand";

  const getSecret: LocalCluster["getSecret"] = async (namespace, secret) => {
    try {
      return await client.readNamespacedSecret({ namespace, name: secret });
    } catch (error) {
      if (error instanceof ApiException && error.code === 404) return undefined;
      throw error;
    }
  };
  const patchByHand: LocalCluster["patchByHand"] = async (namespace, secret, patch) => {
    const mergePatch = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
    await client.patchNamespacedSecret({ namespace, name: secret, body: patch, fieldManager }, mergePatch);
  };

  return {
    name,
    server,
    user,
    proxy,
    createNamespace: (namespace) => applyObject(server, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }),
    getSecret,
    async readSecret(namespace, secret) {
      const found = await getSecret(namespace, secret);
      if (found === undefined) return undefined;
      const data = Object.entries(found.data ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]);
      return Object.fromEntries(data);
    },
    async editByHand(namespace, secret, data) {
      const entries = Object.entries(data).map(([key, value]) => [key, value === null ? null : Buffer.from(value).toString("base64")]);
      const patch = { data: Object.fromEntries(entries) };
      if ((await getSecret(namespace, secret)) !== undefined) {
        await patchByHand(namespace, secret, patch);
        return;
      }
      await client.createNamespacedSecret({ namespace, body: { metadata: { name: secret, namespace }, ...patch }, fieldManager });
    },
    patchByHand,
    async deleteByHand(namespace, secret) {
      await client.deleteNamespacedSecret({ namespace, name: secret });
    },
    async stop() {
      await proxy.stop();
      await server.stop();
    },
  };
}
