/** A Cluster in memory that passes the contract suite: resourceVersion, uid, and field managers for data keys. */

import { RelayError } from "../../../src/core/errors.ts";
import type { KnownTarget, Target } from "../../../src/core/model.ts";
import type { Cluster } from "../../../src/core/ports.ts";
import { externalSecretController, isEsoManagerOf } from "../../../src/core/sync/eso.ts";
import { RELEASED_MANAGER } from "../../../src/core/sync/ownership.ts";
import { areSame, equal, without } from "./fields.ts";
import { copyOf, fingerprint, knownOf, type Peeked, type StoredSecret, textOf, viewOf } from "./stored-secret.ts";

/** The port with the hands of other writers, and a hook before each call for injected faults. */
export interface MemoryCluster extends Cluster {
  /** Called before each operation; what it throws or rejects with is the operation's failure. */
  before: ((operation: keyof Cluster, name: string) => Promise<void> | void) | undefined;
  /** The admission policy that is in force, as far as decoys tell. @default undefined */
  policy: string | undefined;
  /** Adds one, or gives it other labels. */
  addNamespace(namespace: string, labels?: Readonly<Record<string, string>>): void;
  /** It is being deleted, and still there. */
  terminateNamespace(namespace: string): void;
  removeNamespace(namespace: string): void;
  /** Another cluster that begins as this one is now. */
  fork(): MemoryCluster;
  writeByHand(namespace: string, name: string, manager: string, data: Readonly<Record<string, string>>): void;
  deleteByHand(namespace: string, name: string): void;
  setImmutable(namespace: string, name: string): void;
  /** A controller makes itself the owner, `Kind/name`. */
  setController(namespace: string, name: string, controller: string): void;
  /** A label of somebody else. */
  labelByHand(namespace: string, name: string, label: string, value: string): void;
  /** All of it but who owns what, the data as text; undefined where the Secret is missing. */
  peek(namespace: string, name: string): Peeked | undefined;
  /** The data as text; undefined where the Secret is missing. */
  readData(namespace: string, name: string): Readonly<Record<string, string>> | undefined;
}

/** Makes an empty cluster with the given namespaces. */
export function createMemoryCluster(namespaces: readonly string[]): MemoryCluster {
  return clusterOf({ namespaces: namespaces.map((name) => [name, {}] as const), secrets: new Map(), revision: 1, made: 0 });
}

interface Stored {
  readonly namespaces: Iterable<readonly [name: string, labels: Readonly<Record<string, string>>]>;
  readonly secrets: ReadonlyMap<string, StoredSecret>;
  readonly revision: number;
  readonly made: number;
}

function clusterOf(from: Stored): MemoryCluster {
  const existing = new Map(from.namespaces);
  const terminating = new Set<string>();
  const secrets = new Map([...from.secrets].map(([key, secret]) => [key, copyOf(secret)]));
  let { revision, made } = from;

  const at = (namespace: string, name: string): string => `${namespace}/${name}`;
  const bump = (secret: StoredSecret): void => {
    revision += 1;
    secret.resourceVersion = String(revision);
  };
  const make = (key: string): StoredSecret => {
    made += 1;
    const secret: StoredSecret = {
      uid: `uid-${made}`,
      resourceVersion: "",
      labels: {},
      annotations: {},
      data: new Map(),
      owners: new Map(),
      applied: new Map(),
      finalizers: [],
      deleting: false,
      immutable: false,
      immutableBy: new Set(),
      controller: undefined,
      peeked: undefined,
    };
    secrets.set(key, secret);
    return secret;
  };
  const drop = (key: string): void => {
    const secret = secrets.get(key);
    if (secret === undefined || secret.finalizers.length === 0) {
      secrets.delete(key);
      return;
    }
    if (!secret.deleting) bump(secret);
    secret.deleting = true;
  };
  const requireNamespace = (target: Pick<Target, "namespace" | "name">): void => {
    if (!existing.has(target.namespace)) throw new RelayError("NamespaceMissing", at(target.namespace, target.name));
  };
  const matches = (secret: StoredSecret | undefined, known: KnownTarget): secret is StoredSecret =>
    secret !== undefined && secret.uid === known.uid && secret.resourceVersion === known.resourceVersion;

  const cluster: MemoryCluster = {
    before: undefined,
    policy: undefined,

    async look(target) {
      if (cluster.before !== undefined) await cluster.before("look", target.name);
      requireNamespace(target);
      const secret = secrets.get(at(target.namespace, target.name));
      return secret === undefined ? "missing" : viewOf(secret);
    },

    async tryDecoy(namespace, policy) {
      if (cluster.before !== undefined) await cluster.before("tryDecoy", policy);
      requireNamespace({ namespace, name: "secret-relay-decoy" });
      return cluster.policy === policy ? "denied" : "admitted";
    },

    async apply(manifest, manager, precondition) {
      if (cluster.before !== undefined) await cluster.before("apply", manifest.name);
      requireNamespace(manifest);
      const key = at(manifest.namespace, manifest.name);
      const current = secrets.get(key);
      if (precondition.kind === "create" ? current !== undefined : !matches(current, precondition)) return { kind: "stale" };
      const data = new Map([...manifest.data].map(([name, value]) => [name, value.expose()]));
      let size = 0;
      for (const bytes of data.values()) size += bytes.length;
      if (size > 1024 * 1024) throw new RelayError("TargetInvalid", key);
      if (current?.immutable === true) {
        const changes = [...data].some(([name, bytes]) => !equal(current.data.get(name), bytes));
        const others = [...current.owners].flatMap(([other, keys]) => (other === `Apply ${manager}` ? [] : [...keys]));
        const drops = [...(current.owners.get(`Apply ${manager}`) ?? [])].some((name) => !data.has(name) && !others.includes(name));
        const undoes = manifest.immutable !== true && current.immutableBy.size === 1 && current.immutableBy.has(manager);
        if (changes || drops || undoes) throw new RelayError("TargetImmutable", key);
      }
      const { finalizers = [] } = manifest;
      if (current?.deleting === true && finalizers.some((name) => !current.finalizers.includes(name)))
        throw new RelayError("TargetInvalid", key);
      const secret = current ?? make(key);
      const owner = `Apply ${manager}`;
      const owned = secret.owners.get(owner) ?? new Set<string>();
      const released = [...owned].filter((name) => !data.has(name));
      let isChanged = current === undefined || released.length > 0;
      // As server-side apply by force: a key with another value is taken from its owners, with an equal one it is shared.
      for (const [name, bytes] of data) {
        if (!owned.has(name)) isChanged = true;
        if (equal(secret.data.get(name), bytes)) continue;
        for (const keys of secret.owners.values()) keys.delete(name);
        secret.data.set(name, bytes);
        isChanged = true;
      }
      secret.owners.set(owner, new Set(data.keys()));
      for (const name of released) if (![...secret.owners.values()].some((keys) => keys.has(name))) secret.data.delete(name);
      const last = secret.applied.get(manager);
      secret.applied.set(manager, { labels: Object.keys(manifest.labels), annotations: Object.keys(manifest.annotations), finalizers });
      // What another manager applies too stays until that one drops it.
      const unclaimed = (kind: "labels" | "annotations"): readonly string[] =>
        (last?.[kind] ?? []).filter((mark) => ![...secret.applied.values()].some((claims) => claims[kind].includes(mark)));
      const labels = { ...without(secret.labels, unclaimed("labels")), ...manifest.labels };
      const annotations = { ...without(secret.annotations, unclaimed("annotations")), ...manifest.annotations };
      isChanged ||= !areSame(labels, secret.labels) || !areSame(annotations, secret.annotations);
      secret.labels = labels;
      secret.annotations = annotations;
      const isClaimed = secret.immutableBy.has(manager);
      if (manifest.immutable === true) {
        isChanged ||= !isClaimed || !secret.immutable;
        secret.immutable = true;
        secret.immutableBy.add(manager);
      } else {
        isChanged ||= isClaimed;
        secret.immutableBy.delete(manager);
      }
      if (finalizers.length > 0 || secret.finalizers.length > 0) {
        const kept = secret.finalizers.filter((name) => last?.finalizers.includes(name) !== true);
        const held = [...new Set([...kept, ...finalizers])].toSorted();
        isChanged ||= held.join() !== secret.finalizers.join();
        secret.finalizers = held;
      }
      if (isChanged) bump(secret);
      if (secret.deleting && secret.finalizers.length === 0) secrets.delete(key);
      return { kind: "written", known: knownOf(secret) };
    },

    async takeOver(target, manager, seen, adoption) {
      if (cluster.before !== undefined) await cluster.before("takeOver", target.name);
      requireNamespace(target);
      const secret = secrets.get(at(target.namespace, target.name));
      if (!matches(secret, seen)) return { kind: "stale" };
      const before = fingerprint(secret);
      const ours = `Apply ${manager}`;
      const isMoved = (owner: string): boolean =>
        owner === ours || adoption?.data !== "own" || isEsoManagerOf(owner.slice(owner.indexOf(" ") + 1), adoption.externalSecret);
      const moved = [...secret.owners].filter(([owner]) => isMoved(owner));
      const keys = new Set(moved.flatMap(([, owned]) => [...owned]));
      for (const [owner] of moved) secret.owners.delete(owner);
      secret.owners.set(ours, keys);
      if (manager === RELEASED_MANAGER && secret.immutableBy.size > 0) {
        secret.immutableBy.clear();
        secret.immutableBy.add(manager);
      }
      if (adoption !== undefined && secret.controller === externalSecretController(adoption.externalSecret)) secret.controller = undefined;
      if (fingerprint(secret) !== before) bump(secret);
      return { kind: "written", known: knownOf(secret) };
    },

    async remove(target, precondition) {
      if (cluster.before !== undefined) await cluster.before("remove", target.name);
      const key = at(target.namespace, target.name);
      const secret = secrets.get(key);
      if (secret === undefined) return "gone";
      if (!matches(secret, precondition)) return "stale";
      drop(key);
      return "gone";
    },

    async *list(namespace) {
      if (cluster.before !== undefined) await cluster.before("list", namespace);
      for (const [key, secret] of [...secrets].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
        if (!key.startsWith(`${namespace}/`) || secret.labels["secret-relay.dev/cluster"] === undefined) continue;
        yield { name: key.slice(namespace.length + 1), ...viewOf(secret) };
      }
    },

    async namespaceLabels(namespace) {
      if (cluster.before !== undefined) await cluster.before("namespaceLabels", namespace);
      const labels = existing.get(namespace);
      if (labels === undefined) throw new RelayError("NamespaceMissing", namespace);
      return labels;
    },

    async namespaces() {
      if (cluster.before !== undefined) await cluster.before("namespaces", "");
      return [...existing].map(([name, labels]) => ({ name, labels, isTerminating: terminating.has(name) }));
    },

    fork: () => clusterOf({ namespaces: existing, secrets, revision, made }),

    addNamespace(namespace, labels = {}) {
      existing.set(namespace, labels);
    },

    terminateNamespace(namespace) {
      terminating.add(namespace);
    },

    removeNamespace(namespace) {
      existing.delete(namespace);
      terminating.delete(namespace);
      for (const key of secrets.keys()) if (key.startsWith(`${namespace}/`)) secrets.delete(key);
    },

    writeByHand(namespace, name, manager, data) {
      const secret = secrets.get(at(namespace, name)) ?? make(at(namespace, name));
      const owned = secret.owners.get(`Update ${manager}`) ?? new Set<string>();
      let isChanged = secret.resourceVersion === "";
      for (const [key, text] of Object.entries(data)) {
        const bytes = new TextEncoder().encode(text);
        // An Update owns only what it changes.
        if (equal(secret.data.get(key), bytes)) continue;
        for (const keys of secret.owners.values()) keys.delete(key);
        owned.add(key);
        secret.data.set(key, bytes);
        isChanged = true;
      }
      secret.owners.set(`Update ${manager}`, owned);
      if (isChanged) bump(secret);
    },

    deleteByHand(namespace, name) {
      drop(at(namespace, name));
    },

    setImmutable(namespace, name) {
      const secret = secrets.get(at(namespace, name));
      if (secret === undefined) throw new Error("no such Secret");
      secret.immutable = true;
      bump(secret);
    },

    setController(namespace, name, controller) {
      const secret = secrets.get(at(namespace, name));
      if (secret === undefined) throw new Error("no such Secret");
      secret.controller = controller;
      bump(secret);
    },

    labelByHand(namespace, name, label, value) {
      const secret = secrets.get(at(namespace, name));
      if (secret === undefined) throw new Error("no such Secret");
      if (secret.labels[label] === value) return;
      secret.labels = { ...secret.labels, [label]: value };
      bump(secret);
    },

    peek(namespace, name) {
      const secret = secrets.get(at(namespace, name));
      if (secret === undefined) return undefined;
      const { uid, resourceVersion, labels, controller, peeked } = secret;
      if (peeked?.resourceVersion === resourceVersion) return peeked;
      secret.peeked = { uid, resourceVersion, labels, controller, data: textOf(secret) };
      return secret.peeked;
    },

    readData(namespace, name) {
      const secret = secrets.get(at(namespace, name));
      return secret && textOf(secret);
    },
  };
  return cluster;
}
