/** Conditional changes that come together share calls, and nothing else: conditions, outcomes and failures stay each one's own. */
import { describe, expect, it } from "@jest/globals";
import { createGatheredChanges } from "../../../src/adapters/aws/gathered-changes.ts";
import type { Change, Outcome } from "../../../src/adapters/aws/table.ts";
import { RelayError } from "../../../src/core/errors.ts";

const change = (name: string): Change => ({ key: { pk: name, sk: "REG" }, set: { name }, condition: "#rev = :rev", values: { rev: 1 } });
const names = (changes: readonly Change[]) => changes.map(({ key }) => key.pk);

/** A table that holds its calls until they are let go; `stale` are those whose condition fails, `broken` those whose call does. */
function world(given: { readonly stale?: readonly string[]; readonly broken?: readonly string[]; readonly reason?: string } = {}) {
  const { stale = [], broken = [], reason = "TimeoutError" } = given;
  const calls: (readonly string[])[] = [];
  const held: (() => void)[] = [];
  const call = async (called: readonly string[]): Promise<void> => {
    calls.push(called);
    await new Promise<void>((resolve) => held.push(resolve));
    if (called.some((name) => broken.includes(name))) {
      throw new RelayError("RegistryUnavailable", "table", { remote: { service: "dynamodb", operation: "any", reason } });
    }
  };
  const gathered = createGatheredChanges({
    async change(one) {
      await call(names([one]));
      const isWritten = !stale.includes(one.key.pk);
      return { isWritten, item: isWritten ? undefined : { owner: "somebody" } };
    },
    async transact(changes) {
      await call(names(changes));
      const outcomes = changes.map(({ key }): Outcome => {
        const isWritten = !stale.includes(key.pk);
        return { isWritten, item: isWritten ? undefined : { owner: "somebody" } };
      });
      return outcomes.every(({ isWritten }) => isWritten) ? "written" : outcomes;
    },
  });
  const release = async (): Promise<void> => {
    while (held.length > 0) {
      held.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { calls, release, gathered, put: (...of: readonly string[]) => Promise.allSettled(of.map((name) => gathered(change(name)))) };
}

const written = { status: "fulfilled", value: { isWritten: true, item: undefined } };
const lost = { status: "fulfilled", value: { isWritten: false, item: { owner: "somebody" } } };

describe("gathered changes", () => {
  it("sends what comes alone at once and by itself", async () => {
    const { calls, release, put } = world();

    const outcome = put("a");

    expect(calls).toEqual([["a"]]);
    await release();
    expect(await outcome).toEqual([written]);
  });

  it("sends what comes while a call is under way together with the next one", async () => {
    const { calls, release, put } = world();

    const outcomes = put("a", "b", "c");
    await release();

    expect(await outcomes).toEqual([written, written, written]);
    expect(calls).toEqual([["a"], ["b", "c"]]);
  });

  it("writes the others without the one whose condition fails, and tells it what was found", async () => {
    const { calls, release, put } = world({ stale: ["c"] });

    const outcomes = put("a", "b", "c", "d");
    await release();

    expect(await outcomes).toEqual([written, written, lost, written]);
    expect(calls).toEqual([["a"], ["b", "c", "d"], ["b", "d"]]);
  });

  it("lets each find out by itself whose fault it is when the table refuses a transaction", async () => {
    const { calls, release, put } = world({ broken: ["c"], reason: "ValidationException" });

    const outcomes = put("a", "b", "c");
    await release();

    expect(await outcomes).toMatchObject([written, written, { status: "rejected", reason: { code: "RegistryUnavailable" } }]);
    expect(calls).toEqual([["a"], ["b", "c"], ["b"], ["c"]]);
  });

  it("fails all of a transaction that the table does not answer, and does not ask it for each as well", async () => {
    const { calls, release, put } = world({ broken: ["c"], reason: "TimeoutError" });

    const outcomes = put("a", "b", "c");
    await release();

    const failed = { status: "rejected", reason: { code: "RegistryUnavailable" } };
    expect(await outcomes).toMatchObject([written, failed, failed]);
    expect(calls).toEqual([["a"], ["b", "c"]]);
  });

  it("has only so many calls under way", async () => {
    const { calls, release, put } = world();

    const outcomes = put(...Array.from({ length: 200 }, (_, index) => `n${index}`));

    expect(calls.map(({ length }) => length)).toEqual([1, 25, 25, 25]);
    await release();
    expect((await outcomes).every(({ status }) => status === "fulfilled")).toBe(true);
  });

  it("does not let a call that hangs hold up the next ones: a full one goes at once, the rest soon", async () => {
    const { calls, release, put } = world();
    const many = Array.from({ length: 27 }, (_, index) => `n${index}`);

    const outcomes = put("hangs", ...many);
    expect(calls.map(({ length }) => length)).toEqual([1, 25]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(calls.map(({ length }) => length)).toEqual([1, 25, 2]);

    await release();
    expect((await outcomes).every(({ status }) => status === "fulfilled")).toBe(true);
  });
});
