/** What a world of the model begins with: a few small numbers, and what they mean as config. */
import type { CreationPolicy, DeletionPolicy, RegistrationSpec, ResolvedConfig } from "../../src/core/model.ts";
import { aCluster, aSpec } from "../support/registrations.ts";

/** One registration as the config wishes it, in short. Each secret goes to the data key of its own name. */
export interface Wish {
  readonly name: string;
  readonly target: string;
  readonly secrets: readonly string[];
  /** A number in a label of its own (two that share a Secret and differ in one label would undo each other): another one is another spec. */
  readonly tint: number;
  /** Its secrets are found by a rule of their names. */
  readonly finds?: true | undefined;
  readonly creationPolicy: CreationPolicy;
  readonly deletionPolicy: DeletionPolicy;
}

/** Small numbers, so that fast-check shrinks each towards the plainest world. */
export interface Setup {
  /** Owner, Owner, CreateOrMerge, Merge, Orphan. */
  readonly creation: number;
  /** Retain, Delete, Merge. */
  readonly deletion: number;
  /** 0: one registration of one secret. 1: one of two secrets. 2: two registrations. */
  readonly shape: number;
  /** 0: all targets hold the first version. 1: registered, and not yet synced. 2: not even registered. */
  readonly start: number;
  /** What becomes of events that nobody took until the end. 0: delivered. 1: lost. */
  readonly end: number;
  /** 1: the registrations find their secrets. @default 0 */
  readonly found?: number | undefined;
  /** Steps of the workers' clocks, from the store's own: one for each worker in turn. */
  readonly clocks: number;
}

export const NAMESPACE = "app";
export const CLUSTER = "tokyo";
/** The data key that somebody else owns. */
export const FOREIGN_KEY = "theirs";
export const FOREIGN_LABEL = "team";

const CREATION: readonly CreationPolicy[] = ["Owner", "Owner", "CreateOrMerge", "Merge", "Orphan"];
const DELETION: readonly DeletionPolicy[] = ["Retain", "Delete", "Merge"];

export function firstConfig({ creation, deletion, shape, found }: Setup): readonly Wish[] {
  const creationPolicy = CREATION[creation] ?? "Owner";
  const deletionPolicy = DELETION[deletion] ?? "Retain";
  const first: Wish = {
    name: "a",
    target: "x",
    secrets: shape === 1 ? ["s", "t"] : ["s"],
    tint: 0,
    creationPolicy,
    deletionPolicy,
    ...(found === 1 ? { finds: true } : {}),
  };
  if (shape !== 2) return [first];
  // Two that share a Secret merge different keys into it; two owners follow the same secret.
  return [first, isShared(first) ? { ...first, name: "b", secrets: ["t"] } : { ...first, name: "b", target: "y" }];
}

/** The label that a wish's target shall have beside the relay's: its value is the tint. */
export function labelOf({ name }: Pick<Wish, "name">): string {
  return `tint-${name}`;
}

/** Whether others may hold keys of the same Secret. */
export function isShared({ creationPolicy }: Pick<Wish, "creationPolicy">): boolean {
  return creationPolicy === "Merge" || creationPolicy === "CreateOrMerge";
}

export const SECRETS: readonly string[] = ["s", "t"];
export const TARGETS: readonly string[] = ["x", "y", "z"];

/** Every change that a deployment may bring to the config; `undefined` where it would change nothing. */
export function changedConfig(config: readonly Wish[], first: readonly Wish[], choice: number): readonly Wish[] | undefined {
  const [a, ...others] = config;
  const original = first[0];
  if (original === undefined) return undefined;
  if (a === undefined) return first;
  const hasOtherPolicies = Math.floor(choice / 16) % 2 === 1;
  const free = TARGETS.find((target) => !config.some((wish) => wish.target === target)) ?? a.target;
  switch (choice % 8) {
    case 0:
      return [{ ...a, tint: a.tint + 1 }, ...others];
    case 1:
      return others;
    case 2:
      return hasOtherPolicies ? [withOtherPolicy(a, choice), ...others] : others;
    case 3:
      return isShared(a) ? [{ ...a, tint: a.tint + 1 }, ...others] : [{ ...a, target: free }, ...others];
    case 4: {
      const [b] = others;
      // Two that take each other's target; or another registration that takes the target over.
      if (b !== undefined && !isShared(a)) {
        return [
          { ...a, target: b.target },
          { ...b, target: a.target },
        ];
      }
      return [{ ...a, name: a.name === "a" ? "c" : "a" }, ...others];
    }
    case 5:
      return isShared(a) ? others : [{ ...a, secrets: a.secrets[0] === "s" ? ["t"] : ["s"] }, ...others];
    case 6: {
      const renamed = { ...a, name: a.name === "a" ? "c" : "a" };
      return [hasOtherPolicies ? withOtherPolicy(renamed, choice) : renamed, ...others];
    }
    default:
      return first;
  }
}

const OTHER_CREATION = { Owner: "Orphan", Orphan: "Owner", Merge: "CreateOrMerge", CreateOrMerge: "Merge", None: "None" } as const;

function withOtherPolicy(wish: Wish, choice: number): Wish {
  if (Math.floor(choice / 32) % 2 === 0) return { ...wish, creationPolicy: OTHER_CREATION[wish.creationPolicy] };
  const next = (DELETION.indexOf(wish.deletionPolicy) + 1) % DELETION.length;
  return { ...wish, deletionPolicy: DELETION[next] ?? "Retain" };
}

const specs = new Map<string, RegistrationSpec>();

/** Made once for each wish: specs are compared and stored, never changed. */
function specOf(wish: Wish, namespace: string): RegistrationSpec {
  const key = `${namespace} ${wish.name} ${wish.target} ${wish.secrets.join()} ${wish.tint} ${wish.creationPolicy} ${wish.deletionPolicy} ${wish.finds}`;
  const known = specs.get(key);
  if (known !== undefined) return known;
  const { name, target, tint, creationPolicy } = wish;
  const spec = aSpec({ cluster: CLUSTER, namespace, name, target, creationPolicy, labels: { [labelOf(wish)]: String(tint) } });
  const made: RegistrationSpec = {
    ...spec,
    target: { ...spec.target, deletionPolicy: wish.deletionPolicy },
    data: wish.finds === true ? [] : wish.secrets.map((secret) => ({ secretKey: secret, remoteRef: { key: secret } })),
    dataFrom: wish.finds === true ? [{ find: { nameRegexp: `^[${wish.secrets.join("")}]$` } }] : [],
  };
  specs.set(key, made);
  return made;
}

export function resolved(config: readonly Wish[], namespace: string): ResolvedConfig {
  return { clusters: [aCluster(CLUSTER)], registrations: config.map((wish) => specOf(wish, namespace)) };
}
