/** The few calls to a local API server that setting it up and watching it need: with its administrator's rights, so not the relay's way in. */
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/** Where an API server is, and a client certificate for it. */
export interface ApiAccess {
  readonly server: string;
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
}

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** A Secret as the API server shows it; `data` is in base64. */
export interface SecretObject extends KubernetesObject {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly resourceVersion: string };
  readonly data?: Readonly<Record<string, string>>;
}

export interface KubernetesCall {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  /** @default "application/json" */
  readonly contentType?: string;
}

const REWATCH_MS = 250;

/** The plural and the group's path of each kind that is applied here. */
const COLLECTIONS: Readonly<Record<string, string>> = {
  Namespace: "/api/v1/namespaces",
  ClusterRole: "/apis/rbac.authorization.k8s.io/v1/clusterroles",
  ClusterRoleBinding: "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
};

/** One call, its answer parsed; what an error status means is the caller's. */
export async function callKubernetes(
  access: ApiAccess,
  call: KubernetesCall,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await open(access, call);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return { status: response.statusCode ?? 0, body: text.startsWith("{") ? JSON.parse(text) : text };
}

/** Brings a cluster-wide object to this content. @throws Error with the API server's reason */
export async function applyObject(access: ApiAccess, object: KubernetesObject): Promise<void> {
  const collection = COLLECTIONS[object.kind];
  if (collection === undefined) throw new Error(`no path is known for kind ${object.kind}`);
  const path = `${collection}/${object.metadata.name}?fieldManager=secret-relay-local&force=true`;
  const { status, body } = await callKubernetes(access, {
    method: "PATCH",
    path,
    body: object,
    contentType: "application/apply-patch+yaml",
  });
  if (status > 299) {
    throw new Error(
      `applying ${object.kind} ${object.metadata.name} got ${status}: ${(body as { readonly message?: string }).message ?? ""}`,
    );
  }
}

/**
 * Tells of each Secret of a namespace as it is now, and then as it changes (undefined: it is gone), until the signal aborts. A watch that
 * breaks is made anew, and then tells of each Secret again. A deletion during that gap is not told.
 */
export async function watchSecrets(
  access: ApiAccess,
  namespace: string,
  onSecret: (name: string, secret: SecretObject | undefined) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      // Without a resourceVersion a watch begins with what is there.
      const response = await open(access, { method: "GET", path: `/api/v1/namespaces/${namespace}/secrets?watch=1` }, signal);
      for await (const line of createInterface({ input: response })) {
        const event = JSON.parse(line) as { readonly type: string; readonly object: SecretObject };
        if (event.type === "ERROR" || event.type === "BOOKMARK") continue;
        onSecret(event.object.metadata.name, event.type === "DELETED" ? undefined : event.object);
      }
    } catch {
      // The connection broke or never came to be: the API server may be down for a while, which the watch outlives.
    }
    await sleep(REWATCH_MS, undefined, { signal }).catch(() => {
      // Aborted, so that the loop ends.
    });
  }
}

async function open(access: ApiAccess, call: KubernetesCall, signal?: AbortSignal): Promise<IncomingMessage> {
  const outgoing = request(new URL(call.path, access.server), {
    method: call.method,
    headers: { accept: "application/json", ...(call.body === undefined ? {} : { "content-type": call.contentType ?? "application/json" }) },
    ca: access.caPem,
    cert: access.certPem,
    key: access.keyPem,
    agent: false,
    ...(signal === undefined ? {} : { signal }),
  });
  outgoing.end(call.body === undefined ? undefined : JSON.stringify(call.body));
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  return response;
}
