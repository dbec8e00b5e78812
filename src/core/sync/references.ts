/** Which remote secrets a registration reads, and which of them a moved staging label concerns. */
import { type Reference, type ReferenceKey, type RegistrationSpec, type RemoteRef, referenceKey, type StoreSpec } from "../model.ts";

const CURRENT = "stage/AWSCURRENT";
const PREVIOUS = "stage/AWSPREVIOUS";

/** Tags have no versions: what the manifest says of one does not count (ESO). */
const TAGS = "tags";

function versionOf({ version, metadataPolicy }: RemoteRef): string {
  if (metadataPolicy === "Fetch") return TAGS;
  if (version === undefined || version === "") return CURRENT;
  return version.startsWith("uuid/") ? `id/${version.slice("uuid/".length)}` : `stage/${version}`;
}

/** Account and region that an ARN names, each empty where it leaves it out; undefined for anything else. */
function ownerOfArn(key: string): readonly [account: string, region: string] | undefined {
  const [, region, account] = /^arn:[^:]*:[^:]*:([^:]*):([^:]*):./s.exec(key) ?? [];
  return account === undefined || region === undefined ? undefined : [account, region];
}

/** Resolves a remoteRef against its store. A key that is an ARN names its own account and region, which may differ from the store's. */
export function resolveReference(store: StoreSpec, remoteRef: RemoteRef): Reference {
  const [account, region] = ownerOfArn(remoteRef.key) ?? [];
  return {
    provider: store.provider,
    account: account || store.account,
    region: region || store.region,
    key: remoteRef.key,
    version: versionOf(remoteRef),
  };
}

/** A registration's references, `dataFrom` first and then `data`, each once at its first place. What a `find` finds is not among them. */
export function referencesOf(spec: RegistrationSpec): readonly Reference[] {
  const references = new Map<ReferenceKey, Reference>();
  const extracts = spec.dataFrom.flatMap(({ extract, store }) => (extract === undefined ? [] : [{ remoteRef: extract, store }]));
  for (const { remoteRef, store } of [...extracts, ...spec.data]) {
    const reference = resolveReference(store ?? spec.store, remoteRef);
    const key = referenceKey(reference);
    if (!references.has(key)) references.set(key, reference);
  }
  return [...references.values()];
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
