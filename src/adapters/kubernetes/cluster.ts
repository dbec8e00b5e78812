/** The Cluster port over HTTP: conditional server-side applies whose answers hold metadata only, so that nothing is ever read. */
import { accessName, DECOY_NAME } from "../../core/cluster-access/policy-name.ts";
import type { NamespaceView } from "../../core/cluster-external-secret.ts";
import { RelayError } from "../../core/errors.ts";
import { type KnownTarget, type Target, targetKey } from "../../core/model.ts";
import type { Adoption, Cluster, Precondition, SecretManifest, TargetView } from "../../core/ports.ts";
import { externalSecretController, isEsoManagerOf } from "../../core/sync/eso.ts";
import { CLUSTER_LABEL } from "../../core/sync/ownership.ts";
import { errorOf, type HttpAnswer, type HttpCall, type HttpSend, isDeniedBy, isStale, METADATA_LIST_ONLY, METADATA_ONLY } from "./http.ts";
import { adoptEntries, dataKeysByManager, immutableByApply, type ManagedFieldsEntry, takeOverDataKeys } from "./managed-fields.ts";
import { type ObjectMetadata, type OwnerReference, readMetadata } from "./object-metadata.ts";

/** The field manager of looks; it never owns a field, since it only applies nothing, by dry-run. */
const PROBE_MANAGER = "secret-relay-probe";

const PAGE_SIZE = 500;
/** Restarts of a list whose continuation expired: more means that pages take longer than etcd's compaction. */
const MAX_LIST_RESTARTS = 3;
/** Half a million objects: a list that goes on after them does not end, and each page of it is kept. */
const MAX_PAGES = 1_000;
/** Types whose creation would make the control plane hand out credentials: a relay that writes them could escalate. */
const REFUSED_TYPES: ReadonlySet<string> = new Set(["kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token"]);

/**
 * Makes the port over one connection. `confinedTo`: the Cluster whose admission policy may stand before it (Cluster.spec.confine).
 * @default - no policy of the relay's is expected
 */
export function createCluster(send: HttpSend, confinedTo?: string): Cluster {
  async function probe(target: Target): Promise<ObjectMetadata | "missing"> {
    const call = probeCall("look", target);
    const answer = await send(call);
    if (answer.status === 201) return "missing";
    if (confinedTo === undefined || !isDeniedBy(answer, accessName(confinedTo))) return metadataOf(call, answer);
    // The policy lets nobody make a Secret without the label: with it, a missing one would be made, and another's still is denied.
    const labelled = await send(probeCall("look", target, { [CLUSTER_LABEL]: confinedTo }));
    if (labelled.status === 201) return "missing";
    // It came, or got its label, since the first call; what it shows now is not its own, since the probe applied the label.
    if (labelled.status >= 200 && labelled.status <= 299) return metadataOf(call, await send(call));
    if (!isDeniedBy(labelled, accessName(confinedTo))) throw errorOf(call, labelled);
    throw errorOf(call, labelled, "the admission policy leaves it to others: it does not carry the label of this cluster");
  }

  /** All pages of a collection. `isRestart`: the continuation expired, so that this page is the first one again. */
  async function* pagesOf(
    of: Pick<HttpCall, "operation" | "path" | "subject" | "forbidden">,
    parameters: Readonly<Record<string, string>>,
  ): AsyncIterable<{ readonly items: readonly ObjectMetadata[]; readonly isRestart: boolean }> {
    let token = "";
    let restarts = 0;
    let isRestart = false;
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const query = new URLSearchParams({ ...parameters, limit: String(PAGE_SIZE), ...(token && { continue: token }) });
      const call: HttpCall = { ...of, method: "GET", path: `${of.path}?${query.toString()}`, accept: METADATA_LIST_ONLY };
      const answer = await send(call);
      if (answer.status === 410 && restarts < MAX_LIST_RESTARTS) {
        restarts += 1;
        isRestart = true;
        token = "";
        continue;
      }
      if (answer.status !== 200) throw errorOf(call, answer);
      const page = answer.body as Partial<PartialList> | undefined;
      const items = page?.items ?? [];
      const listed = Array.isArray(items) ? items.map(readMetadata) : [undefined];
      // A proxy's 200 that holds no list is no answer of an API server: it must not pass for an empty one.
      if (page?.kind !== "PartialObjectMetadataList" || listed.includes(undefined)) {
        throw new RelayError("ClusterUnreachable", of.subject, { detail: "the answer is no list of metadata" });
      }
      yield { items: listed.filter((metadata) => metadata !== undefined), isRestart };
      isRestart = false;
      const next = page.metadata?.continue ?? "";
      token = typeof next === "string" ? next : "";
      if (token === "") return;
    }
    throw new RelayError("ClusterUnreachable", of.subject, { detail: "the list does not end" });
  }

  return {
    async look(target) {
      const metadata = await probe(target);
      return metadata === "missing" ? "missing" : viewOf(metadata);
    },

    async tryDecoy(namespace, policy) {
      const call = probeCall("tryDecoy", { cluster: "", namespace, name: DECOY_NAME });
      const answer = await send(call);
      if (isDeniedBy(answer, policy)) return "denied";
      // Whatever a success shows, it is no denial.
      if (answer.status >= 200 && answer.status <= 299) return "admitted";
      throw errorOf(call, answer);
    },

    async apply(manifest, manager, precondition, body = applyBody(manifest, precondition)) {
      const target = { cluster: "", namespace: manifest.namespace, name: manifest.name };
      if (manifest.type !== undefined && REFUSED_TYPES.has(manifest.type)) {
        throw new RelayError("TargetInvalid", subjectOf(target), { detail: "Secrets of this type are never written" });
      }
      const query = `fieldManager=${encodeURIComponent(manager)}&force=true`;
      const call = patchCall("apply", target, "apply", query, body);
      const answer = await send(call);
      if (isStale(answer)) return { kind: "stale" };
      return { kind: "written", known: knownOf(metadataOf(call, answer)) };
    },

    async takeOver(target, manager, seen, adoption) {
      // The raw managedFields are needed, since their other fields must be carried along: look again, and hold it to what was seen.
      const metadata = await probe(target);
      if (metadata === "missing" || metadata.uid !== seen.uid || metadata.resourceVersion !== seen.resourceVersion) {
        return { kind: "stale" };
      }
      const entries = (metadata.managedFields ?? []).filter((entry) => entry.manager !== PROBE_MANAGER);
      const change = adoption === undefined ? undefined : adopted(metadata, entries, manager, adoption);
      const managedFields = change?.managedFields ?? takeOverDataKeys(entries, manager);
      if (managedFields === undefined) return { kind: "written", known: knownOf(metadata) };
      const body = JSON.stringify(patchOf(target, { uid: seen.uid, resourceVersion: seen.resourceVersion, ...change, managedFields }));
      const call = patchCall("takeOver", target, "merge", `fieldManager=${encodeURIComponent(manager)}`, body);
      const answer = await send(call);
      // A merge patch does not create: 404 says that the Secret (or its namespace, which the next look tells) went in between.
      if (isStale(answer) || answer.status === 404) return { kind: "stale" };
      return { kind: "written", known: knownOf(metadataOf(call, answer)) };
    },

    async remove(target, precondition) {
      const preconditions = { uid: precondition.uid, resourceVersion: precondition.resourceVersion };
      const call: HttpCall = {
        operation: "remove",
        method: "DELETE",
        path: pathOf(target.namespace, target.name),
        accept: METADATA_ONLY,
        body: JSON.stringify({ apiVersion: "v1", kind: "DeleteOptions", preconditions }),
        subject: subjectOf(target),
      };
      const answer = await send(call);
      if (answer.status === 404) return "gone";
      if (isStale(answer)) return "stale";
      if (answer.status < 200 || answer.status > 299) throw errorOf(call, answer);
      return "gone";
    },

    async *list(namespace) {
      const pages = pagesOf({ operation: "list", path: pathOf(namespace), subject: namespace }, { labelSelector: CLUSTER_LABEL });
      // After a restart what was given already comes again, with newer metadata: a list is a hint, and each use of it looks again.
      for await (const { items } of pages) for (const metadata of items) yield { name: metadata.name, ...viewOf(metadata) };
    },

    async namespaceLabels(namespace) {
      const call: HttpCall = {
        operation: "namespaceLabels",
        method: "GET",
        path: `/api/v1/namespaces/${encodeURIComponent(namespace)}`,
        accept: METADATA_ONLY,
        subject: namespace,
        forbidden: "StoreAuthForbidden",
      };
      const answer = await send(call);
      if (answer.status === 404) throw new RelayError("NamespaceMissing", namespace);
      return metadataOf(call, answer).labels ?? {};
    },

    async namespaces() {
      let found: NamespaceView[] = [];
      const call = { operation: "namespaces", path: "/api/v1/namespaces", subject: "namespaces", forbidden: "StoreAuthForbidden" } as const;
      for await (const { items, isRestart } of pagesOf(call, {})) {
        // What a restart does not list any more is gone.
        if (isRestart) found = [];
        found.push(...items.map(namespaceOf));
      }
      return found;
    },
  };
}

function namespaceOf({ name, labels = {}, deletionTimestamp }: ObjectMetadata): NamespaceView {
  return { name, labels, isTerminating: deletionTimestamp !== undefined };
}

interface PartialList {
  readonly kind: string;
  readonly metadata?: { readonly continue?: unknown };
  /** Go writes an empty list as null. */
  readonly items?: unknown;
}

/** A dry-run apply of nothing, or of labels alone. */
function probeCall(operation: HttpCall["operation"], target: Target, labels?: Readonly<Record<string, string>>): HttpCall {
  const body = JSON.stringify(patchOf(target, labels === undefined ? {} : { labels }));
  return patchCall(operation, target, "apply", `fieldManager=${PROBE_MANAGER}&force=true&dryRun=All`, body);
}

function patchOf({ namespace, name }: Target, metadata: object): object {
  return { apiVersion: "v1", kind: "Secret", metadata: { name, namespace, ...metadata } };
}

function patchCall(operation: HttpCall["operation"], target: Target, patch: "apply" | "merge", query: string, body: string): HttpCall {
  return {
    operation,
    method: "PATCH",
    path: `${pathOf(target.namespace, target.name)}?${query}`,
    accept: METADATA_ONLY,
    // JSON is YAML, and the apply type has no other name that all supported servers know.
    contentType: patch === "apply" ? "application/apply-patch+yaml" : "application/merge-patch+json",
    body,
    isVersionEnough: operation === "apply" || operation === "takeOver",
    subject: subjectOf(target),
  };
}

/** What an apply sends. Always the same fields in the same order, of which JSON is made fastest: what is undefined is left out of it. */
export function applyBody(manifest: SecretManifest, precondition: Precondition): string {
  const { name, namespace, type, labels, annotations, finalizers } = manifest;
  // "1" is a version that no object ever has: the apply creates, or fails with 409. ("0" would count as none.)
  const { uid, resourceVersion } = precondition.kind === "create" ? { uid: undefined, resourceVersion: "1" } : precondition;
  // Made of entries: `__proto__` is a key like any other.
  const data = Object.fromEntries([...manifest.data].map(([key, value]) => [key, Buffer.from(value.expose()).toString("base64")]));
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Secret",
    type,
    immutable: manifest.immutable === true ? true : undefined,
    metadata: { name, namespace, uid, resourceVersion, labels, annotations, finalizers },
    data,
  });
}

function pathOf(namespace: string, name?: string): string {
  const collection = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets`;
  return name === undefined ? collection : `${collection}/${encodeURIComponent(name)}`;
}

function subjectOf(target: Target): string {
  return target.cluster === "" ? `${target.namespace}/${target.name}` : targetKey(target);
}

/** The metadata of a successful answer; a proxy's 200 that holds none is no answer of an API server. */
function metadataOf(call: HttpCall, answer: HttpAnswer): ObjectMetadata {
  if (answer.status < 200 || answer.status > 299) throw errorOf(call, answer);
  const metadata = readMetadata(answer.body);
  if (metadata === undefined) {
    throw new RelayError("ClusterUnreachable", call.subject, { detail: "the answer is no object's metadata" });
  }
  return metadata;
}

/** What leaves ESO in one write: the fields of its manager, and the reference that has the Secret deleted with its ExternalSecret. */
function adopted(
  { ownerReferences = [] }: ObjectMetadata,
  entries: readonly ManagedFieldsEntry[],
  manager: string,
  { externalSecret, data }: Adoption,
): { readonly managedFields: readonly ManagedFieldsEntry[]; readonly ownerReferences: readonly OwnerReference[] } {
  const taken = adoptEntries(entries, manager, (one) => isEsoManagerOf(one, externalSecret));
  return {
    managedFields: data === "own" ? taken : (takeOverDataKeys(taken, manager) ?? taken),
    ownerReferences: ownerReferences.filter((owner) => controllerOf(owner) !== externalSecretController(externalSecret)),
  };
}

/** `Kind.group/name`; the version of a kind is no part of what it is. */
function controllerOf({ apiVersion, kind, name }: OwnerReference): string {
  const [group, version] = apiVersion.split("/");
  return version === undefined ? `${kind}/${name}` : `${kind}.${group}/${name}`;
}

function knownOf(metadata: ObjectMetadata): KnownTarget {
  return { uid: metadata.uid, resourceVersion: metadata.resourceVersion };
}

function viewOf(metadata: ObjectMetadata): TargetView {
  const controller = metadata.ownerReferences?.find((owner) => owner.controller === true);
  const entries = (metadata.managedFields ?? []).filter((entry) => entry.manager !== PROBE_MANAGER);
  return {
    ...knownOf(metadata),
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    ...(controller === undefined ? {} : { controller: controllerOf(controller) }),
    immutableBy: immutableByApply(entries),
    dataKeys: dataKeysByManager(entries),
    deleting: metadata.deletionTimestamp !== undefined,
    ...(metadata.finalizers === undefined ? {} : { finalizers: metadata.finalizers }),
  };
}
