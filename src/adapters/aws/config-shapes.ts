/** The shapes of the resolved config, as register reads it from S3, but for those of ClusterExternalSecrets. */
import * as z from "zod/mini";

export const filled = z.string().check(z.minLength(1));
export const count = z.int().check(z.gte(0));
export const words = z.record(z.string(), z.string());

// Strict, as the writer is of the same version: the config and the function are deployed together.
const named = { name: filled, labels: words };
const clusterSettings = {
  allowedNamespaces: z.array(filled),
  concurrency: count,
  requestsPerSecond: count,
  drift: z.enum(["probe", "list"]),
  adopt: z.optional(z.literal(true)),
  confine: z.optional(z.enum(["label", "names"])),
};
export const eks = z.strictObject({ name: filled, region: filled, roleArn: z.optional(filled), externalId: z.optional(filled) });
export const cluster = z.union([
  z.strictObject({ ...named, kubeconfigSecretName: filled, eks: z.optional(z.undefined()), ...clusterSettings }),
  z.strictObject({ ...named, eks, kubeconfigSecretName: z.optional(z.undefined()), ...clusterSettings }),
]);

const strategies = {
  conversionStrategy: z.optional(z.enum(["Default", "Unicode"])),
  decodingStrategy: z.optional(z.enum(["None", "Base64", "Base64URL", "Auto"])),
  nullBytePolicy: z.optional(z.enum(["Ignore", "Fail"])),
};

export const remoteRef = z.strictObject({
  key: filled,
  property: z.optional(z.string()),
  version: z.optional(z.string()),
  metadataPolicy: z.optional(z.enum(["None", "Fetch"])),
  ...strategies,
});

export const find = z.strictObject({
  path: z.optional(z.string()),
  nameRegexp: z.optional(z.string()),
  tags: z.optional(words),
  ...strategies,
});

export const rewrite = z.strictObject({
  regexp: z.optional(z.strictObject({ source: z.string(), target: z.string() })),
  transform: z.optional(z.strictObject({ template: z.string() })),
  merge: z.optional(
    z.strictObject({
      into: z.optional(z.string()),
      priority: z.optional(z.array(z.string())),
      priorityPolicy: z.optional(z.enum(["Strict", "IgnoreNotFound"])),
      conflictPolicy: z.optional(z.enum(["Error", "Ignore"])),
      strategy: z.optional(z.enum(["Extract", "JSON"])),
    }),
  ),
});

const secretKeyRef = z.strictObject({ namespace: filled, name: filled, key: filled });

const access = z.strictObject({
  id: filled,
  base: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("function") }),
    z.strictObject({
      kind: z.literal("serviceAccount"),
      cluster: z.string(),
      namespace: filled,
      name: filled,
      audiences: z.array(filled),
    }),
    z.strictObject({
      kind: z.literal("secret"),
      cluster: z.string(),
      accessKeyId: secretKeyRef,
      secretAccessKey: secretKeyRef,
      sessionToken: z.optional(secretKeyRef),
    }),
  ]),
  roles: z.array(
    z.strictObject({
      arn: filled,
      externalId: z.optional(filled),
      tags: z.optional(words),
      transitiveTagKeys: z.optional(z.array(filled)),
    }),
  ),
});

export const selector = z.strictObject({
  matchLabels: z.optional(words),
  matchExpressions: z.optional(
    z.array(
      z.strictObject({
        key: filled,
        operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist"]),
        values: z.optional(z.array(z.string())),
      }),
    ),
  ),
});

export const store = z.strictObject({
  kind: z.enum(["SecretStore", "ClusterSecretStore"]),
  name: filled,
  provider: z.enum(["SecretsManager", "ParameterStore"]),
  // Empty: the deployment's own.
  account: z.string(),
  region: z.string(),
  prefix: z.optional(filled),
  access: z.optional(access),
  retry: z.optional(z.strictObject({ maxRetries: z.optional(count), intervalMs: z.optional(count) })),
  conditions: z.optional(
    z.array(
      z.strictObject({
        namespaceSelector: z.optional(selector),
        namespaces: z.optional(z.array(z.string())),
        namespaceRegexes: z.optional(z.array(z.string())),
      }),
    ),
  ),
});

const templateItems = z.strictObject({
  name: filled,
  items: z.array(z.strictObject({ key: filled, templateAs: z.optional(z.literal("KeysAndValues")) })),
});

export const templateSource = z.strictObject({
  target: z.optional(z.enum(["Labels", "Annotations"])),
  configMap: z.optional(templateItems),
  secret: z.optional(templateItems),
  literal: z.optional(z.string()),
  valuesDecodingStrategy: strategies.decodingStrategy,
});

export const template = z.strictObject({
  type: z.optional(z.string()),
  labels: words,
  annotations: words,
  data: z.optional(words),
  templateFrom: z.optional(z.array(templateSource)),
  finalizers: z.optional(z.array(filled)),
  mergePolicy: z.optional(z.literal("Merge")),
});

/** Of each entry of dataFrom: what is done to what it reads, and where it reads it. */
const options = { rewrite: z.optional(z.array(rewrite)), store: z.optional(store) };

export const registration = z.strictObject({
  cluster: filled,
  namespace: filled,
  name: filled,
  store,
  refreshPolicy: z.enum(["Periodic", "CreatedOnce", "OnChange"]),
  refreshIntervalMs: count,
  syncWindows: z.optional(
    z.strictObject({
      kind: z.enum(["allow", "deny"]),
      windows: z.array(z.strictObject({ schedule: z.string(), durationMs: count })).check(z.minLength(1)),
    }),
  ),
  labels: words,
  annotations: words,
  target: z.strictObject({
    name: filled,
    creationPolicy: z.enum(["Owner", "Orphan", "Merge", "None", "CreateOrMerge"]),
    deletionPolicy: z.enum(["Retain", "Delete", "Merge"]),
    immutable: z.optional(z.literal(true)),
    template: z.optional(template),
  }),
  data: z.array(z.strictObject({ secretKey: filled, remoteRef, store: z.optional(store) })),
  dataFrom: z.array(z.union([z.strictObject({ extract: remoteRef, ...options }), z.strictObject({ find, ...options })])),
});

/** Those of ClusterExternalSecrets are yet to be looked at. */
export const configWithoutNamespaces = z.strictObject({
  clusters: z.array(cluster),
  registrations: z.array(registration),
  clusterExternalSecrets: z.optional(z.array(z.unknown())),
});
