/** Which remote secrets a registration reads, and which of them a moved staging label concerns. */
import {
  ANY_LABEL,
  ANY_VERSION,
  type DataEntry,
  type DataFromEntry,
  keptReferenceKey,
  type ProviderKind,
  type Reference,
  type ReferenceKey,
  type RegistrationSpec,
  type RemoteRef,
  referenceKey,
  type StoreSpec,
} from "../model.ts";
import type { SecretChange } from "../secret-change.ts";
import { storeOf } from "../stores/stores.ts";

const CURRENT = "stage/AWSCURRENT";
const PREVIOUS = "stage/AWSPREVIOUS";

const LATEST = "latest";

/** Tags have no versions: what the manifest says of one does not count (ESO). */
const TAGS = "tags";

function versionOf(provider: ProviderKind, { version, metadataPolicy }: RemoteRef): string {
  if (metadataPolicy === "Fetch") return TAGS;
  return provider === "SecretsManager" ? secretVersion(version) : parameterVersion(version);
}

function secretVersion(version: string | undefined): string {
  if (version === undefined || version === "") return CURRENT;
  return version.startsWith("uuid/") ? `id/${version.slice("uuid/".length)}` : `stage/${version}`;
}

/** A label can't begin with a digit, so that a number is always a version's. */
function parameterVersion(version: string | undefined): string {
  if (version === undefined || version === "") return LATEST;
  return /^\d+$/.test(version) ? `id/${version}` : `label/${version}`;
}

/** Account and region that an ARN names, each empty where it leaves it out; undefined for anything else, so that no key can forge an identity. */
function ownerOfArn(key: string): readonly [account: string, region: string] | undefined {
  if (!key.startsWith("arn:")) return undefined;
  const [, region, account] = /^arn:[^:]*:[^:]*:([a-z0-9-]*):(\d*):./s.exec(key) ?? [];
  return account === undefined || region === undefined ? undefined : [account, region];
}

/** Resolves a remoteRef against its store. A key that is an ARN names its own account and region, which may differ from the store's. */
export function resolveReference(store: StoreSpec, remoteRef: RemoteRef): Reference {
  const key = `${store.prefix ?? ""}${remoteRef.key}`;
  const [account, region] = ownerOfArn(key) ?? [];
  return {
    provider: store.provider,
    account: account || store.account,
    region: region || store.region,
    key,
    version: versionOf(store.provider, remoteRef),
    ...(store.access === undefined ? {} : { identity: store.access.id, access: store.access }),
    ...(store.retry === undefined ? {} : { retry: store.retry }),
  };
}

/** A registration's references, `dataFrom` first and then `data`, each once at its first place. What a `find` finds is not among them. */
export function referencesOf(spec: RegistrationSpec): readonly Reference[] {
  return resolvedOf(spec).references;
}

type Entry = DataFromEntry | DataEntry;

/** The key of the reference that an entry of the spec's own `data` or `dataFrom` reads; undefined for a `find`. */
export function referenceKeyOf(spec: RegistrationSpec, entry: Entry): ReferenceKey | undefined {
  return resolvedOf(spec).keys.get(entry);
}

interface Resolved {
  readonly references: readonly Reference[];
  readonly keys: ReadonlyMap<Entry, ReferenceKey>;
}

function resolvedOf(spec: RegistrationSpec): Resolved {
  const known = resolved.get(spec);
  if (known !== undefined) return known;
  const made = resolveAll(spec);
  resolved.set(spec, made);
  return made;
}

/** A spec never changes, and one pass asks for its references several times. */
const resolved = new WeakMap<RegistrationSpec, Resolved>();

function resolveAll(spec: RegistrationSpec): Resolved {
  const references = new Map<ReferenceKey, Reference>();
  const keys = new Map<Entry, ReferenceKey>();
  for (const entry of [...spec.dataFrom, ...spec.data]) {
    const remoteRef = "remoteRef" in entry ? entry.remoteRef : entry.extract;
    if (remoteRef === undefined) continue;
    const reference = resolveReference(storeOf(spec, entry), remoteRef);
    const key = keptReferenceKey(reference);
    keys.set(entry, key);
    if (!references.has(key)) references.set(key, reference);
  }
  return { references: [...references.values()], keys };
}

/**
 * The references that a moved staging label concerns, the moved one first. When AWSCURRENT moves, Secrets Manager
 * moves AWSPREVIOUS along with it and announces only AWSCURRENT: so its readers are concerned too.
 */
export function concernedReferences(moved: Reference): readonly Reference[] {
  return moved.version === CURRENT ? [moved, { ...moved, version: PREVIOUS }] : [moved];
}

/** What a "Secret Label Updated" event of Secrets Manager says of the secret: `resources[0]`, `detail.name`, `detail.labelUpdated`. */
export interface LabelMove {
  readonly arn: string;
  readonly name: string;
  readonly label: string;
}

/**
 * All references that a moved label concerns, in every spelling of the secret that a manifest may use: its name, its ARN,
 * and its ARN without the six random characters. The reference by name and moved label comes first. An event without an ARN gives references of no account, which nobody reads.
 */
export function labelMoveReferences(move: LabelMove): readonly Reference[] {
  const [account, region] = ownerOfArn(move.arn) ?? ["", ""];
  const moved: Reference = { provider: "SecretsManager", account, region, key: move.name, version: `stage/${move.label}` };
  const spellings = new Set([move.name, move.arn, move.arn.replace(/-[A-Za-z0-9]{6}$/, "")]);
  return [...spellings].flatMap((key) => concernedReferences({ ...moved, key }));
}

type OtherChange = Exclude<SecretChange, { kind: "label moved" }>;

/** The first of the references that a change concerns: what changed, of the secret by its name. */
export function firstReference(change: SecretChange): Reference | undefined {
  return (change.kind === "label moved" ? labelMoveReferences(change) : changeReferences(change))[0];
}

/**
 * The references that a change concerns which names no version. A version that is pinned by its number never changes, but it goes
 * and returns with its parameter; a new value moves no label, and a moved label changes no latest version.
 */
export function changeReferences(change: OtherChange): readonly Reference[] {
  switch (change.kind) {
    case "secret changed":
      return secretReferences(change, ANY_VERSION);
    case "tags changed":
      return secretReferences(change, TAGS);
    case "parameter came or went":
      return parameterReferences(change, ANY_VERSION);
    case "parameter updated":
      return parameterReferences(change, LATEST);
    case "parameter labelled":
      return parameterReferences(change, ANY_LABEL);
    case "parameter tags changed":
      return parameterReferences(change, TAGS);
  }
}

function secretReferences({ arn, name }: OtherChange, version: string): readonly Reference[] {
  const spellings = labelMoveReferences({ arn, name, label: "" }).map((reference) => ({ ...reference, version }));
  return [...new Map(spellings.map((reference) => [referenceKey(reference), reference])).values()];
}

/** A manifest names a parameter by its name or, where another account shares it, by its ARN. */
function parameterReferences({ arn, name }: OtherChange, version: string): readonly Reference[] {
  const [account, region] = ownerOfArn(arn) ?? ["", ""];
  return [name, arn].map((key) => ({ provider: "ParameterStore", account, region, key, version }));
}
