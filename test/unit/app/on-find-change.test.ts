/** Which find rules an event wakes: by the name that it tells, and rules by tags only by what the tags' own events do not tell. */
import { describe, expect, it } from "@jest/globals";
import { createOnSecretChange } from "../../../src/app/on-secret-change.ts";
import type { Openings, SyncTargets } from "../../../src/app/outcome.ts";
import { type FindRule, type RegistrationSpec, referenceKey, type SyncRequest } from "../../../src/core/model.ts";
import type { SecretChange } from "../../../src/core/secret-change.ts";
import { DEFAULT_BOUNDS } from "../../../src/core/sync/freshness.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { createMemoryLog, createMemoryQueue } from "../../support/fakes/memory-outlets.ts";
import { createMemoryRegistry } from "../../support/fakes/memory-registry.ts";
import { createMemorySource } from "../../support/fakes/memory-source.ts";
import { ACCOUNT, aSpec, put, REGION } from "../../support/registrations.ts";

const T = 1_800_000_000_000;

async function findWorld(
  specs: Readonly<Record<string, RegistrationSpec["dataFrom"]>>,
  provider: RegistrationSpec["store"]["provider"] = "SecretsManager",
) {
  const registry = createMemoryRegistry();
  const registrations = new Map<string, Awaited<ReturnType<typeof put>>>();
  for (const [name, dataFrom] of Object.entries(specs)) {
    const spec = aSpec({ name });
    registrations.set(name, await put(registry, { ...spec, store: { ...spec.store, provider }, data: [], dataFrom }, T - 900_000));
  }
  const synced: SyncRequest[] = [];
  const opened: Openings[] = [];
  const sync: SyncTargets = async (requests, _deadline, openings = new Map()) => {
    synced.push(...requests);
    opened.push(openings);
    return requests.map((request) => ({ kind: "done", request }));
  };
  const clock = createManualClock(T + 2_000);
  const deps = {
    registry,
    queue: createMemoryQueue(),
    log: createMemoryLog(),
    clock,
    sync,
    provider: createMemorySource(clock),
    bounds: DEFAULT_BOUNDS,
  };
  const onChange = createOnSecretChange({ ...deps, fastPathTargets: 20 });
  return {
    registry,
    synced,
    opened,
    registrations,
    handle: (change: SecretChange) => onChange(change, T + 60_000, "event-1"),
    woken: () => synced.map(({ registration }) => registration.split("/").at(-1)),
  };
}

const find = (rule: FindRule): RegistrationSpec["dataFrom"] => [{ find: rule }];
const arn = (name: string) => `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}-AbCdEf`;
const moved = (name: string, label = "AWSCURRENT"): SecretChange => ({
  kind: "label moved",
  arn: arn(name),
  name,
  label,
  versionId: "v2",
  at: T,
});
const changed = (name: string): SecretChange => ({ kind: "secret changed", arn: arn(name), name, at: T });
const retagged = (name: string): SecretChange => ({ kind: "tags changed", arn: arn(name), name, at: T });
const parameter = (kind: Extract<SecretChange["kind"], `parameter${string}`>, name: string): SecretChange => {
  return { kind, arn: `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter${name}`, name, at: T };
};
const keyOf = (name: string, version = "stage/AWSCURRENT") => `SecretsManager|${ACCOUNT}|${REGION}|${version}|${name}`;

describe("a new version of a secret", () => {
  it("wakes the rules that its name matches, with the notice, and counts on them", async () => {
    const { handle, synced, opened, registry } = await findWorld({
      a: find({ nameRegexp: "^shop/" }),
      b: find({ path: "shop/", nameRegexp: "db$" }),
      c: find({ nameRegexp: "^pay/" }),
    });

    expect(await handle(moved("shop/db"))).toEqual({ targets: 2, path: "fast" });

    const notice = { reference: keyOf("shop/db"), versionId: "v2", at: T };
    expect(synced.map((one) => [one.registration, one.notice, one.need])).toEqual([
      ["tokyo/app/a", notice, T + 999],
      ["tokyo/app/b", notice, T + 999],
    ]);
    expect(opened).toEqual([new Map([[keyOf("shop/db"), 2]])]);
    expect(await registry.openPropagations(keyOf("shop/db"))).toMatchObject([{ expected: 2 }]);
  });

  it("wakes each once that both remembers it and matches it", async () => {
    const { handle, synced, opened, registry, registrations } = await findWorld({ a: find({ nameRegexp: "^shop/" }) });
    const a = registrations.get("a");
    if (a === undefined) throw new Error("no a");
    await registry.record(a, { applied: { [keyOf("shop/db")]: { versionId: "v1", asOf: 1 } } });

    await handle(moved("shop/db"));

    expect(synced).toHaveLength(1);
    expect(opened).toEqual([new Map([[keyOf("shop/db"), 1]])]);
  });

  it.each([
    { name: "another label", change: moved("shop/db", "AWSPENDING") },
    { name: "another account", change: { ...moved("shop/db"), arn: arn("shop/db").replace(ACCOUNT, "999999999999") } },
    { name: "another region", change: { ...moved("shop/db"), arn: arn("shop/db").replace(REGION, "us-east-1") } },
  ])("of $name wakes no rule", async ({ change }) => {
    const { handle } = await findWorld({ a: find({ nameRegexp: "" }) });

    expect(await handle(change)).toEqual({ targets: 0, path: "none" });
  });

  it("tells each identity's reader of a reference of its own", async () => {
    const { handle, synced, registry } = await findWorld({ own: find({ nameRegexp: "" }) });
    const spec = aSpec({ name: "role" });
    const access = { id: "r1", base: { kind: "function" }, roles: [{ arn: `arn:aws:iam::${ACCOUNT}:role/r` }] } as const;
    await put(registry, { ...spec, store: { ...spec.store, access }, data: [], dataFrom: find({ nameRegexp: "" }) }, T);

    await handle(moved("x"));

    expect(synced.map(({ notice }) => notice?.reference)).toEqual([keyOf("x"), keyOf("x").replace(ACCOUNT, `${ACCOUNT}~r1`)]);
  });
});

describe("a rule by tags", () => {
  it("is woken by the first event of a secret, and by no later one while nothing is told of its tags", async () => {
    const { handle, woken, opened, registry } = await findWorld({ a: find({ tags: { env: "prod" } }) });

    await handle(moved("any"));
    expect(woken()).toEqual(["a"]);
    // Its tags may turn it away: nobody counts on it.
    expect(opened).toEqual([new Map()]);
    // That it was absent once says nothing of its tags.
    await registry.advanceHead(keyOf("any", "tags"), { versionId: "absent", since: T - 2, asOf: T - 2 });
    expect(await handle(moved("any"))).toMatchObject({ targets: 1 });
    await registry.advanceHead(keyOf("any", "tags"), { versionId: "digest", since: T, asOf: T });

    expect(await handle(moved("any"))).toEqual({ targets: 0, path: "none" });
  });

  it("is woken by a change of tags where the name matches, with the secret to look at", async () => {
    const { handle, synced } = await findWorld({
      a: find({ tags: { env: "prod" } }),
      b: find({ path: "shop/", tags: { env: "prod" } }),
      c: find({ nameRegexp: "" }),
    });

    await handle(retagged("pay/db"));

    expect(synced.map(({ registration, candidate, notice }) => [registration, candidate, notice])).toEqual([
      ["tokyo/app/a", keyOf("pay/db"), undefined],
    ]);
  });
});

describe("a secret that goes or comes back", () => {
  it("wakes all rules that its name matches, with the secret to look at", async () => {
    const { handle, synced } = await findWorld({
      a: find({ nameRegexp: "^shop/" }),
      b: find({ tags: { env: "prod" } }),
      c: find({ nameRegexp: "^pay/" }),
    });

    await handle(changed("shop/db"));

    expect(synced.map(({ registration, candidate }) => [registration, candidate])).toEqual([
      ["tokyo/app/a", keyOf("shop/db")],
      ["tokyo/app/b", keyOf("shop/db")],
    ]);
  });
});

describe("an event of Parameter Store", () => {
  const rules = {
    byName: find({ path: "/shop", nameRegexp: "" }),
    byTags: find({ tags: { env: "prod" } }),
    other: find({ path: "/pay", nameRegexp: "" }),
  };

  it.each([
    { kind: "parameter came or went", want: ["byName", "byTags"] },
    { kind: "parameter updated", want: ["byName"] },
    { kind: "parameter labelled", want: [] },
    { kind: "parameter tags changed", want: ["byTags"] },
  ] as const)("that tells '$kind' wakes $want", async ({ kind, want }) => {
    const { handle, woken, synced } = await findWorld(rules, "ParameterStore");

    await handle(parameter(kind, "/shop/db"));

    expect(woken()).toEqual(want);
    const key = referenceKey({ provider: "ParameterStore", account: ACCOUNT, region: REGION, key: "/shop/db", version: "latest" });
    expect(synced.map(({ candidate }) => candidate)).toEqual(want.map(() => key));
  });
});
