/** External Secrets Operator's own writes to a cluster, as it makes them: its kind, its ExternalSecrets, and Secrets that they control. */
import { CoreV1Api, CustomObjectsApi, type V1OwnerReference, type V1Secret } from "@kubernetes/client-node";
import { applyObject, clientOf } from "../../src/local/kubernetes-api.ts";
import { eventually } from "./eventually.ts";
import type { LocalCluster } from "./local-cluster.ts";

const GROUP = "external-secrets.io";
const OF_KIND = { group: GROUP, version: "v1", plural: "externalsecrets" };
const MARKS = "reconcile.external-secrets.io";

export interface Eso {
  /** Creates an ExternalSecret, and the Secret of the same name that it controls. */
  own(namespace: string, name: string, data: Readonly<Record<string, string>>): Promise<void>;
  /** Its next refresh: an Update of the whole Secret, which makes it the ExternalSecret's again. */
  refresh(namespace: string, name: string, data: Readonly<Record<string, string>>): Promise<void>;
}

/** Installs the kind. */
export async function installEso(local: LocalCluster): Promise<Eso> {
  const { server } = local;
  const names = { kind: "ExternalSecret", listKind: "ExternalSecretList", plural: OF_KIND.plural, singular: "externalsecret" };
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  const definition = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${OF_KIND.plural}.${GROUP}` },
    spec: { group: GROUP, scope: "Namespaced", names, versions: [{ name: "v1", served: true, storage: true, schema }] },
  };
  await applyObject(server, definition);
  const objects = clientOf(server, CustomObjectsApi);
  const secrets = clientOf(server, CoreV1Api);

  const secretOf = (name: string, owner: V1OwnerReference, data: Readonly<Record<string, string>>): V1Secret => ({
    metadata: {
      name,
      ownerReferences: [owner],
      labels: { [`${MARKS}/managed`]: "true", [`${MARKS}/created-by`]: "0123456789abcdef", "from-the-manifest": "yes" },
      annotations: { [`${MARKS}/data-hash`]: "0123456789abcdef" },
    },
    type: "Opaque",
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")])),
  });
  const ownerOf = async (namespace: string, name: string): Promise<V1OwnerReference> => {
    const { metadata } = (await objects.getNamespacedCustomObject({ ...OF_KIND, namespace, name })) as { metadata: { uid: string } };
    return { apiVersion: `${GROUP}/v1`, kind: names.kind, name, uid: metadata.uid, controller: true, blockOwnerDeletion: true };
  };
  const fieldManager = (name: string): string => `externalsecrets.external-secrets.io/${name}`;

  return {
    async own(namespace, name, data) {
      const body = { apiVersion: `${GROUP}/v1`, kind: names.kind, metadata: { name, namespace }, spec: {} };
      // The kind is served a moment after it was defined.
      await eventually(async () => {
        await objects.createNamespacedCustomObject({ ...OF_KIND, namespace, body });
      });
      const owned = secretOf(name, await ownerOf(namespace, name), data);
      await secrets.createNamespacedSecret({ namespace, fieldManager: fieldManager(name), body: owned });
    },
    async refresh(namespace, name, data) {
      const owned = secretOf(name, await ownerOf(namespace, name), data);
      await secrets.replaceNamespacedSecret({ namespace, name, fieldManager: fieldManager(name), body: owned });
    },
  };
}
