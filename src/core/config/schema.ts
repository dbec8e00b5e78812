/** The shapes of the kinds that config may hold: our Cluster, and ESO's ExternalSecret and stores as far as they are built. */
import * as z from "zod/mini";
import {
  annotations,
  awsRegion,
  choice,
  closed,
  clusterMetadata,
  duration,
  esoVersion,
  externalId,
  filled,
  finalizerName,
  labelName,
  labelSelector,
  labels,
  labelTemplates,
  managed,
  namespacedMetadata,
  notYet,
  objectName,
  roleArn,
  textWithout,
} from "./fields.ts";

const positive = z.int().check(z.gte(1, "this must be at least 1"));

/** What the writer's guard understands; a brace would be taken literally there, and allow nothing. */
const namespaceGlob = z
  .string()
  .check(
    z.regex(
      /^[-a-z0-9*?]+$/,
      "a namespace glob is lower-case letters, digits, '-', '*' and '?'; instead of braces write one entry for each",
    ),
  );

/** As EKS takes them. */
const eksName = z
  .string()
  .check(z.regex(/^[0-9A-Za-z][\w-]{0,99}$/, "the name of an EKS cluster is at most 100 letters, digits, '-' and '_'"));

/** Kind Cluster of secret-relay.dev/v1alpha1. */
export const clusterSchema = closed({
  apiVersion: z.literal("secret-relay.dev/v1alpha1"),
  kind: z.literal("Cluster"),
  metadata: closed({ name: labelName, labels: z.nullish(labels), annotations: z.nullish(annotations) }),
  spec: closed({
    // Exactly one of the two: cluster-rules.ts.
    kubeconfigSecretRef: z.nullish(closed({ name: filled })),
    eks: z.nullish(closed({ name: eksName, region: awsRegion, roleArn: z.nullish(roleArn), externalId: z.nullish(externalId) })),
    // None at all is how a cluster is emptied on purpose; a glob that matches nothing is a mistake (resolve.ts).
    manifests: z.array(filled),
    namespaces: closed({ allow: z.array(namespaceGlob).check(z.minLength(1, "at least one namespace is needed")) }),
    limits: z.nullish(closed({ concurrency: z.nullish(positive), requestsPerSecond: z.nullish(positive) })),
    drift: z.nullish(choice(["probe", "list"])),
    adopt: z.nullish(z.boolean()),
    confine: z.nullish(choice(["label", "names"])),
  }),
});

/** ESO's API server fills in no default here: an empty text means the first. */
const strategies = {
  conversionStrategy: z.nullish(choice(["Default", "Unicode", ""])),
  decodingStrategy: z.nullish(choice(["None", "Base64", "Base64URL", "Auto", ""])),
  nullBytePolicy: z.nullish(choice(["Ignore", "Fail", ""])),
};

const remoteRef = closed({
  key: filled,
  property: z.nullish(z.string()),
  version: z.nullish(z.string()),
  metadataPolicy: z.nullish(choice(["None", "Fetch", ""])),
  ...strategies,
});

const find = closed({
  path: z.nullish(z.string()),
  name: z.nullish(closed({ regexp: z.nullish(z.string()) })),
  tags: z.nullish(z.record(z.string(), z.string())),
  ...strategies,
});

const rewrite = closed({
  regexp: z.nullish(closed({ source: z.string(), target: z.string() })),
  transform: z.nullish(closed({ template: z.string() })),
  merge: z.nullish(
    closed({
      into: z.nullish(z.string()),
      priority: z.nullish(z.array(z.string())),
      priorityPolicy: z.nullish(choice(["Strict", "IgnoreNotFound"])),
      conflictPolicy: z.nullish(choice(["Error", "Ignore"])),
      strategy: z.nullish(choice(["Extract", "JSON"])),
    }),
  ),
});

const storeRef = closed({ name: objectName, kind: z.nullish(choice(["SecretStore", "ClusterSecretStore"])) });

const sourceRef = z.nullish(closed({ storeRef: z.nullish(storeRef), generatorRef: notYet() }));

const templateItems = closed({
  name: objectName,
  items: z.array(closed({ key: filled, templateAs: z.nullish(choice(["Values", "KeysAndValues"])) })),
});

const template = closed({
  type: z.nullish(z.string()),
  // What v1 is, is said by template-rules.ts.
  engineVersion: z.nullish(textWithout("v1")),
  mergePolicy: z.nullish(choice(["Replace", "Merge"])),
  metadata: z.nullish(
    closed({ labels: z.nullish(labelTemplates), annotations: z.nullish(annotations), finalizers: z.nullish(z.array(finalizerName)) }),
  ),
  data: z.nullish(z.record(z.string(), z.string())),
  templateFrom: z.nullish(
    z.array(
      closed({
        configMap: z.nullish(templateItems),
        secret: z.nullish(templateItems),
        literal: z.nullish(z.string()),
        // In any case, as template-rules.ts checks.
        target: z.nullish(z.string()),
        valuesDecodingStrategy: strategies.decodingStrategy,
      }),
    ),
  ),
});

const target = closed({
  name: z.nullish(objectName),
  creationPolicy: z.nullish(choice(["Owner", "Orphan", "Merge", "None", "CreateOrMerge"])),
  deletionPolicy: z.nullish(choice(["Retain", "Delete", "Merge"])),
  immutable: z.nullish(z.boolean()),
  manifest: notYet(),
  template: z.nullish(template),
});

const secretKey = z
  .string()
  .check(
    z.maxLength(253, "a secretKey has at most 253 characters"),
    z.regex(/^[-._a-zA-Z0-9]+$/, "a secretKey is letters, digits, '-', '_' and '.'"),
  );

/** The spec of an ExternalSecret. */
export const externalSecretSpec = closed({
  // Needed by the entries without a sourceRef (stores.ts).
  secretStoreRef: z.nullish(storeRef),
  refreshPolicy: z.nullish(choice(["Periodic", "CreatedOnce", "OnChange"])),
  refreshInterval: z.nullish(duration),
  target: z.nullish(target),
  data: z.nullish(z.array(closed({ secretKey, remoteRef, sourceRef }))),
  dataFrom: z.nullish(
    z.array(closed({ extract: z.nullish(remoteRef), find: z.nullish(find), rewrite: z.nullish(z.array(rewrite)), sourceRef })),
  ),
  // A schedule that can't be read is a window that never begins (ESO); it is not refused.
  syncWindows: z.nullish(
    closed({
      kind: choice(["allow", "deny"]),
      windows: z.array(closed({ schedule: z.string(), duration })),
    }),
  ),
});

/** ExternalSecret of external-secrets.io. */
export const externalSecretSchema = closed({
  apiVersion: esoVersion,
  kind: z.literal("ExternalSecret"),
  metadata: namespacedMetadata,
  status: managed,
  spec: externalSecretSpec,
});

/** The spec of a ClusterExternalSecret: an ExternalSecret's, and for which namespaces. */
const clusterExternalSecretSpec = closed({
  externalSecretSpec,
  externalSecretName: z.nullish(z.union([z.literal(""), objectName])),
  externalSecretMetadata: z.nullish(closed({ labels: z.nullish(labels), annotations: z.nullish(annotations) })),
  namespaceSelector: z.nullish(labelSelector),
  namespaceSelectors: z.nullish(z.array(labelSelector)),
  namespaces: z.nullish(z.array(labelName)),
  refreshTime: z.nullish(duration),
});

/** ClusterExternalSecret of external-secrets.io. */
export const clusterExternalSecretSchema = closed({
  apiVersion: esoVersion,
  kind: z.literal("ClusterExternalSecret"),
  metadata: clusterMetadata,
  status: managed,
  spec: clusterExternalSecretSpec,
});

export type ClusterManifest = z.infer<typeof clusterSchema>;
export type ExternalSecretManifest = z.infer<typeof externalSecretSchema>;
export type ClusterExternalSecretManifest = z.infer<typeof clusterExternalSecretSchema>;
export type RemoteRefManifest = z.infer<typeof remoteRef>;
export type FindManifest = z.infer<typeof find>;
export type RewriteManifest = z.infer<typeof rewrite>;
export type StoreRefManifest = z.infer<typeof storeRef>;
