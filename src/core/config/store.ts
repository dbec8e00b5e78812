/** Turns a store's manifest into what a registration keeps of it: service, place, prefix, conditions, and whose credentials read it. */
import { createHash } from "node:crypto";
import type { StoreManifest } from "../cluster-external-secret.ts";
import type { StoreSpec } from "../model.ts";
import { type AccessBase, accountOfRole, type RoleStep, type SecretKeyRef, type SourceAccess } from "../stores/access.ts";
import type { LabelSelector, StoreCondition } from "../stores/conditions.ts";
import { resolveClusterObject } from "./cluster-object.ts";
import { canonicalJson } from "./diff.ts";
import { parseDuration } from "./duration.ts";
import type { LabelSelectorManifest } from "./fields.ts";
import { sorted } from "./sorted.ts";
import type { AwsManifest, ConditionManifest } from "./store-schema.ts";

/** Who uses a store, and what holds where it says nothing. */
export interface StoreUse {
  readonly cluster: string;
  /** Of the ExternalSecret. */
  readonly namespace: string;
  readonly account: string;
  readonly defaultRegion: string;
}

/** Stores of other controllers are none of ours: `default` is ESO's own class. */
const OUR_CONTROLLERS = ["", "default", "secret-relay"];

export function isOfAnotherController(store: StoreManifest): boolean {
  return !OUR_CONTROLLERS.includes(store.manifest.spec.controller ?? "");
}

/** The store as one ExternalSecret uses it. Equal inputs give equal values with equal key order (rule 8). */
export function toStore(store: StoreManifest, use: StoreUse): StoreSpec {
  const { provider, conditions } = store.manifest.spec;
  const { aws } = provider;
  const access = toAccess(store, aws, use);
  const role = access?.roles.at(-1);
  return {
    kind: store.kind,
    name: store.manifest.metadata.name,
    provider: aws.service,
    account: (role === undefined ? undefined : accountOfRole(role.arn)) ?? use.account,
    region: aws.region ?? use.defaultRegion,
    ...(aws.prefix ? { prefix: aws.prefix } : {}),
    ...(access === undefined ? {} : { access }),
    ...toRetry(store.manifest.spec.retrySettings),
    // ESO asks conditions of cluster stores only.
    ...(store.kind === "ClusterSecretStore" && conditions && conditions.length > 0 ? { conditions: conditions.map(toCondition) } : {}),
  };
}

function toRetry(settings: StoreManifest["manifest"]["spec"]["retrySettings"]): Pick<StoreSpec, "retry"> {
  const { maxRetries, retryInterval } = settings ?? {};
  // The schema let only durations pass.
  const intervalMs = retryInterval ? parseDuration(retryInterval) : undefined;
  const retry = {
    ...(typeof maxRetries === "number" ? { maxRetries } : {}),
    ...(intervalMs === undefined ? {} : { intervalMs }),
  };
  return Object.keys(retry).length === 0 ? {} : { retry };
}

export function toCondition({ namespaceSelector, namespaces, namespaceRegexes }: ConditionManifest): StoreCondition {
  return {
    ...(namespaceSelector ? { namespaceSelector: toSelector(namespaceSelector) } : {}),
    ...(namespaces ? { namespaces } : {}),
    ...(namespaceRegexes ? { namespaceRegexes } : {}),
  };
}

export function toSelector({ matchLabels, matchExpressions }: LabelSelectorManifest): LabelSelector {
  return {
    ...(matchLabels ? { matchLabels: sorted(matchLabels) } : {}),
    ...(matchExpressions
      ? { matchExpressions: matchExpressions.map(({ key, operator, values }) => ({ key, operator, ...(values ? { values } : {}) })) }
      : {}),
  };
}

function toAccess(store: StoreManifest, aws: AwsManifest, use: StoreUse): SourceAccess | undefined {
  const base = toBase(store, aws, use);
  const roles = toRoles(store, aws, use);
  if (base.kind === "function" && roles.length === 0) return undefined;
  const id = createHash("sha256").update(canonicalJson({ base, roles })).digest("base64url").slice(0, 16);
  return { id, base, roles };
}

/** As in ESO, access keys win over a service account. */
function toBase(store: StoreManifest, { auth }: AwsManifest, { cluster, namespace }: StoreUse): AccessBase {
  // The rules let no reference into another namespace pass.
  const placed = (ref: { readonly namespace?: string | null | undefined }) => resolveClusterObject(store, namespace, ref);
  const keyRef = (ref: { readonly name: string; readonly key: string; readonly namespace?: string | null | undefined }): SecretKeyRef => ({
    namespace: placed(ref),
    name: ref.name,
    key: ref.key,
  });
  if (auth?.secretRef) {
    const { accessKeyIDSecretRef, secretAccessKeySecretRef, sessionTokenSecretRef } = auth.secretRef;
    return {
      kind: "secret",
      cluster,
      accessKeyId: keyRef(accessKeyIDSecretRef),
      secretAccessKey: keyRef(secretAccessKeySecretRef),
      ...(sessionTokenSecretRef ? { sessionToken: keyRef(sessionTokenSecretRef) } : {}),
    };
  }
  if (auth?.jwt) {
    const { serviceAccountRef } = auth.jwt;
    const { name, audiences } = serviceAccountRef;
    return { kind: "serviceAccount", cluster, namespace: placed(serviceAccountRef), name, audiences: audiences ?? [] };
  }
  return { kind: "function" };
}

/** The last one alone gets the external id and the tags (ESO). */
function toRoles(store: StoreManifest, aws: AwsManifest, use: StoreUse): readonly RoleStep[] {
  const steps: RoleStep[] = (aws.additionalRoles ?? []).map((arn) => ({ arn }));
  if (!aws.role) return steps;
  const tags = sessionTags(store, aws, use.namespace);
  const isTagged = Object.keys(tags).length > 0;
  const transitive = aws.transitiveTagKeys ?? [];
  return [
    ...steps,
    {
      arn: aws.role,
      ...(aws.externalID ? { externalId: aws.externalID } : {}),
      ...(isTagged ? { tags } : {}),
      ...(transitive.length > 0 ? { transitiveTagKeys: transitive } : {}),
    },
  ];
}

/** The tags that policies add say whose request it is: nothing that a manifest writes replaces them. */
function sessionTags(store: StoreManifest, aws: AwsManifest, namespace: string): Readonly<Record<string, string>> {
  const written = Object.fromEntries((aws.sessionTags ?? []).map(({ key, value }) => [key, value]));
  const policy = aws.sessionTagsPolicy ?? "None";
  if (policy === "None") return sorted(written);
  const custom = policy === "Custom" ? (aws.customSessionTags ?? {}) : {};
  return sorted({
    ...written,
    ...custom,
    esoNamespace: namespace,
    esoStoreName: store.manifest.metadata.name,
    esoStoreKind: store.kind,
  });
}
