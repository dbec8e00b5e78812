/** The config of a confined cluster: one ExternalSecret for each thing that the relay must be able to do there. */

/** Where the config writes; the clusters' other namespaces are `app-other` (allowed, not named), `default` and `kube-system`. */
export const SPACE = "app-shop";

const STORE = `apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: { name: aws }
spec: { provider: { aws: { service: SecretsManager, region: eu-west-1 } } }
`;

/** An ExternalSecret that reads `db` as `password`. */
export function externalSecret(name: string, target: string, namespace = SPACE): string {
  return `---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  secretStoreRef: { kind: ClusterSecretStore, name: aws }
  data: [{ secretKey: password, remoteRef: { key: db } }]
  target: ${target}
`;
}

export function clusterManifest(more: string, allow = '["app-*"]'): string {
  return `apiVersion: secret-relay.dev/v1alpha1
kind: Cluster
metadata: { name: tokyo }
spec: { kubeconfigSecretRef: { name: k }, manifests: [apps.yaml], namespaces: { allow: ${allow} }${more} }
`;
}

const SECRETS = [
  externalSecret("db", "{}"),
  externalSecret("never-made", "{}"),
  externalSecret("chart", "{ creationPolicy: Merge }"),
  externalSecret("both", "{ creationPolicy: CreateOrMerge }"),
  externalSecret("kept", "{ creationPolicy: Orphan }"),
  externalSecret("held", "{ template: { metadata: { finalizers: [example.com/hold] } } }"),
  externalSecret("made", "{ template: { templateFrom: [{ configMap: { name: templates, items: [{ key: password }] } }] } }"),
].join("");

/** Files of a config; `more` is added to the Cluster's spec. */
export function filesOf(more = "", secrets = SECRETS): Readonly<Record<string, string>> {
  return { "cluster.yaml": clusterManifest(more), "apps.yaml": STORE + secrets };
}
