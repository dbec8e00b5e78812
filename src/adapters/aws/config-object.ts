/** Reads the resolved config from S3, and checks its shape: a wrong object must never pass for a config with fewer registrations. */
import type { S3Client } from "@aws-sdk/client-s3";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import type { infer as Infer } from "zod/mini";
import type { ClusterExternalSecretSpec } from "../../core/cluster-external-secret.ts";
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
import type * as namespaceShapes from "./cluster-external-secret-shape.ts";
import * as shapes from "./config-shapes.ts";
import { bringEngines } from "./engines.ts";

export interface ConfigPlace {
  readonly bucket: string;
  readonly key: string;
}

type LoadNamespaceShapes = () => Promise<typeof namespaceShapes>;

type Missing<T, S> = Exclude<keyof T, keyof S>;

/** What the config's types have and these shapes lack: nothing, or a deployment would refuse its own config. */
export interface MissingFields {
  readonly config: Missing<ResolvedConfig, Infer<typeof shapes.configWithoutNamespaces>>;
  readonly cluster: Missing<ClusterSpec, Infer<typeof shapes.cluster>>;
  readonly eks: Missing<EksCluster, Infer<typeof shapes.eks>>;
  /** Those that a ClusterExternalSecret makes are in no config. */
  readonly registration: Missing<Omit<RegistrationSpec, "clusterExternalSecret">, Infer<typeof shapes.registration>>;
  readonly target: Missing<TargetSpec, Infer<typeof shapes.registration>["target"]>;
  readonly template: Missing<TargetTemplate, Infer<typeof shapes.template>>;
  readonly templateSource: Missing<TemplateSource, Infer<typeof shapes.templateSource>>;
  readonly store: Missing<StoreSpec, Infer<typeof shapes.store>>;
  readonly remoteRef: Missing<RemoteRef, Infer<typeof shapes.remoteRef>>;
  readonly find: Missing<FindRule, Infer<typeof shapes.find>>;
  readonly rewrite: Missing<RewriteOperation, Infer<typeof shapes.rewrite>>;
  readonly clusterExternalSecret: Missing<ClusterExternalSecretSpec, Infer<typeof namespaceShapes.clusterExternalSecret>>;
}

/**
 * Reads a config, not placed yet; `loadNamespaceShapes` is asked only where it has a ClusterExternalSecret.
 * @throws AccessDenied, StoreUnreachable; StoreInvalidRequest where the object is missing or no config
 */
export function createConfigReader(
  client: Pick<S3Client, "send">,
  loadNamespaceShapes: LoadNamespaceShapes,
): (place: ConfigPlace) => Promise<ResolvedConfig> {
  return async (place) => {
    const subject = `s3://${place.bucket}/${place.key}`;
    const text = await readText(client, place, subject);
    const config = await shaped(readJson(text), loadNamespaceShapes);
    if (config === undefined) throw new RelayError("StoreInvalidRequest", subject, { detail: "the object is no config of this version" });
    // A write of a find rule asks which of the known secrets it may find.
    await bringEngines([text]);
    return config;
  };
}

/** @returns undefined where it is no config */
async function shaped(value: unknown, loadNamespaceShapes: LoadNamespaceShapes): Promise<ResolvedConfig | undefined> {
  const parsed = shapes.configWithoutNamespaces.safeParse(value);
  if (!parsed.success) return undefined;
  const { clusterExternalSecrets: given = [], ...rest } = parsed.data;
  const namespaces =
    given.length === 0 ? ({ success: true, data: [] } as const) : (await loadNamespaceShapes()).clusterExternalSecrets.safeParse(given);
  if (!namespaces.success) return undefined;
  const names = new Set(rest.clusters.map(({ name }) => name));
  if (![...rest.registrations, ...namespaces.data].every(({ cluster }) => names.has(cluster))) return undefined;
  return "clusterExternalSecrets" in parsed.data ? { ...rest, clusterExternalSecrets: namespaces.data } : rest;
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
