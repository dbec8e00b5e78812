/** Runs the vectors of test/vectors/policies.yaml, whose head says what their fields mean. */
import { readFile } from "node:fs/promises";
import type { V1Secret } from "@kubernetes/client-node";
import { parse } from "yaml";
import type { LocalCluster } from "./local-cluster.ts";
import { type Declared, type Held, type PolicyWorld, policyWorld } from "./policy-world.ts";

type Texts = Readonly<Record<string, string>>;

export interface PolicyVector {
  readonly name: string;
  readonly spec?: object;
  readonly secrets?: readonly Declared[];
  readonly adopt?: boolean;
  readonly start?: string;
  readonly store?: Texts;
  readonly cluster?: Readonly<Record<string, Held & { readonly also?: Texts }>>;
  readonly steps?: readonly Step[];
  readonly status?: string;
  readonly secret?: Wanted | null;
  readonly state?: string;
  readonly error?: string;
  readonly held?: string;
  readonly open?: number;
}

type Step =
  | { readonly put: Texts }
  | { readonly quietly: Texts }
  | { readonly remove: string }
  | { readonly edit: Texts }
  | { readonly delete: string }
  | { readonly spec: object }
  | { readonly unregister: true }
  | { readonly wait: number }
  | { readonly reconcile: true };

interface Wanted {
  readonly data: Texts;
  readonly labels?: Texts;
  /** Labels that must not be there. */
  readonly gone?: readonly string[];
  /** ESO's marks beside `managed`, and no others. */
  readonly marks?: readonly string[];
  readonly type?: string;
  readonly immutable?: boolean;
  /** Names of the owner references. */
  readonly owners?: readonly string[];
}

const MARKS = "reconcile.external-secrets.io/";

export async function readPolicyVectors(): Promise<readonly PolicyVector[]> {
  return parse(await readFile("test/vectors/policies.yaml", "utf8")) as readonly PolicyVector[];
}

/** What the vector's fields `secret`, `state`, `error`, `held` and `open` must equal, as far as it has them. */
export async function outcomeOfPolicy(local: LocalCluster, namespace: string, vector: PolicyVector): Promise<Partial<PolicyVector>> {
  const { adopt, start, store = {}, cluster = {}, steps = [], status: name } = vector;
  const world = await policyWorld(local, { namespace, adopt, start });
  for (const [key, value] of Object.entries(store)) world.put(key, value);
  for (const [secret, { also, ...held }] of Object.entries(cluster)) {
    await world.hold(secret, held);
    if (also !== undefined) await world.edit(secret, also);
  }
  await world.register(vector.secrets ?? [{ spec: vector.spec ?? {} }]);
  for (const step of steps) await take(world, step);
  const status = await world.status(name);
  const secret = await world.secret("db");
  return {
    ...("secret" in vector ? { secret: secret === undefined ? null : seen(secret, vector.secret ?? { data: {} }) } : {}),
    ...(vector.state === undefined ? {} : { state: status?.state ?? "gone" }),
    ...(vector.error === undefined ? {} : { error: status?.error?.code ?? "none" }),
    ...(vector.held === undefined ? {} : { held: heldText(status?.heldUntil) }),
    ...(vector.open === undefined ? {} : { open: (await world.openPropagations()).length }),
  };
}

async function take(world: PolicyWorld, step: Step): Promise<void> {
  if ("put" in step) for (const [key, value] of Object.entries(step.put)) await announced(world, key, value);
  if ("quietly" in step) for (const [key, value] of Object.entries(step.quietly)) world.put(key, value);
  if ("remove" in step) {
    // Later than what was read before, by more than a lagging read could be.
    world.clock.advance(120_000);
    world.remove(step.remove);
    await world.announce(step.remove);
  }
  if ("edit" in step) await world.edit("db", step.edit);
  if ("delete" in step) await world.delete(step.delete);
  if ("spec" in step) await world.register([{ spec: step.spec }]);
  if ("unregister" in step) await world.register([]);
  if ("wait" in step) world.clock.advance(step.wait * 60_000);
  if ("reconcile" in step) await world.reconcile();
  await world.drain();
}

async function announced(world: PolicyWorld, key: string, value: string): Promise<void> {
  world.clock.advance(120_000);
  await world.announce(key, world.put(key, value));
}

/** The Secret, as far as the vector asks. */
function seen({ data = {}, metadata, type, immutable }: V1Secret, wanted: Wanted): Wanted {
  const { labels = {}, annotations = {}, ownerReferences = [] } = metadata ?? {};
  const marks = [...Object.keys(labels), ...Object.keys(annotations)].filter((key) => key.startsWith(MARKS) && key !== `${MARKS}managed`);
  return {
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()])),
    ...(wanted.labels && { labels: pick(labels, Object.keys(wanted.labels)) }),
    ...(wanted.gone && { gone: wanted.gone.filter((label) => labels[label] === undefined) }),
    ...(wanted.marks && { marks: marks.map((key) => key.slice(MARKS.length)) }),
    ...(wanted.type === undefined ? {} : { type: type ?? "" }),
    ...(wanted.immutable === undefined ? {} : { immutable: immutable ?? false }),
    ...(wanted.owners && { owners: ownerReferences.map((owner) => owner.name) }),
  };
}

function pick(from: Texts, keys: readonly string[]): Texts {
  return Object.fromEntries(Object.entries(from).filter(([key]) => keys.includes(key)));
}

function heldText(at: number | undefined): string {
  return at === undefined ? "not held" : new Date(at).toISOString().replace(".000Z", "Z");
}
