/** A namespace of a real API server as a world's ground: the relay's own adapter, and the hands of people past it. */
import { createCluster } from "../../../src/adapters/kubernetes/cluster.ts";
import { parseCredentials } from "../../../src/adapters/kubernetes/credentials.ts";
import { type HttpCall } from "../../../src/adapters/kubernetes/http.ts";
import { createHttpSend } from "../../../src/adapters/kubernetes/send.ts";
import type { Ground } from "../../model/ground.ts";
import type { LocalCluster } from "../../support/local-cluster.ts";

interface Metadata {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly { readonly controller?: boolean; readonly kind: string; readonly name: string }[];
}

/** `onSend`: what becomes of each call of the adapter on its way; for a planted bug. */
export async function groundIn(
  { server, getSecret, editByHand, deleteByHand, patchByHand }: LocalCluster,
  namespace: string,
  onSend: (call: HttpCall) => HttpCall = (call) => call,
): Promise<Ground> {
  const credentials = await parseCredentials(server.kubeconfig, "tokyo", { allowLoopback: true });
  const send = createHttpSend(credentials, { concurrency: 4, requestsPerSecond: 500 });
  return {
    cluster: createCluster((call) => send(onSend(call))),
    namespace,
    async see(name) {
      const secret = await getSecret(namespace, name);
      if (secret === undefined) return undefined;
      const data = Object.fromEntries(
        Object.entries(secret.data ?? {}).map(([key, text]) => [key, Buffer.from(text, "base64").toString()]),
      );
      const { metadata } = secret as unknown as { readonly metadata: Metadata };
      const owner = metadata.ownerReferences?.find((one) => one.controller);
      const controller = owner && `${owner.kind}/${owner.name}`;
      return { uid: metadata.uid, resourceVersion: metadata.resourceVersion, labels: metadata.labels ?? {}, data, controller };
    },
    edit: (name, data) => editByHand(namespace, name, data),
    remove: (name) => deleteByHand(namespace, name),
    label: (name, label, value) => patchByHand(namespace, name, { metadata: { labels: { [label]: value } } }),
    async adopt(name, controller) {
      const [kind = "", owner = ""] = controller.split("/");
      const reference = { apiVersion: "example.com/v1", kind, name: owner, uid: "adopted", controller: true };
      await patchByHand(namespace, name, { metadata: { ownerReferences: [reference] } });
    },
  };
}
