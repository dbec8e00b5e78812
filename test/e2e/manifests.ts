/** Manifests for the end-to-end tests, as text. */

/** What differs from an Owner in `app-shop` that takes the properties `password` of its secret. */
export interface ManifestChange {
  readonly namespace?: string;
  readonly target?: string;
  readonly creationPolicy?: string;
  readonly deletionPolicy?: string;
  readonly refreshInterval?: string;
  /** `undefined` takes the whole value. */
  readonly property?: string | undefined;
  /** A ClusterSecretStore. */
  readonly store?: string;
  readonly metadataPolicy?: string;
}

/** An ExternalSecret that reads one property of one remote secret. */
export function externalSecret(name: string, key: string, change: ManifestChange = {}): string {
  const { namespace = "app-shop", target = name, creationPolicy = "Owner", deletionPolicy = "Retain" } = change;
  const { refreshInterval = "1h", store = "aws", metadataPolicy = "None" } = change;
  const property = "property" in change ? change.property : "password";
  return `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  refreshInterval: ${refreshInterval}
  secretStoreRef: { kind: ClusterSecretStore, name: ${store} }
  target: { name: ${target}, creationPolicy: ${creationPolicy}, deletionPolicy: ${deletionPolicy} }
  data:
    - secretKey: password
      remoteRef: { key: ${key}, metadataPolicy: ${metadataPolicy}${property === undefined ? "" : `, property: ${property}`} }
`;
}

/** A ClusterExternalSecret for namespaces by name, which takes the property `password` of a remote secret. */
export function clusterExternalSecret(name: string, key: string, namespaces: readonly string[]): string {
  return `apiVersion: external-secrets.io/v1
kind: ClusterExternalSecret
metadata: { name: ${name} }
spec:
  namespaces: [${namespaces.join(", ")}]
  externalSecretSpec:
    secretStoreRef: { kind: ClusterSecretStore, name: aws }
    data:
      - secretKey: password
        remoteRef: { key: ${key}, property: password }
`;
}

/** Several manifests in one file. */
export function yamlFile(...documents: readonly string[]): string {
  return documents.join("---\n");
}

/** The text of a remote secret that holds one password. */
export function password(value: string): string {
  return JSON.stringify({ password: value });
}
