/** How targets go from one registration to another by a register run: by removal, by a move, in a ring. */
import { describe, expect, it } from "@jest/globals";
import { leftBehindId, type ResolvedConfig } from "../../../src/core/model.ts";
import { briefs, configOf, LIFETIME, registerWorld, T } from "../../support/register-world.ts";
import { aCluster, aSpec, brief } from "../../support/registrations.ts";

describe("targets that change hands by a register run", () => {
  it("moves a target from a removed registration to a new one in the same run", async () => {
    const { registry, run, sent } = registerWorld();
    await run(configOf({ name: "a", target: "shared" }));
    sent();

    await run(configOf({ name: "b", target: "shared" }));

    expect(await registry.owner("tokyo/app/shared")).toBe("tokyo/app/b");
    expect(briefs(sent())).toEqual(["prune tokyo/app/a", "sync tokyo/app/b"]);
  });

  it("wakes the prunes that wait for what the owner of their target writes, where it goes or moves on without", async () => {
    const { run, sent } = registerWorld();
    await run(configOf({ name: "a", target: "x" }, { name: "b", target: "y" }));
    await run(configOf({ name: "c", target: "x" }, { name: "d", target: "y" }));
    sent();

    await run(configOf({ name: "d", target: "z" }));

    const notBefore = T + LIFETIME;
    const prunes = sent().filter(({ prune }) => prune !== undefined);
    expect(prunes.map((one) => [brief(one), one.target, one.prune])).toEqual([
      ["prune tokyo/app/c", "tokyo/app/x", { generation: 3, notBefore }],
      ["prune tokyo/app/a", "tokyo/app/x", { generation: 2, notBefore }],
      [`prune ${leftBehindId("tokyo/app/d", 3)}`, "tokyo/app/y", { generation: 3, notBefore }],
      ["prune tokyo/app/b", "tokyo/app/y", { generation: 2, notBefore }],
    ]);
  });

  it("tells who takes a target over what was found for it, by a registration that goes or that moves on", async () => {
    const finding = (name: string, target: string): ResolvedConfig["registrations"][number] => {
      const spec = aSpec({ name, target });
      return { ...spec, data: [], dataFrom: [{ find: { nameRegexp: "^shop/" } }] };
    };
    const { registry, run, get } = registerWorld();
    const clusters = [aCluster("tokyo")];
    await run({ clusters, registrations: [finding("a", "x"), finding("b", "y")] });
    const keys = ["a", "b"].map((name) => `SecretsManager|111122223333|eu-west-1|stage/AWSCURRENT|shop/of-${name}`);
    for (const [index, name] of ["a", "b"].entries()) {
      const now = await get(name);
      if (now !== undefined) await registry.record(now, { applied: { [keys[index] ?? ""]: { versionId: "v1", asOf: 1 } } });
    }

    // c takes x from a, which goes, and d takes y from b, which moves on.
    await run({ clusters, registrations: [finding("c", "x"), finding("b", "z"), finding("d", "y")] });

    const unapplied = { versionId: "unapplied", asOf: 0 };
    expect((await get("c"))?.applied).toEqual({ [keys[0] ?? ""]: unapplied });
    expect((await get("d"))?.applied).toEqual({ [keys[1] ?? ""]: unapplied });
    expect((await get("b"))?.applied).toEqual({ [keys[1] ?? ""]: unapplied });
  });

  it("prunes the old target of a registration that names another", async () => {
    const { registry, queue, run, get } = registerWorld();
    await run(configOf({ name: "a", target: "old" }));
    queue.drain();

    expect(await run(configOf({ name: "a", target: "new" }))).toMatchObject({ changed: 1, removed: 0 });
    const id = leftBehindId("tokyo/app/a", 2);
    expect(queue.sent.map(({ request }) => [brief(request), request.target])).toEqual([
      ["sync tokyo/app/a", "tokyo/app/new"],
      [`prune ${id}`, "tokyo/app/old"],
    ]);
    expect(queue.sent[1]).toMatchObject({ request: { prune: { generation: 2, notBefore: T + LIFETIME } }, delayMs: LIFETIME });
    const found = await registry.load([{ registration: id, target: "tokyo/app/old" }], []);
    expect(found.registrations.get(id)?.registration).toMatchObject({ phase: "tombstone", generation: 2 });
    expect(await get("a")).toMatchObject({ phase: "live", spec: { target: { name: "new" } } });
    expect(await run(configOf({ name: "a", target: "new" }))).toMatchObject({ unchanged: 1, removed: 0, added: 0 });
  });

  it("lets a target be taken in a later pass from one that leaves it in this run", async () => {
    const { registry, run } = registerWorld();
    await run(configOf({ name: "a", target: "one" }, { name: "b", target: "two" }));

    expect(await run(configOf({ name: "a", target: "two" }, { name: "b", target: "three" }))).toMatchObject({ changed: 2 });
    expect(await registry.owner("tokyo/app/two")).toBe("tokyo/app/a");
    expect(await registry.owner("tokyo/app/three")).toBe("tokyo/app/b");
  });

  it("swaps the targets of two registrations", async () => {
    const { registry, run, get } = registerWorld();
    await run(configOf({ name: "a", target: "one" }, { name: "b", target: "two" }, { name: "c" }));

    const swapped = configOf({ name: "a", target: "two" }, { name: "b", target: "one" }, { name: "c" });

    expect(await run(swapped)).toMatchObject({ kind: "finished", changed: 2, unchanged: 1 });
    expect(await registry.owner("tokyo/app/two")).toBe("tokyo/app/a");
    expect(await registry.owner("tokyo/app/one")).toBe("tokyo/app/b");
    expect((await get("a"))?.phase).toBe("live");
    expect((await get("b"))?.phase).toBe("live");
    expect(await run(swapped)).toMatchObject({ unchanged: 3 });
  });

  it("breaks no ring that another run of the same config has broken meanwhile", async () => {
    let hasRun = false;
    const { registry, run, get } = registerWorld((memory) => ({
      async owner(target) {
        const owner = await memory.owner(target);
        if (hasRun) return owner;
        hasRun = true;
        await run(configOf({ name: "a", target: "two" }, { name: "b", target: "one" }));
        return owner;
      },
    }));
    await run(configOf({ name: "a", target: "one" }, { name: "b", target: "two" }));

    await run(configOf({ name: "a", target: "two" }, { name: "b", target: "one" }));

    expect([await registry.owner("tokyo/app/one"), await registry.owner("tokyo/app/two")]).toEqual(["tokyo/app/b", "tokyo/app/a"]);
    expect([(await get("a"))?.phase, (await get("b"))?.phase]).toEqual(["live", "live"]);
    expect([(await get("a"))?.generation, (await get("b"))?.generation]).toEqual([3, 3]);
  });

  it("names a conflict that no order mends, after it did everything else", async () => {
    const { run, get, sent } = registerWorld();

    const config = configOf({ name: "a", target: "shared" }, { name: "b", target: "shared" }, { name: "c" });

    await expect(run(config)).rejects.toMatchObject({
      code: "OwnedByRegistration",
      subject: "tokyo/app/b",
      message: expect.stringContaining("tokyo/app/b wants tokyo/app/shared, which belongs to tokyo/app/a"),
    });
    expect(await get("c")).toBeDefined();
    expect(briefs(sent())).toEqual(["sync tokyo/app/a", "sync tokyo/app/c"]);
  });
});
