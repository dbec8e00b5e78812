/** Runs one cell of the matrix: the story under its fault, then one reconcile interval in which all targets must converge, then three of silence. */
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { expect } from "@jest/globals";
import type { Registration } from "../../../src/core/model.ts";
import { INTERVAL_MS } from "./functions.ts";
import { type Cell, ROWS } from "./matrix.ts";
import type { FaultParts } from "./parts.ts";
import { resourceEvent, STORIES, type Story, targetsOf } from "./stories.ts";
import { createWorld, versionOf, type World } from "./world.ts";

/** Long for an emulator on this machine, and short for a test. */
const HANG_MS = 250;
/** The schedule finds what is due within a minute. */
const SCHEDULE_MS = 60_000;
/** What reconcile does when there is nothing to do: it asks the store once for each reference, looks, and moves due times. */
const SILENT: readonly string[] = [
  "Query DUE",
  "Query PROPAGATION",
  "Query CLUSTERS",
  "Query BREAKERS",
  "Query CES",
  "BatchGetItem REG",
  "UpdateItem REG",
  "BatchGetSecretValue",
  "GetParameters",
  "ListSecrets",
  "GetParametersByPath",
  "DescribeParameters",
  "ListTagsForResource",
  "GetSecretValue of a kubeconfig",
  // Credentials of stores that end meanwhile.
  "AssumeRole",
  "AssumeRoleWithWebIdentity",
  "BatchGetItem CLUSTERS",
  "secretKey",
  "serviceAccount",
  "token",
  "look",
  "list",
];
/**
 * A ClusterExternalSecret is asked for its namespaces at its time, which is then moved. Of more than two registrations the due times are
 * moved together.
 */
const SILENT_WITH_NAMESPACES: readonly string[] = [
  ...SILENT,
  "BatchGetItem CES",
  "BatchGetItem CLUSTERS",
  "UpdateItem CES",
  "TransactWriteItems REG",
  "namespaces",
];
/** What asks a store for a version. */
const READS: readonly string[] = ["GetSecretValue", "BatchGetSecretValue", "GetParameter", "GetParameters", "ListTagsForResource"];

/** Where a sync asks each time: only DescribeSecret proves an absence, and no store tells of what lies in a cluster. */
const SILENT_WITHOUT_SOURCE: readonly string[] = [
  ...SILENT,
  "SendMessageBatch",
  "GetSecretValue of the hash key",
  "GetSecretValue",
  "DescribeSecret",
  "GetParameter",
  "GetParameterHistory",
  "namespaceLabels",
  "templateConfigMap",
  "templateSecret",
  "BatchGetItem HEAD",
  "Query PROP",
];

/** The cells of one run, of one story: each fault after the targets have converged from the one before it. */
export async function expectRecovery(parts: FaultParts, cells: readonly Cell[]): Promise<void> {
  const [first] = cells;
  if (first === undefined) return;
  const story: Story = STORIES[first.story];
  const world = await createWorld(parts, story.options);
  try {
    for (const cell of cells) await expectConvergenceFrom(cell, parts, world, story);
    await expectSilence(world, story);
  } finally {
    await world.close();
  }
}

/** @throws Error that names the cell, says what promise was not kept, and holds the world's log */
async function expectConvergenceFrom(cell: Cell, parts: FaultParts, world: World, story: Story): Promise<void> {
  try {
    await story.prepare?.(parts, world);
    const isHanging = cell.fault.kind === "hang";
    if (isHanging || cell.isCold) world.restart(isHanging ? HANG_MS : undefined);
    world.gate.plant({ row: cell.row, fault: cell.fault, times: cell.times });
    await story.happen(parts, world);
    expect([cell.row, "met its fault", world.gate.hits > 0]).toEqual([cell.row, "met its fault", true]);
    world.gate.plant(undefined);
    if (isHanging) world.restart();
    await expectConvergence(parts, world, story);
    expectKnownCalls(world);
    // Whatever a call may answer, it has a code: what has none is logged as a bug.
    expect(world.log.text()).not.toContain("Unclassified");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${cell.row}, ${cell.column}: ${reason}\n${world.log.text()}`, { cause: error });
  }
}

export async function expectConvergence(parts: FaultParts, world: World, story: Story): Promise<void> {
  const { clock, delivery, answers } = world;
  // A deployment that CloudFormation was told to have failed is tried again by whoever made it.
  if (answers.at(-1)?.Status === "FAILED") {
    delivery.invoke({ name: "register", event: resourceEvent(parts, world), remainingMs: 900_000 });
  }
  await delivery.run(clock.now() + INTERVAL_MS + SCHEDULE_MS);

  const wanted = targetsOf(story.want(world));
  const found = await Promise.all(wanted.map(async ({ cluster, name }) => ({ cluster, name, value: await world.read(cluster, name) })));
  expect(found).toEqual(wanted);
  expectNeverOlder(world);
  const states = new Set((await world.registrations()).map(({ status }) => status.state));
  expect([...states]).toEqual([isWithoutSource(story) ? "SecretDeleted" : "Synced"]);
  expect(await world.registry.unfinishedPropagations(10)).toEqual([]);
  if (story === STORIES["malformed event"]) await expectLetter(parts, world);
  if (answers.length > 0 || isDeployment(story)) expect(answers.at(-1)?.Status).toBe("SUCCESS");
}

/** Nothing is written for three more intervals: no cluster, no queue, no event, and of the table only due times. */
export async function expectSilence(world: World, story: Story): Promise<void> {
  const { clock, delivery, gate } = world;
  const before = { writes: world.writes.length, facts: (await world.registrations()).map(factsOf) };
  const runsBefore = delivery.runs;
  gate.forget();
  await delivery.run(clock.now() + 3 * INTERVAL_MS + SCHEDULE_MS);

  const rows = new Set(gate.seen.map(({ row }) => row));
  const allowed = isAskedBySync(story) ? SILENT_WITHOUT_SOURCE : hasNamespaces(story) ? SILENT_WITH_NAMESPACES : SILENT;
  expect([...rows].filter((row) => !allowed.includes(row))).toEqual([]);
  expect({ writes: world.writes.length, facts: (await world.registrations()).map(factsOf) }).toEqual(before);
  // The store is asked once a run for a reference, or once by each of the two syncs.
  const reads = gate.seen.filter(({ row }) => READS.includes(row)).length;
  // Of what a rule finds by tags, these are a reference of their own.
  const references = story.options?.finds === "tags" ? 2 : 1;
  expect(reads).toBeLessThanOrEqual((delivery.runs - runsBefore) * references * (isAskedBySync(story) ? 2 : 1));
}

/** A call that no row names would have no cells: the sources' check sees commands, this one what they are about. */
function expectKnownCalls({ gate }: World): void {
  const known = new Set(ROWS.map(({ row }) => row));
  expect([...new Set(gate.seen.map(({ row }) => row))].filter((row) => !known.has(row))).toEqual([]);
}

/** Judged by what the API servers carried out: no older value after a newer one, and never a blank. */
export function expectNeverOlder({ writes }: World): void {
  for (const [target, ofTarget] of Map.groupBy(writes, ({ cluster, name }) => `${cluster}/${name}`)) {
    const values = ofTarget.map(({ value }) => value ?? "gone");
    expect([target, ...values]).toEqual([target, ...values.toSorted((a, b) => (rankOf(a) ?? 0) - (rankOf(b) ?? 0))]);
    expect(values.filter((value) => rankOf(value) === undefined)).toEqual([]);
  }
}

function rankOf(value: string): number | undefined {
  return value === "gone" ? Number.POSITIVE_INFINITY : versionOf(value);
}

/** All that a registration says, but when it was last seen to be so and when it is looked at again. */
function factsOf({ rev: _rev, dueAt: _dueAt, status, applied, ...facts }: Registration) {
  const { syncedAt: _syncedAt, ...rest } = status;
  const versions = Object.entries(applied).map(([reference, { versionId }]) => [reference, versionId]);
  return { ...facts, status: rest, versions };
}

function isWithoutSource(story: Story): boolean {
  return story === STORIES["deletion of the secret"] || story === STORIES["deletion of the parameter"];
}

/** By a sync each time: that proves an absence, asks for the labels of a namespace, or reads the templates that lie in a cluster. */
function isAskedBySync(story: Story): boolean {
  return isWithoutSource(story) || story === STORIES["rotation for selected namespaces"] || story === STORIES["rotation into a template"];
}

function hasNamespaces(story: Story): boolean {
  return story === STORIES["ClusterExternalSecret comes"] || story === STORIES["ClusterExternalSecret stays"];
}

function isDeployment(story: Story): boolean {
  const deployments: readonly Story[] = [
    STORIES["config change"],
    STORIES["config change of rules"],
    STORIES["cluster retired"],
    STORIES["ClusterExternalSecret comes"],
    STORIES["ClusterExternalSecret stays"],
    STORIES["ClusterExternalSecret goes"],
  ];
  return deployments.includes(story);
}

/** By the function itself, or by Lambda, which puts what failed to the last try into the same queue. */
async function expectLetter({ clients }: FaultParts, { failureQueueUrl, delivery }: World): Promise<void> {
  const { Messages = [] } = await clients.sqs.send(new ReceiveMessageCommand({ QueueUrl: failureQueueUrl, WaitTimeSeconds: 0 }));
  expect(Messages.length + delivery.givenUp.length).toBeGreaterThan(0);
}
