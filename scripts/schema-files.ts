/** The JSON Schemas for editors, from the schemas that the config is validated with. */
import * as z from "zod/mini";
import { editorNotes } from "../src/core/config/fields.ts";
import { clusterExternalSecretSchema, clusterSchema, externalSecretSchema } from "../src/core/config/schema.ts";
import { clusterSecretStoreSchema, secretStoreSchema } from "../src/core/config/store-schema.ts";

const SCHEMAS = [
  { file: "cluster.json", kind: "Cluster of secret-relay.dev/v1alpha1", schema: clusterSchema },
  {
    file: "external-secret.json",
    kind: "ExternalSecret of external-secrets.io/v1, as far as it is supported",
    schema: externalSecretSchema,
  },
  {
    file: "cluster-external-secret.json",
    kind: "ClusterExternalSecret of external-secrets.io/v1, as far as it is supported",
    schema: clusterExternalSecretSchema,
  },
  { file: "secret-store.json", kind: "SecretStore of external-secrets.io/v1, as far as it is supported", schema: secretStoreSchema },
  {
    file: "cluster-secret-store.json",
    kind: "ClusterSecretStore of external-secrets.io/v1, as far as it is supported",
    schema: clusterSecretStoreSchema,
  },
];

/** Each file's name and text. What only code can check (durations, fields that exclude each other) is not in them. */
export function schemaFiles(): ReadonlyMap<string, string> {
  return new Map(
    SCHEMAS.map(({ file, kind, schema }) => {
      const { $schema, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any", metadata: editorNotes, reused: "ref" });
      return [file, `${JSON.stringify({ $schema, title: kind, ...rest }, undefined, 2)}\n`];
    }),
  );
}
