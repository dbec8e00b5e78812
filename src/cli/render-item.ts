/** What a sync would do with one ExternalSecret in a world that is known in full: the sync's own steps, without a cluster. */
import { readMembers } from "../app/find-members.ts";
import type { Observed } from "../app/observe-reference.ts";
import { type FailedManifest, type ResolvedManifest } from "../core/config/resolve-manifests.ts";
import { type ErrorCode, isRelayError, RelayError } from "../core/errors.ts";
import {
  type ClusterSpec,
  type Reference,
  type ReferenceKey,
  type Registration,
  type RegistrationSpec,
  referenceKey,
  registrationId,
  type Target,
  targetKey,
} from "../core/model.ts";
import type { SecretManifest, SecretProvider, SourceAnswer } from "../core/ports.ts";
import { SecretValue } from "../core/secret-value.ts";
// Any manifest may hold a property.
import "../core/source/property.ts";
import { requireAdmitted } from "../core/stores/stores.ts";
import { renderContent, type TemplateTexts } from "../core/sync/content.ts";
import { type Decision, decide, isExclusive, type Seen } from "../core/sync/decide.ts";
import { guardTarget } from "../core/sync/guard.ts";
import { referencesOf } from "../core/sync/references.ts";
import { renderTarget, type SecretObject, secretObject } from "../core/sync/render.ts";
import { templateObjectKey, templateObjectsOf } from "../core/sync/template-objects.ts";
import type { Environment } from "../core/template/function-table.ts";

/** One element of `render -o json`. */
export interface RenderItem {
  readonly namespace: string;
  readonly name: string;
  /** With an error it is `keep`: nothing would be written. */
  readonly action: "apply" | "delete" | "keep" | "wait";
  /** The Secret as it would be afterwards; null unless it would be applied. */
  readonly target: SecretObject | null;
  readonly error?: { readonly code: ErrorCode | "InvalidManifest"; readonly message: string };
}

/** An item and why it is as it is, for the comments of the YAML output. */
export interface Rendered {
  readonly item: RenderItem;
  readonly reason: string;
}

/** Where a render looks: the store, what the cluster's Secrets hold (`namespace/name` to key to text), and its namespaces' labels. */
export interface RenderWorld {
  readonly source: Pick<SecretProvider, "read" | "list">;
  readonly secrets: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** The cluster's ConfigMaps, as `secrets`. */
  readonly configMaps: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** What templates see of time and chance. */
  readonly environment: Environment;
}

/** Renders one manifest; what is wrong with it is in the item, never thrown. */
export async function renderItem(manifest: ResolvedManifest | FailedManifest, world: RenderWorld): Promise<Rendered> {
  if (manifest.kind === "failed") {
    const { namespace, name, diagnostics } = manifest;
    const message = diagnostics.map(({ file, line, column, ...said }) => `${file}:${line}:${column}: ${withHint(said)}`).join("; ");
    return failedItem({ namespace, name }, "InvalidManifest", message);
  }
  const { spec } = manifest;
  try {
    return await renderSpec(spec, world);
  } catch (error) {
    if (!isRelayError(error)) throw error;
    return failedItem(spec, error.code, withoutCluster(error));
  }
}

async function renderSpec(spec: RegistrationSpec, world: RenderWorld): Promise<Rendered> {
  requireAdmitted(spec, world.namespaces.get(spec.namespace) ?? {});
  const answers = new Map<ReferenceKey, SourceAnswer>();
  const observe = async (reference: Reference): Promise<Observed> => {
    const answer = await world.source.read(reference);
    return { reference: referenceKey(reference), versionId: answer.versionId, answer, asOf: 0 };
  };
  for (const reference of referencesOf(spec)) answers.set(referenceKey(reference), (await observe(reference)).answer);
  const { values: found } = await readMembers({ ...world.source, observe }, spec, { applied: {}, told: [], isListed: true });
  const { data, isSourceGone, ...content } = await renderContent(spec, answers, {
    found,
    environment: world.environment,
    texts: textsOf(spec, world),
  });
  const manifest = renderTarget(content.spec, data);
  const existing = world.secrets.get(`${spec.namespace}/${spec.target.name}`);
  const versions = Object.fromEntries([...answers].map(([key, { versionId }]) => [key, versionId]));
  const seen = seenTarget(spec, existing !== undefined);
  const decision = decide({ registration: newRegistration(spec), seen, versions, manifest, isSourceGone });
  if (decision.action === "refuse") throw new RelayError(decision.code, targetKey(targetOf(spec)), { detail: decision.reason });
  const { namespace, name } = spec;
  const action = actionOf(decision);
  if (action !== "apply") return { item: { namespace, name, action, target: null }, reason: decision.reason };
  const written = asWritten(spec, manifest, existing);
  guardTarget(written, ANYWHERE);
  return { item: { namespace, name, action, target: secretObject(written) }, reason: decision.reason };
}

/** What templateFrom names. @throws TemplateSourceMissing */
function textsOf(spec: RegistrationSpec, world: RenderWorld): TemplateTexts {
  return new Map(
    templateObjectsOf(spec).map((object) => {
      const { kind, namespace, name, keys } = object;
      const held = (kind === "Secret" ? world.secrets : world.configMaps).get(`${namespace}/${name}`);
      const missing = (detail: string): RelayError => new RelayError("TemplateSourceMissing", `${kind} ${namespace}/${name}`, { detail });
      if (held === undefined) throw missing("it does not exist");
      const texts = keys.map((key) => {
        const text = held.get(key);
        if (text === undefined) throw missing(`it has no key ${key}`);
        return [key, new SecretValue(text)] as const;
      });
      return [templateObjectKey(object), new Map(texts)];
    }),
  );
}

/** A cluster that allows every namespace: manifests alone name none. */
const ANYWHERE: ClusterSpec = {
  name: "",
  labels: {},
  kubeconfigSecretName: "",
  allowedNamespaces: ["*"],
  concurrency: 1,
  requestsPerSecond: 1,
  drift: "probe",
};

function newRegistration(spec: RegistrationSpec): Registration {
  const status = { state: "Pending", since: 0, failures: 0 } as const;
  return { id: registrationId(spec), generation: 1, spec, phase: "live", registeredAt: 0, rev: 1, applied: {}, status };
}

/**
 * A target that others must have made (Merge) is there only where the file names it. Any other is taken for one that an
 * earlier sync wrote, so that a source that is gone shows what becomes of it.
 */
function seenTarget(spec: RegistrationSpec, isThere: boolean): Seen {
  if (spec.target.creationPolicy === "Merge" && !isThere) return { kind: "looked", view: "missing" };
  return { kind: "remembered", known: { uid: "", resourceVersion: "" } };
}

function targetOf({ cluster, namespace, target }: RegistrationSpec): Target {
  return { cluster, namespace, name: target.name };
}

function actionOf(decision: Exclude<Decision, { action: "refuse" }>): RenderItem["action"] {
  switch (decision.action) {
    case "apply":
    case "take over":
      return "apply";
    case "delete":
    case "keep":
    case "wait":
      return decision.action;
  }
}

/** The Secret as the API server would hold it: keys of others stay under Merge and CreateOrMerge, and Opaque is Kubernetes' default. */
function asWritten(spec: RegistrationSpec, manifest: SecretManifest, existing: ReadonlyMap<string, string> | undefined): SecretManifest {
  const kept = isExclusive(spec.target.creationPolicy)
    ? []
    : [...(existing ?? [])].map(([key, value]) => [key, new SecretValue(value)] as const);
  return { ...manifest, type: manifest.type ?? "Opaque", data: new Map([...kept, ...manifest.data]) };
}

function failedItem(
  of: { readonly namespace: string; readonly name: string },
  code: ErrorCode | "InvalidManifest",
  message: string,
): Rendered {
  return { item: { namespace: of.namespace, name: of.name, action: "keep", target: null, error: { code, message } }, reason: code };
}

/** Ids begin with the cluster, which is unnamed here. */
function withoutCluster(error: RelayError): string {
  return error.subject.startsWith("/") ? error.message.replace(error.subject, error.subject.slice(1)) : error.message;
}

function withHint({ message, hint }: { readonly message: string; readonly hint?: string | undefined }): string {
  return hint === undefined ? message : `${message} (${hint})`;
}
