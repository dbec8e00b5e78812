/** Reads the resolved config from S3, and checks its shape: a wrong object must never pass for a config with fewer registrations. */
import type { S3Client } from "@aws-sdk/client-s3";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import * as z from "zod/mini";
import type { ClusterExternalSecretSpec } from "../../core/cluster-external-secret.ts";
import { externalSecretSpec } from "../../core/config/schema.ts";
import { storeSpec } from "../../core/config/store-schema.ts";
import { RelayError } from "../../core/errors.ts";
import type {
  ClusterSpec,
  EksCluster,
  FindRule,
  RegistrationSpec,
  RemoteRef,
  ResolvedConfig,
  RewriteOperation,
  StoreSpec,
  TargetSpec,
  TargetTemplate,
  TemplateSource,
} from "../../core/model.ts";
import { errorName, relayError, remoteFacts } from "../../core/remote-calls.ts";

export interface ConfigPlace {
  readonly bucket: string;
  readonly key: string;
}

const filled = z.string().check(z.minLength(1));
const count = z.int().check(z.gte(0));
const words = z.record(z.string(), z.string());

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
const eks = z.strictObject({ name: filled, region: filled, roleArn: z.optional(filled), externalId: z.optional(filled) });
const cluster = z.union([
  z.strictObject({ ...named, kubeconfigSecretName: filled, eks: z.optional(z.undefined()), ...clusterSettings }),
  z.strictObject({ ...named, eks, kubeconfigSecretName: z.optional(z.undefined()), ...clusterSettings }),
]);

const strategies = {
  conversionStrategy: z.optional(z.enum(["Default", "Unicode"])),
  decodingStrategy: z.optional(z.enum(["None", "Base64", "Base64URL", "Auto"])),
  nullBytePolicy: z.optional(z.enum(["Ignore", "Fail"])),
};

const remoteRef = z.strictObject({
  key: filled,
  property: z.optional(z.string()),
  version: z.optional(z.string()),
  metadataPolicy: z.optional(z.enum(["None", "Fetch"])),
  ...strategies,
});

const find = z.strictObject({
  path: z.optional(z.string()),
  nameRegexp: z.optional(z.string()),
  tags: z.optional(words),
  ...strategies,
});

const rewrite = z.strictObject({
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

const selector = z.strictObject({
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

const store = z.strictObject({
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

const templateSource = z.strictObject({
  target: z.optional(z.enum(["Labels", "Annotations"])),
  configMap: z.optional(templateItems),
  secret: z.optional(templateItems),
  literal: z.optional(z.string()),
  valuesDecodingStrategy: strategies.decodingStrategy,
});

const template = z.strictObject({
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

const registration = z.strictObject({
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

const clusterExternalSecret = z.strictObject({
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

const schema = z
  .strictObject({
    clusters: z.array(cluster),
    registrations: z.array(registration),
    clusterExternalSecrets: z.optional(z.array(clusterExternalSecret)),
  })
  .check(
    z.refine(({ clusters, registrations, clusterExternalSecrets = [] }) =>
      [...registrations, ...clusterExternalSecrets].every((one) => clusters.some(({ name }) => name === one.cluster)),
    ),
  );

type Missing<T, S> = Exclude<keyof T, keyof S>;

/** What the config's types have and these shapes lack: nothing, or a deployment would refuse its own config. */
export interface MissingFields {
  readonly config: Missing<ResolvedConfig, z.infer<typeof schema>>;
  readonly cluster: Missing<ClusterSpec, z.infer<typeof cluster>>;
  readonly eks: Missing<EksCluster, z.infer<typeof eks>>;
  /** Those that a ClusterExternalSecret makes are in no config. */
  readonly registration: Missing<Omit<RegistrationSpec, "clusterExternalSecret">, z.infer<typeof registration>>;
  readonly target: Missing<TargetSpec, z.infer<typeof registration>["target"]>;
  readonly template: Missing<TargetTemplate, z.infer<typeof template>>;
  readonly templateSource: Missing<TemplateSource, z.infer<typeof templateSource>>;
  readonly store: Missing<StoreSpec, z.infer<typeof store>>;
  readonly remoteRef: Missing<RemoteRef, z.infer<typeof remoteRef>>;
  readonly find: Missing<FindRule, z.infer<typeof find>>;
  readonly rewrite: Missing<RewriteOperation, z.infer<typeof rewrite>>;
  readonly clusterExternalSecret: Missing<ClusterExternalSecretSpec, z.infer<typeof clusterExternalSecret>>;
}

/**
 * Reads a config, not placed yet.
 * @throws AccessDenied, StoreUnreachable; StoreInvalidRequest where the object is missing or no config
 */
export function createConfigReader(client: Pick<S3Client, "send">): (place: ConfigPlace) => Promise<ResolvedConfig> {
  return async (place) => {
    const subject = `s3://${place.bucket}/${place.key}`;
    const config = schema.safeParse(readJson(await readText(client, place, subject)));
    if (config.success) return config.data;
    throw new RelayError("StoreInvalidRequest", subject, { detail: "the object is no config of this version" });
  };
}

async function readText(client: Pick<S3Client, "send">, { bucket, key }: ConfigPlace, subject: string): Promise<string> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return (await Body?.transformToString()) ?? "";
  } catch (error) {
    switch (errorName(error)) {
      case "AccessDenied":
        throw relayError("AccessDenied", subject, "s3", "GetObject", error);
      case "NoSuchKey":
      case "NoSuchBucket": {
        const remote = remoteFacts("s3", "GetObject", error);
        throw new RelayError("StoreInvalidRequest", subject, { detail: "there is no such object", remote });
      }
      default:
        throw relayError("StoreUnreachable", subject, "s3", "GetObject", error);
    }
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Its message quotes the text; no JSON is just no config.
    return undefined;
  }
}
