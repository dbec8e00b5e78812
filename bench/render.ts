/** What a render costs: from the store's answers to the data of the Secret, on one core, against the same data made by hand; and its memory. */
import type { DataFromEntry, RegistrationSpec } from "../src/core/model.ts";
import { type ReferenceKey, referenceKey } from "../src/core/model.ts";
import type { SecretManifest, SourceAnswer } from "../src/core/ports.ts";
import { SecretValue } from "../src/core/secret-value.ts";
import "../src/core/source/property.ts";
import { collectData } from "../src/core/sync/data.ts";
import { referencesOf } from "../src/core/sync/references.ts";
import { canonicalBytes, renderTarget } from "../src/core/sync/render.ts";
import { heldMb } from "./memory.ts";
import { registrationSpec } from "./parts.ts";
import { exactly, type Figure, type Report, spreadOf } from "./report.ts";

const ROUNDS = 5;
/** Long enough for what is compiled and collected in between to count as it does in a long run. */
const ROUND_MS = 1_000;
const BATCH = 200;
const REGISTRATIONS = 10_000;
const PAGE = 1_000;
const MEMBERS = 20;
/** A database's credentials, as Secrets Manager's own rotation writes them, with more members. */
const VALUE = JSON.stringify(
  Object.fromEntries(Array.from({ length: MEMBERS }, (_, index) => [`member-${index}`, `value ${index} ${"x".repeat(30)}`])),
);

type Render = () => SecretManifest;

interface Kind {
  readonly name: string;
  readonly ours: Render;
  readonly bare: Render;
  readonly atLeast?: number;
}

export async function render(): Promise<Report> {
  const kinds = [simple(), property(), extract()];
  const figures: Figure[] = kinds.flatMap(figuresOf);
  const hashed = kinds[0]?.ours;
  if (hashed !== undefined) {
    const rates = rounds([() => canonicalBytes(hashed())]).map(([rate = Number.NaN]) => rate);
    figures.push({ what: "2 entries of data, and the bytes for the keyed hash", unit: "/s", value: spreadOf(rates) });
  }
  figures.push(...memoryOf());
  return {
    name: "render",
    about: `One registration after another on one core, from answers that are there already to the manifest of the Secret: ${ROUNDS} rounds of ${ROUND_MS / 1000} s each. By hand: the same manifest by JSON.parse and a loop, without any of the checks, by turns. Each registration is another, with a value of its own of ${VALUE.length} bytes.`,
    figures,
    notes: [
      `extract and property read a JSON object of ${MEMBERS} members`,
      "kept: all manifests at once, which no function does (a batch of sync holds at most what its messages name)",
    ],
  };
}

function figuresOf({ name, ours, bare, atLeast }: Kind): readonly Figure[] {
  const rates = rounds([ours, bare]);
  const ratio = spreadOf(rates.map(([own = Number.NaN, hand = Number.NaN]) => own / hand));
  const of = (index: number) => spreadOf(rates.map((rate) => rate[index] ?? Number.NaN));
  return [
    { what: `${name}: registrations rendered`, unit: "/s", value: of(0), goal: atLeast === undefined ? undefined : { atLeast } },
    { what: `${name}: by hand`, unit: "/s", value: of(1) },
    { what: `${name}: rate ÷ by hand`, unit: "x", value: ratio },
  ];
}

/** Calls a second of each, by turns in each round; a first round warms up and is not counted. */
function rounds(works: readonly (() => unknown)[]): readonly (readonly number[])[] {
  return Array.from({ length: ROUNDS + 1 }, () => works.map(rateOf)).slice(1);
}

function rateOf(work: () => unknown): number {
  const startedAt = performance.now();
  let calls = 0;
  while (performance.now() - startedAt < ROUND_MS) {
    for (let call = 0; call < BATCH; call += 1) work();
    calls += BATCH;
  }
  return calls / ((performance.now() - startedAt) / 1000);
}

/** Registrations by turns, so that no render sees what the one before it left. */
function byTurns(make: (index: number) => Render, count = 500): Render {
  const renders = Array.from({ length: count }, (_, index) => make(index));
  let next = 0;
  return () => {
    next = (next + 1) % renders.length;
    const one = renders[next];
    if (one === undefined) throw new Error("no such registration");
    return one();
  };
}

function rendering(spec: RegistrationSpec, text: (key: string) => string): Render {
  const answers = new Map<ReferenceKey, SourceAnswer>(
    referencesOf(spec).map((reference) => [
      referenceKey(reference),
      { kind: "present", versionId: "v1", createdAt: 0, value: new SecretValue(text(reference.key)) },
    ]),
  );
  return () => renderTarget(spec, collectData(spec, answers));
}

const specOf = (index: number): RegistrationSpec => registrationSpec("render", `target-${index}`, `render/${index}`);

function byHand(index: number, data: () => ReadonlyMap<string, SecretValue>): Render {
  const { namespace, target } = specOf(index);
  return () => ({ namespace, name: target.name, labels: {}, annotations: {}, data: data() });
}

function simple(): Kind {
  const keys = (index: number) => [`render/${index}/user`, `render/${index}/password`] as const;
  return {
    name: "2 entries of data",
    atLeast: 20_000,
    ours: byTurns((index) => {
      const [user, password] = keys(index);
      const data = [
        { secretKey: "username", remoteRef: { key: user } },
        { secretKey: "password", remoteRef: { key: password } },
      ];
      return rendering({ ...specOf(index), data }, (key) => `the value of ${key}`);
    }),
    bare: byTurns((index) => {
      const [user, password] = keys(index).map((key) => new SecretValue(`the value of ${key}`));
      if (user === undefined || password === undefined) throw new Error("two keys");
      return byHand(index, () => new Map([["password", password] as const, ["username", user] as const]));
    }),
  };
}

function property(): Kind {
  return {
    name: "2 entries of data by property",
    ours: byTurns((index) => {
      const data = ["member-3", "member-17"].map((name) => ({ secretKey: name, remoteRef: { key: `render/${index}`, property: name } }));
      return rendering({ ...specOf(index), data }, valueOf);
    }),
    bare: byTurns((index) => {
      const value = new SecretValue(valueOf(`render/${index}`));
      return byHand(index, () => {
        const members = JSON.parse(value.exposeText()) as Readonly<Record<string, string>>;
        return new Map(["member-3", "member-17"].map((name) => [name, new SecretValue(members[name] ?? "")]));
      });
    }),
  };
}

function extract(): Kind {
  return {
    name: `extract of ${MEMBERS} members`,
    ours: byTurns(extracting),
    bare: byTurns((index) => {
      const value = new SecretValue(valueOf(`render/${index}`));
      return byHand(index, () => {
        const members = JSON.parse(value.exposeText()) as Readonly<Record<string, string>>;
        return new Map(Object.entries(members).map(([name, text]) => [name, new SecretValue(text)]));
      });
    }),
  };
}

function extracting(index: number): Render {
  const dataFrom: readonly DataFromEntry[] = [{ extract: { key: `render/${index}` } }];
  return rendering({ ...specOf(index), data: [], dataFrom }, valueOf);
}

/** Another value for each key, of equal length but for the number in it. */
function valueOf(key: string): string {
  return VALUE.replace("value 0", `value of ${key}`);
}

/** What is held after a collection, in pages: of renders that are dropped, and of such that are all kept. */
function memoryOf(): readonly Figure[] {
  const run = (keep: (manifest: SecretManifest) => void): readonly number[] => {
    const samples = [heldMb()];
    for (let from = 0; from < REGISTRATIONS; from += PAGE) {
      for (let index = from; index < from + PAGE; index += 1) keep(extracting(index)());
      samples.push(heldMb());
    }
    return samples;
  };
  // The first page compiles and fills caches, which later ones share.
  const dropped = run(() => {}).slice(1);
  const [first = Number.NaN] = dropped;
  const kept: SecretManifest[] = [];
  const held = run((manifest) => kept.push(manifest));
  const grownMb = (held.at(-1) ?? Number.NaN) - (held[0] ?? Number.NaN);
  const name = `${kept.length.toLocaleString("en-US")} registrations of extract`;
  return [
    {
      what: `${name}: held more than after the first ${PAGE.toLocaleString("en-US")}, at most`,
      unit: "MB",
      value: exactly(Math.max(...dropped) - first),
      goal: { atMost: 2 },
    },
    { what: `${name}: held where all are kept`, unit: "MB", value: exactly(grownMb) },
    {
      what: `${name}: held where all are kept, each, ÷ its value's bytes`,
      unit: "x",
      value: exactly((grownMb * 2 ** 20) / kept.length / VALUE.length),
    },
  ];
}
