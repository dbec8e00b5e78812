/** Finds the store of each entry of an ExternalSecret among those that the same cluster takes, and asks whether the namespace may use it. */
import { admissionByName } from "../stores/conditions.ts";
import type { ExternalSecretDocument, StoreDocument } from "./kinds.ts";
import { DEFAULT_NAMESPACE } from "./namespace.ts";
import { didYouMean } from "./nearest.ts";
import type { FieldPath, Finding } from "./parse.ts";
import type { StoreRefManifest } from "./schema.ts";
import { toCondition } from "./store.ts";

/** What a store without its own says. */
export interface StoreDefaults {
  readonly account: string;
  readonly defaultRegion: string;
}

/** Where an ExternalSecret or a SecretStore lives. */
export function namespaceOf(document: ExternalSecretDocument | StoreDocument): string {
  return document.kind === "ClusterSecretStore" ? "" : (document.manifest.metadata.namespace ?? DEFAULT_NAMESPACE);
}

/** The stores of an ExternalSecret: the one that it names, and by place those that entries name by sourceRef. */
export interface EntryStores {
  readonly main: StoreDocument;
  readonly data: readonly (StoreDocument | undefined)[];
  readonly dataFrom: readonly (StoreDocument | undefined)[];
}

/** A store that can't be used, and which one was asked for. */
export interface StoreFinding extends Finding {
  readonly wanted?: { readonly kind: StoreDocument["kind"]; readonly name: string } | undefined;
}

interface Asked {
  readonly ref: StoreRefManifest | null | undefined;
  readonly path: FieldPath;
}

/** All stores that a manifest reads, or the first that is missing or does not admit the namespace. */
export function findStores(document: ExternalSecretDocument, stores: readonly StoreDocument[]): EntryStores | StoreFinding {
  const { spec } = document.manifest;
  const own: Asked = { ref: spec.secretStoreRef, path: ["spec", "secretStoreRef"] };
  const refsOf = (name: "data" | "dataFrom") =>
    (spec[name] ?? []).map(
      ({ sourceRef }, index): Asked => ({
        ref: sourceRef?.storeRef,
        path: ["spec", name, index, "sourceRef", "storeRef"],
      }),
    );
  const [data, dataFrom] = [refsOf("data"), refsOf("dataFrom")];
  const entries = [...dataFrom, ...data];
  // What no entry reads is looked for all the same: a name that is nobody's is a mistake.
  const asked = [...(own.ref ? [own] : []), ...entries.filter(({ ref }) => ref)];
  if (!own.ref && entries.some(({ ref }) => !ref)) {
    return { path: own.path, message: "spec.secretStoreRef is required", hint: "or give each entry a sourceRef.storeRef", at: "key" };
  }
  const found = new Map<Asked, StoreDocument>();
  const usesOwn = entries.some(({ ref }) => !ref);
  for (const one of asked) {
    const store = findStore(document, stores, one);
    if (!("manifest" in store)) return store;
    const refusal = one === own && !usesOwn ? undefined : refusalOf(document, store, one.path);
    if (refusal !== undefined) return refusal;
    found.set(one, store);
  }
  const [first] = found.values();
  const main = found.get(own) ?? first;
  if (main === undefined) return { path: own.path, message: "spec.secretStoreRef is required", at: "key" };
  return { main, data: data.map((one) => found.get(one)), dataFrom: dataFrom.map((one) => found.get(one)) };
}

function findStore(document: ExternalSecretDocument, stores: readonly StoreDocument[], { ref, path }: Asked): StoreDocument | StoreFinding {
  const name = ref?.name ?? "";
  const kind = ref?.kind ?? "SecretStore";
  const namespace = namespaceOf(document);
  const reachable = stores.filter((store) => store.kind === kind && (kind === "ClusterSecretStore" || namespaceOf(store) === namespace));
  const found = reachable.find((store) => store.manifest.metadata.name === name);
  if (found !== undefined) return found;
  const where = kind === "SecretStore" ? ` in namespace ${namespace}` : "";
  const other = stores.find((store) => store.kind !== kind && store.manifest.metadata.name === name);
  const hint =
    other === undefined
      ? didYouMean(
          name,
          reachable.map((store) => store.manifest.metadata.name),
        )
      : `there is a ${other.kind} of this name: set ${String(path.at(-1))}.kind to ${other.kind}`;
  return { path: [...path, "name"], message: `no ${kind} ${name}${where}`, hint, wanted: { kind, name } };
}

/** Where only the labels of the namespace can tell, the sync asks for them before it reads anything. */
function refusalOf(document: ExternalSecretDocument, store: StoreDocument, path: FieldPath): StoreFinding | undefined {
  if (store.kind === "SecretStore") return undefined;
  const conditions = (store.manifest.spec.conditions ?? []).map(toCondition);
  const namespace = namespaceOf(document);
  if (admissionByName(conditions, namespace) !== "refused") return undefined;
  const { name } = store.manifest.metadata;
  const message = `namespace ${namespace} may not use ${store.kind} ${name}: none of its conditions admits it`;
  return { path: [...path, "name"], message, hint: `see spec.conditions in ${store.source.file}` };
}
