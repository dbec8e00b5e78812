/** A Registry in memory for tests of use cases: passes the same contract suite as the table. */
import { credentialsItemKeys, credentialsPartition, referenceItemKeys, referencePartition } from "../../../src/adapters/aws/keys.ts";
import { entombed, findInterests, leftBehind, ownsTarget, recorded, registered, targetOf } from "../../../src/adapters/aws/transitions.ts";
// Registrations in memory come from specs that hold properties and expressions already.
import "../../../src/core/source/property.ts";
import "../../../src/core/text/go-regexp.ts";
import type {
  ClusterSpec,
  Head,
  Interest,
  Propagation,
  PropagationId,
  Reference,
  ReferenceKey,
  Registration,
  RegistrationId,
  TargetKey,
} from "../../../src/core/model.ts";
import { ANY_VERSION, isMeant, parseReferenceKey, referenceKey, registrationId } from "../../../src/core/model.ts";
import type { Breaker, ClusterRecord, CredentialsNotice, FindInterest, LoadedRegistration, Registry } from "../../../src/core/ports.ts";
import { memoryClusterExternalSecrets } from "./memory-cluster-external-secrets.ts";
import { memoryRuns, type RunItems } from "./memory-runs.ts";
import { memoryTurns } from "./memory-turns.ts";
import { memoryWakes } from "./memory-wakes.ts";

const CLOSED: Breaker = { failures: 0, openUntil: 0 };

interface StoredPropagation {
  readonly propagation: Propagation;
  readonly isCounted: boolean;
}

function propagationText(id: PropagationId): string {
  return `${id.at} ${id.versionId} ${id.reference}`;
}

/** The items by kind. None is ever changed in place, so that a copy of the maps is a copy of all. */
export interface RegistryItems {
  readonly registrations: ReadonlyMap<RegistrationId, Registration>;
  readonly references: ReadonlyMap<RegistrationId, readonly Reference[]>;
  readonly rules: ReadonlyMap<RegistrationId, readonly FindInterest[]>;
  readonly owners: ReadonlyMap<TargetKey, RegistrationId>;
  readonly heads: ReadonlyMap<ReferenceKey, Head>;
  readonly propagations: ReadonlyMap<string, StoredPropagation>;
  readonly clusters: ReadonlyMap<string, ClusterSpec>;
  readonly runs: RunItems;
}

/** Makes an empty registry; each call is atomic. */
export function createMemoryRegistry(): Registry {
  return registryOf().registry;
}

/** A registry that begins with the items of another, and `items` to begin the next one with. Breakers, notices of credentials, retired clusters and ClusterExternalSecrets are not among them. */
export function registryOf(from?: RegistryItems): { readonly registry: Registry; readonly items: () => RegistryItems } {
  const registrations = new Map(from?.registrations);
  const references = new Map(from?.references);
  const rules = new Map(from?.rules);
  const owners = new Map(from?.owners);
  const heads = new Map(from?.heads);
  const propagations = new Map(from?.propagations);
  const clusters = new Map(from?.clusters);
  const retired = new Set<string>();
  const breakers = new Map<string, Breaker>();
  const notices = new Map<string, CredentialsNotice>();
  const runs = memoryRuns(from?.runs);

  const clusterRecord = (spec: ClusterSpec): ClusterRecord => ({
    spec,
    breaker: breakers.get(spec.name) ?? CLOSED,
    ...(notices.has(spec.name) ? { credentials: notices.get(spec.name) } : {}),
    ...(retired.has(spec.name) ? { isRetired: true } : {}),
  });
  const isCurrent = (loaded: Registration): boolean => {
    const now = registrations.get(loaded.id);
    return now?.rev === loaded.rev && now.generation === loaded.generation;
  };
  const store = (next: Registration): Registration => {
    // Every write makes a new registration and none changes one, so that what was handed out stays what it was.
    registrations.set(next.id, next);
    return next;
  };
  const release = (of: Registration): void => {
    const target = targetOf(of.spec);
    if (owners.get(target) === of.id) owners.delete(target);
  };
  /** @returns false where it is closed */
  const open = (id: PropagationId, openedAt: number, expected: number | undefined): boolean => {
    const key = propagationText(id);
    const found = propagations.get(key);
    if (found === undefined) {
      const { reference, versionId, at } = id;
      const facts = { openedAt, expected: expected ?? 0, done: 0, superseded: 0, phase: "open", announced: false } as const;
      propagations.set(key, { propagation: { reference, versionId, at, ...facts }, isCounted: expected !== undefined });
    } else if (!found.isCounted && expected !== undefined) {
      propagations.set(key, { propagation: { ...found.propagation, expected }, isCounted: true });
    }
    return found?.propagation.phase !== "closed";
  };

  const registry: Registry = {
    async load(wanted, names) {
      const found = new Map<RegistrationId, LoadedRegistration>();
      for (const { registration: id } of wanted) {
        const registration = registrations.get(id);
        if (registration === undefined) continue;
        const owner = ownsTarget(registration.spec) ? owners.get(targetOf(registration.spec)) : undefined;
        found.set(id, owner === undefined ? { registration } : { registration, owner });
      }
      const specs = names.map((name) => clusters.get(name)).filter((spec) => spec !== undefined);
      return { registrations: found, clusters: new Map(specs.map((spec) => [spec.name, clusterRecord(spec)])) };
    },
    interests: (wanted) =>
      onePage(() => {
        const anyIn = new Set<string>();
        for (const one of wanted) if (one.version === ANY_VERSION) anyIn.add(referencePartition(one));
        const page: Interest[] = [];
        for (const [id, theirs] of references) {
          const registration = registrations.get(id);
          if (registration === undefined) continue;
          const { spec } = registration;
          const matches = new Map<string, Reference>();
          const found = rules.has(id) ? Object.keys(registration.applied).map(parseReferenceKey) : [];
          for (const reference of found.length === 0 ? theirs : [...theirs, ...found]) {
            const isOfAny = anyIn.size > 0 && referenceItemKeys(reference, id).some(({ pk }) => anyIn.has(pk));
            const asked = isOfAny ? ANY_VERSION : `${reference.identity} ${reference.version}`;
            if ((isOfAny || wanted.some((one) => isMeant(one, reference))) && !matches.has(asked)) matches.set(asked, reference);
          }
          for (const match of matches.values()) {
            page.push({ registration: id, cluster: spec.cluster, target: targetOf(spec), reference: referenceKey(match) });
          }
        }
        return page;
      }),
    findRules: ({ provider, account, region }) =>
      onePage(() =>
        [...rules.values()].flat().filter(({ rule }) => rule.provider === provider && rule.account === account && rule.region === region),
      ),
    ofCluster: (cluster) =>
      onePage(() => {
        const page = [...registrations.values()].filter(({ spec }) => spec.cluster === cluster);
        return page.toSorted((a, b) => (a.id < b.id ? -1 : 1));
      }),
    async clusters() {
      return [...clusters.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(clusterRecord);
    },
    async due(before, limit) {
      return [...registrations.values()]
        .filter(({ dueAt }) => dueAt !== undefined && dueAt < before)
        .toSorted((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0))
        .slice(0, limit)
        .map(({ id, spec }) => ({ registration: id, cluster: spec.cluster, target: targetOf(spec) }));
    },
    async record(loaded, change) {
      if (!isCurrent(loaded)) return "lost";
      // A new object, of parts that nobody changes: a copy would be the dearest thing of a whole sync.
      const next = recorded(loaded, change);
      registrations.set(next.id, next);
      return next;
    },

    async head(reference) {
      return heads.get(reference);
    },
    async advanceHead(reference, candidate, opens) {
      const head = heads.get(reference);
      if (head?.versionId === candidate.versionId) return { kind: "same", head };
      if (head !== undefined && candidate.asOf <= head.since) return { kind: "other", head };
      heads.set(reference, { ...candidate, rev: (head?.rev ?? 0) + 1 });
      if (opens !== undefined) {
        const isOpen = open({ reference, versionId: candidate.versionId, at: opens.at }, opens.openedAt, opens.expected);
        const { otherwiseAt } = opens;
        if (!isOpen && otherwiseAt !== undefined) {
          open({ reference, versionId: candidate.versionId, at: otherwiseAt }, opens.openedAt, opens.expected);
        }
      }
      return { kind: "moved" };
    },
    async refreshHead(reference, versionId, atLeast) {
      const head = heads.get(reference);
      if (head?.versionId !== versionId) return;
      const raised = { ...head, asOf: Math.max(head.asOf, atLeast.asOf), since: Math.max(head.since, atLeast.since) };
      if (raised.asOf !== head.asOf || raised.since !== head.since) heads.set(reference, { ...raised, rev: head.rev + 1 });
    },

    async openPropagation(id, facts) {
      open(id, facts.openedAt, facts.expected);
    },
    async openPropagations(reference) {
      const found: Propagation[] = [];
      for (const { propagation: one } of propagations.values()) if (one.reference === reference && one.phase === "open") found.push(one);
      return found.toSorted((a, b) => a.at - b.at);
    },
    async unfinishedPropagations(limit) {
      const all = [...propagations.values()].map(({ propagation }) => propagation);
      return all
        .filter(({ announced }) => !announced)
        .toSorted((a, b) => a.openedAt - b.openedAt)
        .slice(0, limit);
    },
    async countPropagation(id, add) {
      const key = propagationText(id);
      const found = propagations.get(key);
      if (found === undefined || found.propagation.phase === "closed") return found?.propagation;
      const { done, superseded } = found.propagation;
      const propagation = { ...found.propagation, done: done + add.done, superseded: superseded + add.superseded };
      propagations.set(key, { ...found, propagation });
      return propagation;
    },
    async closePropagation(id, { expected, done, superseded }) {
      const key = propagationText(id);
      const found = propagations.get(key);
      if (found?.propagation.phase !== "open") return false;
      propagations.set(key, { propagation: { ...found.propagation, expected, done, superseded, phase: "closed" }, isCounted: true });
      return true;
    },
    async markAnnounced(id) {
      const key = propagationText(id);
      const found = propagations.get(key);
      if (found?.propagation.phase === "closed")
        propagations.set(key, { ...found, propagation: { ...found.propagation, announced: true } });
    },

    async setBreaker(cluster, breaker) {
      if (breaker === undefined) breakers.delete(cluster);
      else breakers.set(cluster, breaker);
    },
    ...memoryWakes(),
    ...memoryTurns(),
    async claimTrial(cluster, seen, openUntil) {
      const now = breakers.get(cluster);
      if (now?.openUntil !== seen.openUntil || now.failures !== seen.failures) return false;
      breakers.set(cluster, { ...now, openUntil });
      return true;
    },

    ...runs.registry,
    async putCluster(spec) {
      clusters.set(spec.name, spec);
      retired.delete(spec.name);
    },
    async noticeCredentials(secret, notice) {
      const isOf = ({ name, kubeconfigSecretName: key }: ClusterSpec): boolean =>
        key !== undefined && credentialsItemKeys(key, name).some(({ pk }) => pk === credentialsPartition(secret));
      const named = [...clusters.values()].filter(isOf).map(({ name }) => name);
      for (const name of named) if ((notices.get(name)?.at ?? 0) <= notice.at) notices.set(name, notice);
      return named.toSorted();
    },
    async retireCluster(name) {
      if (clusters.has(name)) retired.add(name);
    },
    async removeCluster(name) {
      if (clusters.has(name) && !retired.delete(name)) return;
      clusters.delete(name);
      notices.delete(name);
      breakers.delete(name);
    },
    async putRegistration(put) {
      const id = registrationId(put.spec);
      const now = registrations.get(id);
      if (put.previous === undefined ? now !== undefined : !isCurrent(put.previous)) return "lost";
      const target = targetOf(put.spec);
      if (ownsTarget(put.spec) && (owners.get(target) ?? id) !== id) return "conflict";
      if (now !== undefined) release(now);
      if (ownsTarget(put.spec)) owners.set(target, id);
      const left = leftBehind(put);
      if (left !== undefined) store(left);
      references.set(id, put.references);
      const finds = findInterests(put.spec);
      if (finds.length > 0) rules.set(id, finds);
      else rules.delete(id);
      return store(registered(put));
    },
    async entomb(loaded, newGeneration, at) {
      if (!isCurrent(loaded)) return "lost";
      release(loaded);
      return store(entombed(loaded, newGeneration, at));
    },
    async dropTombstone(id, ofGeneration) {
      const now = registrations.get(id);
      if (now?.phase !== "tombstone" || now.generation !== ofGeneration) return false;
      registrations.delete(id);
      references.delete(id);
      rules.delete(id);
      return true;
    },
    async owner(target) {
      return owners.get(target);
    },
    ...memoryClusterExternalSecrets(),
  };
  return { registry, items: () => ({ registrations, references, rules, owners, heads, propagations, clusters, runs: runs.items() }) };
}

/** All in one page, read when it is asked for; no page where nothing was found. */
function onePage<T>(read: () => readonly T[]): AsyncIterable<readonly T[]> {
  return new OnePage(read);
}

/** A class, since V8 makes an object of a method with a computed name slowly, and a schedule of the model reads many pages. */
class OnePage<T> implements AsyncIterable<readonly T[]>, AsyncIterator<readonly T[]> {
  readonly #read: () => readonly T[];
  #isRead = false;

  constructor(read: () => readonly T[]) {
    this.#read = read;
  }

  [Symbol.asyncIterator](): AsyncIterator<readonly T[]> {
    return new OnePage(this.#read);
  }

  async next(): Promise<IteratorResult<readonly T[]>> {
    const page = this.#isRead ? [] : this.#read();
    this.#isRead = true;
    return page.length > 0 ? { done: false, value: page } : { done: true, value: undefined };
  }
}
