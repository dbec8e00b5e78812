/** One rotation for one target, against the round trips that the protocol can't do without, done bare and in sequence by the same clients. */
import { createOnSecretChangeHandler } from "../functions/on-secret-change/dispatch.ts";
import { systemClock } from "../src/adapters/system-clock.ts";
import { createOnSecretChange } from "../src/app/on-secret-change.ts";
import { createSyncTargets } from "../src/app/sync-targets.ts";
import type { CleanUpStack } from "../src/local/stop-on-exit.ts";
import { put } from "../test/support/registrations.ts";
import { createBareRotation } from "./bare-rotation.ts";
import { countsOf, countsText, roundTripsInSequence } from "./call-log.ts";
import { type Parts, quietLog, registrationSpec, startParts } from "./parts.ts";
import { medianOf, type Report, spreadOf } from "./report.ts";
import { invocation, labelUpdated, rotationsApart } from "./secret-event.ts";

const ROUNDS = 5;
const ROTATIONS = 100;
/** The first rotations of a process compile code and open connections: they are no part of any round. */
const WARM_UP = 100;
const SECRET = "bench/latency";
/** Reference query, registrations, GetSecretValue, HEAD, apply. */
const FLOOR = 5;

interface Rotation {
  readonly relayMs: number;
  readonly floorMs: number;
  readonly readAndApplyMs: number;
  readonly inSequence: number;
  readonly before: string;
  readonly after: string;
}

export async function latency(stack: CleanUpStack): Promise<Report> {
  const parts = await startParts(stack, 1);
  const rotate = await prepare(parts);
  for (let index = 0; index < WARM_UP; index += 1) await rotate();
  const rounds: (readonly Rotation[])[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const rotations: Rotation[] = [];
    for (let index = 0; index < ROTATIONS; index += 1) rotations.push(await rotate());
    rounds.push(rotations);
  }
  const all = rounds.flat();
  const ratios = (of: (rotation: Rotation) => number) =>
    spreadOf(rounds.map((round) => medianOf(round.map(({ relayMs }) => relayMs)) / medianOf(round.map(of))));
  const last = all.at(-1);
  return {
    name: "latency",
    about: `One rotation of one secret with one target: from the start of on-secret-change's handler to the answer of the apply, ${ROUNDS} rounds of ${ROTATIONS} rotations, the medians of a round divided. The floor is the reference query, the registration's load, GetSecretValue, HEAD's conditional update and the apply, in sequence by the same clients.`,
    figures: [
      {
        what: "value in the cluster ÷ floor of five round trips",
        unit: "x",
        value: ratios(({ floorMs }) => floorMs),
        goal: { atMost: 1.2 },
      },
      {
        what: "round trips in sequence until the value is in the cluster",
        unit: "calls",
        value: spreadOf(all.map(({ inSequence }) => inSequence)),
        goal: { atMost: FLOOR },
      },
      { what: "value in the cluster ÷ (GetSecretValue + apply)", unit: "x", value: ratios(({ readAndApplyMs }) => readAndApplyMs) },
      { what: "value in the cluster", unit: "ms", value: spreadOf(all.map(({ relayMs }) => relayMs)) },
      { what: "floor", unit: "ms", value: spreadOf(all.map(({ floorMs }) => floorMs)) },
      { what: "GetSecretValue + apply", unit: "ms", value: spreadOf(all.map(({ readAndApplyMs }) => readAndApplyMs)) },
    ],
    notes: [
      `begun before the value is in the cluster: ${last?.before ?? ""}`,
      `begun after it: ${last?.after ?? ""}`,
      "the emulator answers one call at a time: calls beside each other, which cost no time in AWS, would cost their whole time here",
    ],
  };
}

async function prepare(parts: Parts): Promise<() => Promise<Rotation>> {
  const { registry, queue, calls, putSecret } = parts;
  const clock = rotationsApart(parts.deps.clock);
  const deps = { ...parts.deps, clock };
  const sync = createSyncTargets(deps);
  const onSecretChange = createOnSecretChange({ ...deps, queue, sync, fastPathTargets: 20 });
  const handler = createOnSecretChangeHandler({
    log: quietLog,
    clock: systemClock,
    onSecretChange: async () => onSecretChange,
    sendLetter: async () => {
      throw new Error("the event was malformed");
    },
  });
  await putSecret(SECRET, "first");
  const registration = await put(registry, registrationSpec("cluster-0", "relay", SECRET), Date.now());
  const target = `cluster-0/${registration.spec.namespace}/relay`;
  await sync([{ registration: registration.id, cluster: "cluster-0", target, need: 0, verify: true, attempt: 0 }], Date.now() + 30_000);
  const bare = await createBareRotation(parts);
  let rotation = 0;

  return async () => {
    rotation += 1;
    const relay = async (): Promise<Pick<Rotation, "relayMs" | "inSequence" | "before" | "after">> => {
      clock.nextRotation();
      const versionId = await putSecret(SECRET, `value-${rotation}`);
      calls.take();
      const startedAt = performance.now();
      await handler(labelUpdated(SECRET, versionId, clock.now()), invocation(versionId));
      const made = calls.take();
      const applied = made.find(({ operation }) => operation === "apply")?.endedAt;
      if (applied === undefined) throw new Error(`the rotation was not applied: ${countsText(countsOf(made))}`);
      return {
        relayMs: applied - startedAt,
        inSequence: roundTripsInSequence(made, applied),
        before: countsText(countsOf(made.filter((call) => call.startedAt < applied))),
        after: countsText(countsOf(made.filter((call) => call.startedAt >= applied))),
      };
    };
    // By turns, so that whoever comes second has no advantage.
    const first = rotation % 2 === 0 ? await relay() : undefined;
    await bare.rotate(`value-${rotation}`);
    const floorMs = await bare.floor();
    await bare.rotate(`value-${rotation}-again`);
    const readAndApplyMs = await bare.readAndApply();
    return { ...(first ?? (await relay())), floorMs, readAndApplyMs };
  };
}
