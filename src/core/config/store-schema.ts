/** The shapes of ESO's stores: everything that the AWS providers know, and the names of what is not built. */
import * as z from "zod/mini";
import { compileGoRegexp } from "../text/go-regexp.ts";
import {
  awsRegion,
  choice,
  closed,
  clusterMetadata,
  duration,
  esoVersion,
  externalId,
  filled,
  labelSelector,
  managed,
  namespacedMetadata,
  notYetAll,
  objectName,
  roleArn,
  withoutEffect,
} from "./fields.ts";

/** ESO's other providers: real names, none of them built. */
const OTHER_PROVIDERS = [
  "akeyless",
  "alibaba",
  "azurekv",
  "barbican",
  "beyondtrust",
  "bitwardensecretsmanager",
  "chef",
  "cloudrusm",
  "conjur",
  "delinea",
  "device42",
  "doppler",
  "dvls",
  "fake",
  "fortanix",
  "gcpsm",
  "github",
  "gitlab",
  "ibm",
  "infisical",
  "keepersecurity",
  "kubernetes",
  "ngrok",
  "onboardbase",
  "onepassword",
  "onepasswordSDK",
  "oracle",
  "passbolt",
  "passworddepot",
  "previder",
  "pulumi",
  "scaleway",
  "secretserver",
  "senhasegura",
  "vault",
  "volcengine",
  "webhook",
  "yandexcertificatemanager",
  "yandexlockbox",
];

const count = z.int().check(z.gte(0, "this must be at least 0"));

/** Limits of STS, so that a wrong one is seen here and not at each read. */
const tagKey = z
  .string()
  .check(z.minLength(1, "a session tag needs a key"), z.maxLength(128, "a session tag's key has at most 128 characters"));
const tagValue = z.string().check(z.maxLength(256, "a session tag's value has at most 256 characters"));
const secretKeyRef = closed({ name: objectName, namespace: z.nullish(objectName), key: filled });

const auth = closed({
  secretRef: z.nullish(
    closed({ accessKeyIDSecretRef: secretKeyRef, secretAccessKeySecretRef: secretKeyRef, sessionTokenSecretRef: z.nullish(secretKeyRef) }),
  ),
  jwt: z.nullish(
    closed({
      serviceAccountRef: closed({ name: objectName, namespace: z.nullish(objectName), audiences: z.nullish(z.array(filled)) }),
    }),
  ),
});

const aws = closed({
  service: choice(["SecretsManager", "ParameterStore"], ["CertificateManager"]),
  region: z.nullish(awsRegion),
  auth: z.nullish(auth),
  role: z.nullish(roleArn),
  additionalRoles: z.nullish(z.array(roleArn.check(z.minLength(1, "this must not be empty")))),
  externalID: z.nullish(externalId),
  sessionTags: z.nullish(z.array(closed({ key: tagKey, value: tagValue }))),
  transitiveTagKeys: z.nullish(z.array(tagKey)),
  sessionTagsPolicy: z.nullish(choice(["None", "Simple", "Custom"])),
  customSessionTags: z.nullish(z.record(tagKey, tagValue)),
  prefix: z.nullish(z.string()),
  secretsManager: withoutEffect(
    "it says how PushSecret deletes",
    z.nullish(closed({ forceDeleteWithoutRecovery: z.nullish(z.boolean()), recoveryWindowInDays: z.nullish(z.int()) })),
  ),
});

const regexp = z.string().check(
  z.refine((pattern) => compileGoRegexp(pattern).kind === "compiled", {
    error: "this is no regular expression; the syntax is that of Go (RE2)",
  }),
);

const condition = closed({
  namespaceSelector: z.nullish(labelSelector),
  namespaces: z.nullish(z.array(objectName)),
  namespaceRegexes: z.nullish(z.array(regexp)),
});

/** The spec of both kinds of stores. */
export const storeSpec = closed({
  provider: closed({ aws, ...notYetAll(OTHER_PROVIDERS) }),
  conditions: z.nullish(z.array(condition)),
  controller: z.nullish(z.string()),
  refreshInterval: withoutEffect("the relay checks no store by a timer", z.nullish(z.int())),
  retrySettings: z.nullish(closed({ maxRetries: z.nullish(count), retryInterval: z.nullish(duration) })),
});

/** SecretStore of external-secrets.io. */
export const secretStoreSchema = closed({
  apiVersion: esoVersion,
  kind: z.literal("SecretStore"),
  metadata: namespacedMetadata,
  status: managed,
  spec: storeSpec,
});

/** ClusterSecretStore of external-secrets.io. */
export const clusterSecretStoreSchema = closed({
  apiVersion: esoVersion,
  kind: z.literal("ClusterSecretStore"),
  metadata: clusterMetadata,
  status: managed,
  spec: storeSpec,
});

export type SecretStoreManifest = z.infer<typeof secretStoreSchema>;
export type ClusterSecretStoreManifest = z.infer<typeof clusterSecretStoreSchema>;
export type AwsManifest = z.infer<typeof aws>;
export type ConditionManifest = z.infer<typeof condition>;
