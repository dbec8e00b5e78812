/** One world of the model: store, cluster, table, queue, bus and config, with what happens to them from outside of the relay. */
import type { AwsTime } from "../../src/core/aws-time.ts";
import { type Millis, registrationId, type SyncRequest } from "../../src/core/model.ts";
import type { Cluster, PropagatedDetail, Registry } from "../../src/core/ports.ts";
import type { SecretChange } from "../../src/core/secret-change.ts";
import { DEFAULT_BOUNDS, listingBounds } from "../../src/core/sync/freshness.ts";
import { fieldManager } from "../../src/core/sync/ownership.ts";
import { type RegistryItems, registryOf } from "../support/fakes/memory-registry.ts";
import { createMemorySource, type MemorySource } from "../support/fakes/memory-source.ts";
import { createMemoryGround, type Ground } from "./ground.ts";
import { ABSENT, type ConfigEra, createJudge, type Judge, Violation } from "./judge.ts";
import { createMemoryParts, type Outside, type Parts } from "./parts.ts";
import { createScheduler, KILLED, type Scheduler, type Worker } from "./scheduler.ts";
import { CLUSTER, FOREIGN_KEY, FOREIGN_LABEL, firstConfig, isShared, NAMESPACE, SECRETS, type Setup, type Wish } from "./setup.ts";
import type { UseCases } from "./use-cases.ts";

/** The moment at which every world begins; a whole second, and some. */
const T = 1_800_000_000_300;
/** What a read may lag, less than D by how far a worker's clock may run ahead (docs/correctness.md). */
const LAG_MS = DEFAULT_BOUNDS.visibilityMs - 500;
/** The same of a listing, which lags longer. */
const LISTING_LAG_MS = listingBounds("SecretsManager", DEFAULT_BOUNDS).visibilityMs - 500;
const ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:";
/** Kept by the queue before a message is seen again whose worker never answered: six times the function's time-out. */
const VISIBILITY_MS = 360_000;

export interface Message {
  readonly requests: readonly SyncRequest[];
  availableAt: Millis;
}

/** An event of the store, on its way. */
export interface StoreEvent {
  readonly change: SecretChange;
  readonly secret: string;
  /** Of the secret's history. */
  readonly tenure: number;
  attempts: number;
}

export interface World {
  readonly useCases: UseCases;
  readonly setup: Setup;
  readonly scheduler: Scheduler;
  readonly source: MemorySource;
  readonly ground: Ground;
  readonly parts: Parts;
  /** Of the registry in memory. */
  readonly items: () => RegistryItems;
  readonly wrapCluster: (cluster: Cluster) => Cluster;
  readonly judge: Judge;
  readonly first: readonly Wish[];
  readonly eras: ConfigEra[];
  readonly events: StoreEvent[];
  readonly messages: Message[];
  readonly published: { readonly at: Millis; readonly detail: PropagatedDetail }[];
  /** What each worker gives back when it dies or fails. */
  readonly owed: Map<Worker, { readonly messages: readonly Message[]; readonly event?: StoreEvent | undefined }>;
  /** Tenures, as `secret#index`, whose event was served by a function to its end. */
  readonly told: Set<string>;
  /** Events that another's look stands for (docs/protocol.md, Events). */
  readonly covered: Set<StoreEvent>;
  /** How reads under way lag: 0 the newest answer, 1 and 2 that much older ones, more: back and forth. */
  lag: number;
  /** Targets that a person edited, so that drift of an Orphan is expected. */
  readonly edited: Set<string>;
  /** Something failed, died, got lost or was changed by hand: only reconcile is sure to mend that. */
  isDisturbed: boolean;
  /** The last write to the cluster: what the judge sees before and after one must not be another's. */
  writing: Promise<unknown>;
  /** So many times more does another writer undo what the relay writes. */
  fights: number;
  /** What went wrong, seen by a callback that must not throw. */
  fault: Violation | undefined;
  readonly steps: string[] | undefined;
}

export interface WorldOptions {
  readonly ground?: Ground | undefined;
  /** What stands behind the relay's ports. @default - table, queue and bus in memory */
  readonly parts?: ((outside: Outside) => Parts) | undefined;
  readonly isReal?: boolean | undefined;
  /** Keep readable steps. */
  readonly traced?: boolean | undefined;
  /** Between the relay and the parts: for bugs that are planted in adapters. */
  readonly wrapCluster?: ((cluster: Cluster) => Cluster) | undefined;
  readonly wrapRegistry?: ((registry: Registry) => Registry) | undefined;
  readonly createTime?: (() => AwsTime) | undefined;
}

/** `from`: a world at rest, as which it begins. */
export function createWorld(useCases: UseCases, setup: Setup, options: WorldOptions = {}, from?: World): World {
  const owed: World["owed"] = new Map();
  const scheduler = createScheduler(from?.scheduler.now() ?? T, {
    onEnd: (worker, failure) => giveBack(world, worker, failure),
    isReal: options.isReal === true,
    createTime: options.createTime,
  });
  const source = createMemorySource(scheduler, from?.source);
  source.visibilityMs = LAG_MS;
  source.listingLagMs = LISTING_LAG_MS;
  const eras: ConfigEra[] = from?.eras.map((era) => ({ ...era })) ?? [];
  const ground = options.ground ?? from?.ground.fork?.() ?? createMemoryGround(NAMESPACE);
  const table = registryOf(from?.items());
  const managers = new Map<string, string>();
  const managerOf = ({ name }: Wish): string => {
    const made = managers.get(name) ?? fieldManager(registrationId({ cluster: CLUSTER, namespace: ground.namespace, name }));
    managers.set(name, made);
    return made;
  };
  const outside: Outside = {
    source,
    send(requests, delayMs) {
      world.messages.push({ requests, availableAt: scheduler.now() + delayMs });
    },
    publish(detail) {
      world.published.push({ at: scheduler.now(), detail });
    },
    fault(text) {
      world.fault ??= new Violation("fault of its own", text);
    },
  };
  const judge = createJudge({ managerOf, now: scheduler.now, history: source.history, eras, seen: from?.judge.copy() });
  const world: World = {
    useCases,
    setup,
    scheduler,
    source,
    ground,
    parts: options.parts?.(outside) ?? createMemoryParts(options.wrapRegistry?.(table.registry) ?? table.registry, outside),
    wrapCluster: options.wrapCluster ?? ((cluster) => cluster),
    items: table.items,
    judge,
    first: firstConfig(setup),
    eras,
    events: [],
    messages: from?.messages.map((message) => ({ ...message })) ?? [],
    published: [...(from?.published ?? [])],
    owed,
    told: new Set(),
    covered: new Set(),
    lag: 0,
    edited: new Set(),
    isDisturbed: false,
    writing: Promise.resolve(),
    fights: 0,
    fault: undefined,
    steps: options.traced === true ? [] : undefined,
  };
  const choose = (_key: string, answers: number): number => {
    const { lag } = world;
    if (lag <= 2) return Math.min(lag, answers - 1);
    world.lag = 3 + ((lag * 5 + 3) % 61);
    return lag % answers;
  };
  source.choose = choose;
  source.chooseListed = choose;
  return world;
}

export function say(world: World, text: () => string): void {
  if (world.steps === undefined) return;
  const seconds = ((world.scheduler.now() - T) / 1000).toFixed(1);
  world.steps.push(`${seconds.padStart(7)} s  ${text()}`);
}

/** Whatever delivered the work delivers it again: Lambda an event twice, the queue a message after its visibility. */
function giveBack(world: World, worker: Worker, failure: unknown): void {
  const debt = world.owed.get(worker);
  world.owed.delete(worker);
  // Of a duplicate too: it may have begun what the other then found to be begun.
  if (failure !== undefined) world.isDisturbed = true;
  if (debt === undefined) return;
  if (failure === undefined) {
    // Only this event names a version; after the others a return to one that HEAD knows is no change for it.
    // What an event tells that another's look covers counts as not told.
    if (debt.event?.change.kind === "label moved" && !world.covered.has(debt.event))
      world.told.add(`${debt.event.secret}#${debt.event.tenure}`);
    return;
  }
  if (failure !== KILLED && !isExpected(failure)) world.fault ??= new Violation("fault of its own", String((failure as Error).stack));
  if (debt.event !== undefined && debt.event.attempts < 3) world.events.push(debt.event);
  for (const message of debt.messages) {
    message.availableAt = worker.startedAt + VISIBILITY_MS;
    world.messages.push(message);
  }
}

/** Errors of the table of errors are answers of the parts that fail; anything else is a bug. */
function isExpected(error: unknown): boolean {
  return error instanceof Error && error.name === "RelayError";
}

// ---------------------------------------------------------------- the store

/** A label moves to a version: the store announces it. */
function moveLabel(world: World, secret: string, versionId: string): void {
  const { source, scheduler, events } = world;
  source.moveTo(secret, versionId);
  const at = Math.floor(scheduler.now() / 1000) * 1000;
  const change: SecretChange = { kind: "label moved", arn: arnOf(secret), name: secret, label: "AWSCURRENT", versionId, at };
  events.push({ change, secret, tenure: source.history(secret).length - 1, attempts: 0 });
}

function announceCall(world: World, secret: string): void {
  const at = Math.floor(world.scheduler.now() / 1000) * 1000;
  const tenure = world.source.history(secret).length - 1;
  world.events.push({ change: { kind: "secret changed", arn: arnOf(secret), name: secret, at }, secret, tenure, attempts: 0 });
}

function arnOf(secret: string): string {
  return `${ARN}${secret}-AbCdEf`;
}

/** Rotates, rolls back, stages a version for later, deletes, restores. */
export function changeStore(world: World, choice: number): void {
  const { source } = world;
  const secret = SECRETS[choice % 3 === 2 && usesBoth(world) ? 1 : 0] ?? "s";
  const history = source.history(secret);
  const current = history.at(-1)?.versionId ?? ABSENT;
  const made = new Set(history.map(({ versionId }) => versionId));
  made.delete(ABSENT);
  const next = `v${made.size + 1}`;
  if (current === ABSENT) {
    const last = history.at(-2)?.versionId ?? "v1";
    say(world, () => `the store: ${secret} is restored with ${last}`);
    source.moveTo(secret, last);
    announceCall(world, secret);
    return;
  }
  const earlier = history.toReversed().find(({ versionId }) => versionId !== current && versionId !== ABSENT);
  switch (Math.floor(choice / 3) % 8) {
    case 0:
    case 1:
    case 2:
      source.stage(secret, next, `${secret}/${next}`);
      say(world, () => `the store: ${secret} moves to ${next}`);
      return moveLabel(world, secret, next);
    case 3:
    case 4:
      if (earlier !== undefined) {
        say(world, () => `the store: ${secret} rolls back to ${earlier.versionId}`);
        return moveLabel(world, secret, earlier.versionId);
      }
      source.stage(secret, next, `${secret}/${next}`);
      say(world, () => `the store: ${secret} moves to ${next}`);
      return moveLabel(world, secret, next);
    case 5:
      say(world, () => `the store: ${secret} gets ${next} as a pending version`);
      return source.stage(secret, next, `${secret}/${next}`);
    default:
      say(world, () => `the store: ${secret} is deleted`);
      source.remove(secret);
      return announceCall(world, secret);
  }
}

function usesBoth({ setup }: World): boolean {
  return setup.shape === 1 || (setup.shape === 2 && setup.creation > 1);
}

// ---------------------------------------------------------------- other hands in the cluster

/** A person edits, deletes, makes again, adds a key or a label; a controller adopts. */
export async function meddle(world: World, choice: number): Promise<void> {
  const { ground, judge } = world;
  world.isDisturbed = true;
  const target = choice % 4 === 3 ? "y" : "x";
  const seen = await ground.see(target);
  const isOf = (wish: Wish) => wish.target === target;
  const wish = world.eras.at(-1)?.config.find(isOf) ?? world.first.find(isOf);
  const key = wish?.secrets[0] ?? "s";
  switch (Math.floor(choice / 4) % 6) {
    case 0:
    case 1:
      say(world, () => `a person edits ${key} of ${target}`);
      world.edited.add(target);
      await ground.edit(target, { [key]: `edit ${world.scheduler.now()}` });
      return judge.existed(target, true);
    case 2:
      if (seen === undefined) return;
      say(world, () => `a person deletes ${target}`);
      await ground.remove(target);
      return judge.existed(target, false);
    case 3:
      say(world, () => `a person deletes ${target} and makes it again`);
      if (seen !== undefined) await ground.remove(target);
      judge.existed(target, false);
      world.edited.add(target);
      await ground.edit(target, { [FOREIGN_KEY]: "1" });
      return judge.existed(target, true);
    case 4:
      if (seen === undefined) return;
      say(world, () => `a person labels ${target} and adds a key`);
      await ground.label(target, FOREIGN_LABEL, "red");
      if (wish !== undefined && isShared(wish)) await ground.edit(target, { [FOREIGN_KEY]: "2" });
      return;
    default:
      if (seen === undefined || seen.controller !== undefined) return;
      if (choice % 5 > 1) {
        say(world, () => "another writer begins to undo what the relay writes");
        world.fights = 40;
        return;
      }
      say(world, () => `a controller adopts ${target}`);
      await ground.adopt(target, "Widget/owner");
  }
}
