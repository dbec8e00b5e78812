/** Builders of config texts with boring defaults; a test states only what matters. */
import type { SourceFile } from "../../../../src/core/config/diagnostics.ts";

export const defaults = { account: "111122223333", defaultRegion: "us-east-1" };

export function clusterFile(options: { name?: string; path?: string; extra?: string; allow?: string; globs?: string } = {}): SourceFile {
  const { name = "tokyo", path = `clusters/${name}.yaml`, extra = "", allow = "app-*", globs = "apps/**/*.yaml" } = options;
  const text = `apiVersion: secret-relay.dev/v1alpha1
kind: Cluster
metadata: { name: ${name} }
spec:
  kubeconfigSecretRef: { name: clusters/${name} }
  manifests: ["${globs}"]
  namespaces: { allow: ["${allow}"] }
${extra}`;
  return { path, text };
}

export function storeFile(path = "apps/store.yaml"): SourceFile {
  const text = `apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: { name: aws }
spec: { provider: { aws: { service: SecretsManager, region: eu-west-1 } } }
`;
  return { path, text };
}

/** Line 6 is the first of the rest of the spec. */
export function secretFile(rest?: string, options: { path?: string; name?: string; namespace?: string } = {}): SourceFile {
  const { path = "apps/shop.yaml", name = "shop", namespace = "app-shop" } = options;
  const text = `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  secretStoreRef: { name: aws, kind: ClusterSecretStore }
${rest ?? "  data: [{ secretKey: password, remoteRef: { key: shop/db } }]"}
`;
  return { path, text };
}

/** Line 9 is the first of what says which namespaces. */
export function clusterSecretFile(rest = "  namespaceSelectors: [{ matchLabels: { team: shop } }]", path = "apps/shared.yaml"): SourceFile {
  const text = `apiVersion: external-secrets.io/v1
kind: ClusterExternalSecret
metadata: { name: shared }
spec:
  externalSecretSpec:
    secretStoreRef: { name: aws, kind: ClusterSecretStore }
    data: [{ secretKey: password, remoteRef: { key: shop/db } }]
${rest}
`;
  return { path, text };
}
