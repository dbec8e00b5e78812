/** Finds the store of each entry of an ExternalSecret among those that the same cluster takes, and asks whether the namespace may use it. */
import type { StoreManifest } from "../cluster-external-secret.ts";
import { admissionByName } from "../stores/conditions.ts";
import { DEFAULT_NAMESPACE } from "./namespace.ts";
import { didYouMean } from "./nearest.ts";
import type { FieldPath, Finding } from "./parse.ts";
import type { ExternalSecretManifest, StoreRefManifest } from "./schema.ts";
import { toCondition } from "./store.ts";

/** What a store without its own says. */
export interface StoreDefaults {
  readonly account: string;
  readonly defaultRegion: string;
}

/** An ExternalSecret, as far as resolving needs it: written by a person, or made by a ClusterExternalSecret. */
export interface ExternalSecretOf {
  readonly kind: "ExternalSecret";
  readonly manifest: {
    readonly metadata: Pick<ExternalSecretManifest["metadata"], "name" | "namespace" | "labels" | "annotations">;
    readonly spec: ExternalSecretManifest["spec"];
  };
}

/** Where an ExternalSecret or a SecretStore lives. */
export function namespaceOf(document: ExternalSecretOf | StoreManifest): string {
  return document.kind === "ClusterSecretStore" ? "" : (document.manifest.metadata.namespace ?? DEFAULT_NAMESPACE);
}

/** The stores of an ExternalSecret: the one that it names, and by place those that entries name by sourceRef. */
export interface EntryStores {
  readonly main: StoreManifest;
  readonly data: readonly (StoreManifest | undefined)[];
  readonly dataFrom: readonly (StoreManifest | undefined)[];
}

/** A store that can't be used, and which one was asked for. */
export interface StoreFinding extends Finding {
  readonly wanted?: { readonly kind: StoreManifest["kind"]; readonly name: string } | undefined;
}

interface Asked {
  readonly ref: StoreRefManifest | null | undefined;
  readonly path: FieldPath;
}

/** A store, and where it is written if anywhere. */
type PlacedStore = StoreManifest & { readonly source?: { readonly file: string } };

/**
 * All stores that a manifest reads, or the first that is missing or does not admit the namespace.
 * @param conditions whether a refusal by name counts here; the sync asks again in any case
 */
export function findStores(
  document: ExternalSecretOf,
  stores: readonly PlacedStore[],
  conditions: "asked here" | "left to the sync" = "asked here",
): EntryStores | StoreFinding {
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
  const found = new Map<Asked, StoreManifest>();
  const usesOwn = entries.some(({ ref }) => !ref);
  for (const one of asked) {
    const store = findStore(document, stores, one);
    if (!("manifest" in store)) return store;
    const isAsked = conditions === "asked here" && (one !== own || usesOwn);
    const refusal = isAsked ? refusalOf(document, store, one.path) : undefined;
    if (refusal !== undefined) return refusal;
    found.set(one, store);
  }
  const [first] = found.values();
  const main = found.get(own) ?? first;
  if (main === undefined) return { path: own.path, message: "spec.secretStoreRef is required", at: "key" };
  return { main, data: data.map((one) => found.get(one)), dataFrom: dataFrom.map((one) => found.get(one)) };
}

function findStore(document: ExternalSecretOf, stores: readonly PlacedStore[], { ref, path }: Asked): PlacedStore | StoreFinding {
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
function refusalOf(document: ExternalSecretOf, store: PlacedStore, path: FieldPath): StoreFinding | undefined {
  if (store.kind === "SecretStore") return undefined;
  const conditions = (store.manifest.spec.conditions ?? []).map(toCondition);
  const namespace = namespaceOf(document);
  if (admissionByName(conditions, namespace) !== "refused") return undefined;
  const { name } = store.manifest.metadata;
  const message = `namespace ${namespace} may not use ${store.kind} ${name}: none of its conditions admits it`;
  const hint = store.source === undefined ? undefined : `see spec.conditions in ${store.source.file}`;
  return { path: [...path, "name"], message, hint };
}
