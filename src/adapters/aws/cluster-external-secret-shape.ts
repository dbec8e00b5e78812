/** The shapes of ClusterExternalSecrets in the resolved config: loaded by need, since it brings the schemas of manifests, and most configs have none. */
import * as z from "zod/mini";
import { externalSecretSpec } from "../../core/config/schema.ts";
import { storeSpec } from "../../core/config/store-schema.ts";
import { count, filled, selector, words } from "./config-shapes.ts";

export const clusterExternalSecret = z.strictObject({
  cluster: filled,
  name: filled,
  externalSecretName: filled,
  labels: words,
  annotations: words,
  // As it was written: the schema that let it in.
  externalSecretSpec,
  selectors: z.array(selector),
  namespaces: z.array(filled),
  refreshMs: count,
  stores: z.array(
    z.strictObject({
      kind: z.enum(["SecretStore", "ClusterSecretStore"]),
      manifest: z.strictObject({
        metadata: z.strictObject({ name: filled, namespace: z.optional(filled) }),
        spec: storeSpec,
      }),
    }),
  ),
  account: z.string(),
  region: z.string(),
});

export const clusterExternalSecrets = z.array(clusterExternalSecret);
