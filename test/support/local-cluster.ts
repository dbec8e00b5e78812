/** A real API server with the relay's identity behind a proxy, and the hands of its administrator. */
import { type ApiServer, startApiServer } from "../../src/local/api-server.ts";
import { grantAccess } from "../../src/local/cluster-access.ts";
import { applyObject, callKubernetes, type SecretObject } from "../../src/local/kubernetes-api.ts";
import { type ClusterProxy, startClusterProxy } from "./cluster-proxy.ts";

export interface LocalCluster {
  readonly name: string;
  /** The administrator's way in, past the proxy. */
  readonly server: ApiServer;
  /** What stands between the relay and the API server. */
  readonly proxy: ClusterProxy;
  readonly createNamespace: (name: string) => Promise<void>;
  /** The whole Secret, or undefined where there is none. */
  readonly getSecret: (namespace: string, name: string) => Promise<SecretObject | undefined>;
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
  const proxy = await startClusterProxy(await grantAccess(server, namespaces));
  const path = (namespace: string, secret: string): string => `/api/v1/namespaces/${namespace}/secrets/${secret}?fieldManager=by-hand`;

  const getSecret: LocalCluster["getSecret"] = async (namespace, secret) => {
    const { status, body } = await callKubernetes(server, { method: "GET", path: path(namespace, secret) });
    if (status === 404) return undefined;
    expectOk(status, `reading ${namespace}/${secret}`);
    return body as SecretObject;
  };
  const patchByHand: LocalCluster["patchByHand"] = async (namespace, secret, patch) => {
    const call = { method: "PATCH", path: path(namespace, secret), body: patch, contentType: "application/merge-patch+json" };
    const { status } = await callKubernetes(server, call);
    expectOk(status, `changing ${namespace}/${secret}`);
  };

  return {
    name,
    server,
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
      const body = { apiVersion: "v1", kind: "Secret", metadata: { name: secret, namespace }, ...patch };
      const call = { method: "POST", path: `/api/v1/namespaces/${namespace}/secrets?fieldManager=by-hand`, body };
      const { status } = await callKubernetes(server, call);
      expectOk(status, `creating ${namespace}/${secret}`);
    },
    patchByHand,
    async deleteByHand(namespace, secret) {
      const { status } = await callKubernetes(server, { method: "DELETE", path: path(namespace, secret) });
      expectOk(status, `deleting ${namespace}/${secret}`);
    },
    async stop() {
      await proxy.stop();
      await server.stop();
    },
  };
}

function expectOk(status: number, what: string): void {
  if (status > 299) throw new Error(`${what} got ${status}`);
}
