/** The steps of a schedule: each number of it says one thing that happens next, whatever the world looks like then. */

import { nameOf, startEvent, startReconcile, startRegister, startSync } from "./invocations.ts";
import { describeCall, failureOf } from "./ports.ts";
import type { Call, Worker } from "./scheduler.ts";
import { changedConfig } from "./setup.ts";
import { changeStore, meddle, say, type World } from "./world.ts";

const MAX_WORKERS = 3;
const STEP_MS = 13;

type Action = (world: World, choice: number) => Promise<void>;

/** By how often each is drawn. */
const KINDS: readonly (readonly [weight: number, action: Action])[] = [
  [8, step],
  [6, runToWrite],
  [4, runToEnd],
  [4, fail],
  [1, crash],
  [6, deliver],
  [4, store],
  [2, meddle],
  [2, register],
  [1, reconcile],
  [2, wait],
  [1, misdeliver],
];
/** Which one of its kind a step is. */
const CHOICES = 4096;
const TABLE: readonly Action[] = KINDS.flatMap(([weight, action]) => Array.from({ length: weight }, () => action));

/** The low parts of the numbers of some kinds of steps, for schedules of those alone. */
export function lowParts(kinds: readonly string[]): readonly number[] {
  return TABLE.flatMap((action, low) => (kinds.includes(action.name) ? [low] : []));
}

/** Above every number that a schedule holds. */
export const STEP_LIMIT = TABLE.length * CHOICES;

/** A number of the step whose parts these are. */
export function numberOf(low: number, choice: number): number {
  return low + TABLE.length * (choice % CHOICES);
}

/** A number's low part says what, its high part which. */
export function perform(world: World, number: number): Promise<void> {
  const action = TABLE[number % TABLE.length] ?? step;
  // Nothing happens in no time: no two changes share a moment.
  world.scheduler.advance(STEP_MS);
  return action(world, Math.floor(number / TABLE.length));
}

function pick<T>(items: readonly T[], choice: number): T | undefined {
  return items[choice % Math.max(1, items.length)];
}

function awake({ scheduler }: World): readonly Worker[] {
  return scheduler.workers.filter(({ isAlive, isDone }) => isAlive && !isDone);
}

/** 0 most of the time: the newest answer. */
function lagOf(choice: number): number {
  return [0, 0, 1, 0, 2, 1, 0, 7][choice % 8] ?? 0;
}

/** One call of one worker goes on. Where nobody waits, something is delivered. */
async function step(world: World, choice: number): Promise<void> {
  const { scheduler } = world;
  const call = pick(scheduler.waiting(), Math.floor(choice / 8));
  if (call === undefined) return deliver(world, choice);
  world.lag = lagOf(choice);
  sayCall(world, call, "");
  await scheduler.proceed(call, "answered");
}

function runToWrite(world: World, choice: number): Promise<void> {
  return run(world, choice, "run to write");
}

function runToEnd(world: World, choice: number): Promise<void> {
  return run(world, choice, "run");
}

async function run(world: World, choice: number, mode: "run" | "run to write"): Promise<void> {
  const worker = pick(awake(world), Math.floor(choice / 8));
  if (worker === undefined) return deliver(world, choice);
  world.lag = lagOf(choice);
  const lag = world.lag;
  await world.scheduler.run(worker, mode);
  const lagging = lag === 0 ? "" : `, its reads lag (${lag})`;
  say(world, () => `${nameOf(worker)} runs ${mode === "run" ? "to its end" : "until it writes, or to its end"}${lagging}`);
}

/** One call fails, before its effect or after it. */
async function fail(world: World, choice: number): Promise<void> {
  const { scheduler } = world;
  const calls = scheduler.waiting().filter(({ wakeAt, worker }) => wakeAt === undefined && worker.isAlive);
  const call = pick(calls, Math.floor(choice / 8));
  if (call === undefined) return step(world, choice);
  world.lag = 0;
  world.isDisturbed = true;
  const when = choice % 2 === 0 ? ("before" as const) : ("after" as const);
  const error = failureOf(call.asked.operation, Math.floor(choice / 2) % 4);
  sayCall(world, call, `, fails ${when} it took effect: ${error.code}`);
  await scheduler.proceed(call, { when, error });
}

function sayCall(world: World, call: Call, suffix: string): void {
  const lagging = world.lag === 0 || !call.asked.operation.startsWith("read") ? "" : `, an answer ${world.lag} older`;
  say(world, () => `${nameOf(call.worker)}${call.worker.isAlive ? "" : " (dead)"}: ${describeCall(call.asked)}${lagging}${suffix}`);
}

async function crash(world: World, choice: number): Promise<void> {
  const worker = pick(awake(world), Math.floor(choice / 2));
  if (worker === undefined) return;
  say(world, () => `${nameOf(worker)} dies${choice % 2 === 0 ? "" : ", its request under way"}`);
  world.scheduler.kill(worker, choice % 2 === 1);
}

async function store(world: World, choice: number): Promise<void> {
  changeStore(world, choice);
}

/** An event or a message of the queue begins a worker; a message that is held back is waited for. */
async function deliver(world: World, choice: number): Promise<void> {
  const { scheduler, events, messages } = world;
  if (awake(world).length >= MAX_WORKERS) return runToEnd(world, choice);
  const ready = messages.filter(({ availableAt }) => availableAt <= scheduler.now());
  const index = Math.floor(choice / 4) % Math.max(1, events.length + ready.length);
  const isDuplicate = choice % 8 === 7;
  const event = events[index];
  if (event !== undefined) {
    if (!isDuplicate) events.splice(index, 1);
    startEvent(world, event, isDuplicate);
  } else if (ready.length > 0) {
    const first = ready[index - events.length];
    const batch = choice % 3 === 0 ? ready.slice(0, 4) : ready.filter((message) => message === first);
    if (!isDuplicate) for (const message of batch) messages.splice(messages.indexOf(message), 1);
    startSync(world, batch, isDuplicate);
  } else {
    const next = Math.min(...messages.map(({ availableAt }) => availableAt));
    if (next === Number.POSITIVE_INFINITY) return changeStore(world, choice);
    scheduler.advance(next - scheduler.now());
    say(world, () => "time passes until the next message may be seen");
  }
  await scheduler.flush();
}

/** A deployment, unless one is under way. One in eight dies half-way. */
async function register(world: World, choice: number): Promise<void> {
  if (awake(world).some(({ name }) => name === "register")) return runToEnd(world, choice);
  const now = world.eras.at(-1)?.config ?? [];
  const next = changedConfig(now, world.first, choice);
  if (next === undefined) return;
  const worker = startRegister(world, next);
  await world.scheduler.flush();
  if (Math.floor(choice / 64) % 8 === 7) return dieAfter(world, worker, 3 + Math.floor(choice / 512));
  if (Math.floor(choice / 8) % 2 === 0) await world.scheduler.run(worker, "run");
}

async function dieAfter(world: World, worker: Worker, calls: number): Promise<void> {
  const { scheduler } = world;
  for (let count = 0; count < calls; count += 1) {
    const call = scheduler.waiting().find((one) => one.worker === worker);
    if (call !== undefined) await scheduler.proceed(call, "answered");
  }
  if (worker.isDone) return;
  say(world, () => `${nameOf(worker)} dies after ${calls} calls`);
  scheduler.kill(worker, false);
}

async function reconcile(world: World): Promise<void> {
  if (awake(world).length >= MAX_WORKERS) return;
  startReconcile(world);
  await world.scheduler.flush();
}

const WAITS = [300, 1_100, 5_000, 31_000, 61_500, 72_000, 125_000, 601_000];

async function wait(world: World, choice: number): Promise<void> {
  const ms = WAITS[choice % WAITS.length] ?? 0;
  world.scheduler.advance(ms);
  say(world, () => `${ms / 1000} s pass`);
  await world.scheduler.flush();
}

/** The bus or the queue loses something for good, or gives it twice. */
async function misdeliver(world: World, choice: number): Promise<void> {
  const { events, messages } = world;
  const index = Math.floor(choice / 4);
  world.isDisturbed ||= choice % 4 < 2;
  switch (choice % 4) {
    case 0:
      say(world, () => (events.length === 0 ? "nothing is lost" : "the bus loses an event"));
      events.splice(index % Math.max(1, events.length), 1);
      return;
    case 1:
      say(world, () => (messages.length === 0 ? "nothing is lost" : "the queue loses a message"));
      messages.splice(index % Math.max(1, messages.length), 1);
      return;
    case 2: {
      const event = pick(events, index);
      if (event !== undefined) events.push({ ...event, tenure: event.tenure });
      return;
    }
    default: {
      const message = pick(messages, index);
      if (message !== undefined) messages.push({ ...message });
    }
  }
}
