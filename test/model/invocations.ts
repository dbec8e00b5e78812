/** Starts the functions of the model as Lambda, SQS and CloudFormation start the real ones: each invocation is a worker. */
import type { Registry } from "../../src/core/ports.ts";
import { portsOf, type WorkerPorts } from "./ports.ts";
import type { Worker } from "./scheduler.ts";
import { resolved, type Wish } from "./setup.ts";
import { type Message, type StoreEvent, say, type World } from "./world.ts";

/** The function's time-out, and the part of it after which nothing new is begun. */
const FUNCTION_TIMEOUT_MS = 60_000;
const DEADLINE_MS = 50_000;
const REGISTER_TIMEOUT_MS = 900_000;

/** Of the clocks from the true time: within the margin that freshness allows for, or so far that AWS's answers show it (docs/correctness.md). */
const OFFSETS = [0, 0, 200, -200, 180_000, -420_000];

function offsetOf({ setup, scheduler }: World): number {
  return setup.clocks === 0 ? 0 : (OFFSETS[(scheduler.workers.length * setup.clocks) % OFFSETS.length] ?? 0);
}

function invoke(world: World, name: string, lifeMs: number, work: (ports: WorkerPorts, deadline: number) => Promise<void>): Worker {
  const worker = { name, offsetMs: offsetOf(world), lifeMs };
  return world.scheduler.start(worker, (self) => {
    const ports = portsOf(world, self);
    return work(ports, ports.clock.uptime() + Math.min(DEADLINE_MS, lifeMs));
  });
}

/** `on-secret-change`: syncs few targets at once, sends many to the queue. */
export function startEvent(world: World, event: StoreEvent, isDuplicate: boolean): Worker {
  const { createOnSecretChange, createSyncTargets } = world.useCases;
  // One of four goes through the queue.
  const fastPathTargets = event.tenure % 4 === 3 ? 0 : 20;
  const worker = invoke(world, `event ${event.secret}`, FUNCTION_TIMEOUT_MS, async (ports, deadline) => {
    const onSecretChange = createOnSecretChange({ ...ports, sync: createSyncTargets(ports), fastPathTargets });
    // A duplicate as another bus would forward it: an event of its own. Its retries are the same event.
    const id = `${event.secret} ${event.tenure} ${event.change.kind}${isDuplicate ? ` ${event.attempts}` : ""}`;
    const { path } = await onSecretChange(event.change, deadline, id);
    if (path === "covered" && !isDuplicate) world.covered.add(event);
  });
  event.attempts += 1;
  if (!isDuplicate) world.owed.set(worker, { messages: [], event });
  say(world, () => `${nameOf(worker)} starts${isDuplicate ? " (a duplicate)" : ""}: ${describeEvent(event)}`);
  return worker;
}

function describeEvent({ change }: StoreEvent): string {
  return change.kind === "label moved" ? `${change.name} moved to ${change.versionId}` : `${change.name} changed`;
}

/** `sync`: a batch of the queue. */
export function startSync(world: World, messages: readonly Message[], isDuplicate: boolean): Worker {
  const { createSyncTargets, settleMessages, sendAll } = world.useCases;
  const worker = invoke(world, "sync", FUNCTION_TIMEOUT_MS, async (ports, deadline) => {
    const outcomes = await createSyncTargets(ports)(
      messages.flatMap((message) => message.requests),
      deadline,
    );
    let from = 0;
    const settled = messages.map((message, index) => {
      from += message.requests.length;
      return { messageId: String(index), outcomes: outcomes.slice(from - message.requests.length, from) };
    });
    const { failures, resend } = settleMessages(settled);
    await sendAll(ports.queue, resend);
    if (isDuplicate) return;
    for (const { messageId, delayMs } of failures) {
      const message = messages[Number(messageId)];
      if (message === undefined) continue;
      const requests = message.requests.map((request) => ({ ...request, attempt: request.attempt + 1 }));
      world.messages.push({ requests, availableAt: world.scheduler.now() + delayMs });
    }
  });
  if (!isDuplicate) world.owed.set(worker, { messages });
  const asked = messages.flatMap((message) => message.requests);
  const what = () => asked.map(({ registration, prune }) => `${prune === undefined ? "sync" : "prune"} ${registration}`).join(", ");
  say(world, () => `${nameOf(worker)} starts${isDuplicate ? " (a duplicate)" : ""}: ${what()}`);
  return worker;
}

/** The model's configs have none: what they make is registered by writes of the same conditions (test/unit/app/cluster-external-secrets.test.ts). */
const NO_CLUSTER_EXTERNAL_SECRETS = { clusterExternalSecrets: { register: async () => true, refreshDue: async () => 0 } };

/** `reconcile`: the schedule. */
export function startReconcile(world: World): Worker {
  const { createReconcile, settlePropagation } = world.useCases;
  const worker = invoke(world, "reconcile", FUNCTION_TIMEOUT_MS, async (ports, deadline) => {
    const reconcile = createReconcile({
      ...ports,
      ...NO_CLUSTER_EXTERNAL_SECRETS,
      settlePropagation: (propagation) => settlePropagation(ports, propagation),
    });
    await reconcile(deadline);
  });
  world.owed.set(worker, { messages: [] });
  say(world, () => `${nameOf(worker)} starts`);
  return worker;
}

/** `register`: a deployment. The next one begins only when this one ended, or died. */
export function startRegister(world: World, config: readonly Wish[]): Worker {
  const { createRegister } = world.useCases;
  const { now } = world.scheduler;
  const never = Number.POSITIVE_INFINITY;
  const era = { config, from: now(), until: never, endsAt: never, endedAt: never };
  world.eras.push(era);
  const worker = invoke(world, "register", REGISTER_TIMEOUT_MS, async (ports) => {
    const registry: Registry = Object.create(ports.registry, {
      endRun: {
        value: (generation: number) => {
          era.endsAt = now();
          return ports.registry.endRun(generation);
        },
      },
    });
    await createRegister({ ...ports, registry, ...NO_CLUSTER_EXTERNAL_SECRETS })(
      resolved(config, world.ground.namespace),
      ports.clock.uptime() + REGISTER_TIMEOUT_MS,
    );
    era.endedAt = now();
    for (const earlier of world.eras) if (earlier !== era) earlier.until = Math.min(earlier.until, now());
  });
  world.owed.set(worker, { messages: [] });
  say(world, () => `${nameOf(worker)} starts: ${config.map(describeWish).join("; ") || "nothing"}`);
  return worker;
}

function describeWish({ name, target, secrets, tint, creationPolicy, deletionPolicy }: Wish): string {
  return `${name} wants ${secrets.join("+")} in ${target} (${creationPolicy}, ${deletionPolicy}, tint ${tint})`;
}

export function nameOf({ id, name }: Worker): string {
  return `worker ${id} (${name})`;
}
