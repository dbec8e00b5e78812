/** The chain from what was gathered to the one thing to do with a target. Pure; the order of the checks is the specification. */
import type { KnownTarget, ReferenceKey, Registration } from "../model.ts";
import type { Adoption, Precondition, SecretManifest, TargetView } from "../ports.ts";
import type { Varying } from "../template/target-template.ts";
import { CREATED_BY_LABEL, createdBy, externalSecretController, holdsEsoData, isEsoManagerOf, isExternalSecret } from "./eso.ts";
import { CLUSTER_LABEL, fieldManager, isRelayManager, isStamp, stampAnnotation } from "./ownership.ts";

/** How much is known of the target: what the registry remembers of the last write, or a look made just now. */
export type Seen =
  | { readonly kind: "remembered"; readonly known: KnownTarget }
  | { readonly kind: "looked"; readonly view: TargetView | "missing" };

export interface Gathered {
  readonly registration: Registration;
  readonly seen: Seen;
  /** The version of each reference that is to be written: HEAD's, never a lagging one. */
  readonly versions: Readonly<Record<ReferenceKey, string>>;
  /** What the target shall hold, with the cluster label and this registration's stamp on it. */
  readonly manifest: SecretManifest;
  /** Whether the cluster's owner lets Secrets be taken over from ESO (Cluster.spec.adopt). @default false */
  readonly adopts?: boolean | undefined;
  /** Nothing was fetched. @default the manifest holds no data */
  readonly isSourceGone?: boolean | undefined;
  /** Labels and annotations that another rendering of the same inputs may give otherwise: of them only the names are compared. @default none */
  readonly varying?: Varying | undefined;
}

/** Why a target is left alone, as its registration's status names it. */
export type Refusal = "DeletionRefused" | "OwnedByController" | "OwnedByExternalSecret" | "OwnedByRegistration" | "TargetConflict";

export type Decision =
  | { readonly action: "keep"; readonly reason: string }
  /** Nothing to write into yet: creationPolicy Merge without a Secret. */
  | { readonly action: "wait"; readonly reason: string }
  | { readonly action: "refuse"; readonly code: Refusal; readonly reason: string }
  | { readonly action: "apply"; readonly precondition: Precondition; readonly reason: string }
  /** Apply, and take over what data keys other managers own beside: under Owner and Orphan the data is the registration's alone. */
  | { readonly action: "take over"; readonly view: TargetView; readonly adoption?: Adoption | undefined; readonly reason: string }
  | { readonly action: "delete"; readonly precondition: KnownTarget; readonly reason: string };

type Check = (gathered: Gathered) => Decision | undefined;

const CHAIN: readonly Check[] = [
  nothingIsToBeWritten, // creationPolicy None
  controlledByOther, // before anything is written or deleted
  ownedByExternalSecret, // ESO's own, where it is not to be adopted
  ownedByRegistration, // nobody merges into what another registration owns alone
  nothingIsLeft, // the source is gone: deletionPolicy decides
  nothingToMergeInto, // creationPolicy Merge needs a Secret
  appliedAlready, // the registry says so, and nobody is known to have written since
  targetMissing, // create-only: a late worker can't overwrite a fresh Secret
  adoptable, // ESO's own, and the cluster's owner says to take it over
  orphanIsLeftAlone, // ESO never repairs an Orphan's drift
  foreignKeys, // data of others in a Secret that is ours alone
  intact, // a look shows our stamp, label and keys
];

/** The first check that has an answer decides; a target that none of them stops is updated. */
export function decide(gathered: Gathered): Decision {
  for (const check of CHAIN) {
    const decision = check(gathered);
    if (decision !== undefined) return decision;
  }
  return { action: "apply", precondition: { kind: "update", ...fence(gathered.seen) }, reason: "target differs from its source" };
}

/** Whether a look shows the target just as it shall be, so that its version may be remembered as written by the registration. */
export function isIntact(gathered: Gathered): boolean {
  return adoptable(gathered) === undefined && foreignKeys(gathered) === undefined && intact(gathered) !== undefined;
}

/** Owner and Orphan: exactly one registration may hold the target, and the data is its alone. */
export function isExclusive(policy: Registration["spec"]["target"]["creationPolicy"]): boolean {
  return policy === "Owner" || policy === "Orphan";
}

function nothingIsToBeWritten({ registration }: Gathered): Decision | undefined {
  if (registration.spec.target.creationPolicy !== "None") return undefined;
  return { action: "keep", reason: "creationPolicy None writes nothing" };
}

function controlledByOther({ registration, seen }: Gathered): Decision | undefined {
  if (seen.kind !== "looked" || seen.view === "missing" || seen.view.controller === undefined) return undefined;
  const { controller } = seen.view;
  if (isExternalSecret(controller) || !isExclusive(registration.spec.target.creationPolicy)) return undefined;
  return { action: "refuse", code: "OwnedByController", reason: `is owned by ${controller}` };
}

/**
 * As ESO's ErrSecretIsOwned, whatever the creationPolicy: the ESO in the cluster would undo what is written, and take the Secret away
 * with its ExternalSecret. Data that it holds without owning the Secret (Orphan, Merge) concerns who wants the data for itself alone.
 */
function ownedByExternalSecret({ registration, seen, adopts }: Gathered): Decision | undefined {
  if (seen.kind !== "looked" || seen.view === "missing") return undefined;
  const { name, target } = registration.spec;
  const { controller } = seen.view;
  const refuse = (reason: string) => ({ action: "refuse", code: "OwnedByExternalSecret", reason }) as const;
  if (controller !== undefined && isExternalSecret(controller)) {
    if (controller !== externalSecretController(name)) return refuse(`is owned by ${controller}, another ExternalSecret than ${name}`);
    return adopts === true ? undefined : refuse(`is owned by ${controller}, and the Cluster adopts none`);
  }
  if (adopts === true || !isExclusive(target.creationPolicy) || !holdsEsoData(seen.view)) return undefined;
  return refuse("is written by External Secrets Operator, and the Cluster adopts none");
}

/** As in ESO, which makes such a registration the Secret's controller. */
function ownedByRegistration({ registration: { spec }, seen }: Gathered): Decision | undefined {
  if (seen.kind !== "looked" || seen.view === "missing" || isExclusive(spec.target.creationPolicy)) return undefined;
  const { [CREATED_BY_LABEL]: owner, [CLUSTER_LABEL]: cluster } = seen.view.labels;
  // ESO leaves its label behind where it no longer owns a Secret.
  if (owner === undefined || cluster === undefined || owner === createdBy(spec)) return undefined;
  return { action: "refuse", code: "OwnedByRegistration", reason: "is owned by another ExternalSecret with creationPolicy Owner" };
}

function nothingIsLeft({ registration, seen, manifest, isSourceGone = manifest.data.size === 0 }: Gathered): Decision | undefined {
  const { creationPolicy, deletionPolicy } = registration.spec.target;
  if (!isSourceGone || deletionPolicy === "Merge") return undefined;
  if (deletionPolicy === "Retain") return { action: "keep", reason: "secret retained due to DeletionPolicy=Retain" };
  if (creationPolicy !== "Owner") {
    const reason = `is not deleted under creationPolicy ${creationPolicy}, though its source is gone`;
    return { action: "refuse", code: "DeletionRefused", reason };
  }
  if (seen.kind === "looked") {
    if (seen.view === "missing") return { action: "keep", reason: "the Secret is gone already" };
    // Somebody else's Secret under the same name was never ours to delete (rule 6): only our own stamp proves that it is. It may
    // hold what an earlier registration wrote, so that somebody must see that it is still there (rule 2).
    const isOurs = stampAnnotation(registration.id) in seen.view.annotations;
    if (!isOurs) return { action: "refuse", code: "TargetConflict", reason: "was not written by this registration, and is not deleted" };
    if (seen.view.deleting) return { action: "keep", reason: "the Secret waits for its finalizers" };
  }
  return { action: "delete", precondition: fence(seen), reason: "the source is gone and deletionPolicy is Delete" };
}

function nothingToMergeInto({ registration, seen }: Gathered): Decision | undefined {
  if (registration.spec.target.creationPolicy !== "Merge" || seen.kind !== "looked" || seen.view !== "missing") return undefined;
  return { action: "wait", reason: "creationPolicy Merge needs an existing Secret" };
}

function appliedAlready({ registration, seen, versions }: Gathered): Decision | undefined {
  if (seen.kind !== "remembered" || !isApplied(registration, versions)) return undefined;
  return { action: "keep", reason: "these versions are applied" };
}

function targetMissing({ seen }: Gathered): Decision | undefined {
  if (seen.kind !== "looked" || seen.view !== "missing") return undefined;
  return { action: "apply", precondition: { kind: "create" }, reason: "target is missing" };
}

/** What ESO holds for the ExternalSecret of this name; under Merge and CreateOrMerge no other data than that. */
function adoptable({ registration, seen, adopts }: Gathered): Decision | undefined {
  if (adopts !== true || seen.kind !== "looked" || seen.view === "missing") return undefined;
  const { name, target } = registration.spec;
  const isOwned = seen.view.controller === externalSecretController(name);
  if (!isOwned && !holdsEsoData(seen.view, (manager) => isEsoManagerOf(manager, name))) return undefined;
  const adoption = { externalSecret: name, data: isExclusive(target.creationPolicy) ? "all" : "own" } as const;
  return { action: "take over", view: seen.view, adoption, reason: "adopted from External Secrets Operator" };
}

function orphanIsLeftAlone({ registration, seen, versions, manifest }: Gathered): Decision | undefined {
  if (registration.spec.target.creationPolicy !== "Orphan" || !isApplied(registration, versions)) return undefined;
  const mark = stampAnnotation(registration.id);
  const view = seen.kind === "looked" && seen.view !== "missing" ? seen.view : undefined;
  const stamped = view?.annotations[mark];
  // Another stamp is no drift: a worker of ours wrote another version, and died before it could record it.
  if (stamped !== undefined && stamped !== manifest.annotations[mark]) return undefined;
  if (stamped === undefined && view !== undefined && isByRelayAlone(view)) return undefined;
  return { action: "keep", reason: "drift of an Orphan is not repaired" };
}

/**
 * Under another registration's stamp, with no data that anybody else wrote: a late worker of that one made it anew, after somebody had
 * deleted it. A person's copy of such a Secret has its stamps too, but not its field managers.
 */
function isByRelayAlone({ annotations, dataKeys }: TargetView): boolean {
  const isOurs = dataKeys.every(({ manager, operation, keys }) => keys.length === 0 || (operation === "Apply" && isRelayManager(manager)));
  return isOurs && Object.keys(annotations).some(isStamp);
}

function foreignKeys({ registration, seen }: Gathered): Decision | undefined {
  if (seen.kind !== "looked" || seen.view === "missing" || !isExclusive(registration.spec.target.creationPolicy)) return undefined;
  const manager = fieldManager(registration.id);
  const foreign = seen.view.dataKeys.some((entry) => (entry.manager !== manager || entry.operation !== "Apply") && entry.keys.length > 0);
  return foreign ? { action: "take over", view: seen.view, reason: "another field manager owns data of the target" } : undefined;
}

function intact({ registration, seen, manifest, varying }: Gathered): Decision | undefined {
  if (seen.kind !== "looked" || seen.view === "missing") return undefined;
  const { view } = seen;
  const mark = stampAnnotation(registration.id);
  const isOurs = view.annotations[mark] === manifest.annotations[mark] && view.labels[CLUSTER_LABEL] === manifest.labels[CLUSTER_LABEL];
  const isWhole =
    holds(view.labels, manifest.labels, varying?.labels) &&
    holds(view.annotations, manifest.annotations, varying?.annotations) &&
    (manifest.immutable !== true || view.immutableBy.includes(fieldManager(registration.id))) &&
    ownsExactly(view, registration, manifest);
  return isOurs && isWhole ? { action: "keep", reason: "a look shows the target as it shall be" } : undefined;
}

function isApplied(registration: Registration, versions: Gathered["versions"]): boolean {
  const wanted = Object.entries(versions);
  const hasSameReferences = Object.keys(registration.applied).length === wanted.length;
  return (
    registration.appliedGeneration === registration.generation &&
    hasSameReferences &&
    wanted.every(([reference, versionId]) => registration.applied[reference]?.versionId === versionId)
  );
}

/** An edit takes a key from our manager: so lost ownership is drift, seen without reading a value. */
function ownsExactly(view: TargetView, registration: Registration, manifest: SecretManifest): boolean {
  const manager = fieldManager(registration.id);
  const owned = new Set(view.dataKeys.flatMap((entry) => (entry.manager === manager && entry.operation === "Apply" ? entry.keys : [])));
  return owned.size === manifest.data.size && [...manifest.data.keys()].every((key) => owned.has(key));
}

function holds(
  actual: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
  varying: ReadonlySet<string> | undefined,
): boolean {
  return Object.entries(wanted).every(([key, value]) => actual[key] === value || (varying?.has(key) === true && actual[key] !== undefined));
}

/** The uid and resourceVersion that the write is conditional on. Only called where the target exists. */
function fence(seen: Seen): KnownTarget {
  const from = seen.kind === "remembered" ? seen.known : seen.view;
  if (from === "missing") throw new TypeError("a missing target has no fence: targetMissing must come first");
  return { uid: from.uid, resourceVersion: from.resourceVersion };
}
