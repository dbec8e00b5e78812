/**
 * Every call that leaves the process × everything that can happen to it, on real parts: after the fault goes away all targets
 * converge within one reconcile interval, and then nothing is written for three more (docs/faults.md).
 */
import { afterAll, describe, it } from "@jest/globals";
import { expectRecovery } from "../../support/faults/cell.ts";
import { RUNS } from "../../support/faults/matrix.ts";
import { type FaultParts, startFaultParts } from "../../support/faults/parts.ts";

let starting: Promise<FaultParts> | undefined;
// Concurrent tests begin before any `beforeAll` has ended: so whoever comes first starts the parts for all.
const parts = (): Promise<FaultParts> => (starting ??= startFaultParts());

afterAll(async () => {
  await (await starting)?.stop();
});

describe.each([...Map.groupBy(RUNS, ({ row }) => row)])("%s", (_row, runs) => {
  it.concurrent.each(runs)("$title: converges, and then is silent", async ({ cells }) => expectRecovery(await parts(), cells));
});
