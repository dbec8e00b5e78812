/** A worker in a process of its own, to be killed: handles one event of the bus as `on-secret-change` does. Its input is the environment. */
import { systemClock } from "../../../src/adapters/system-clock.ts";
import { captureLog, lambdaContext } from "../invocations.ts";
import { composeFunctions, type FunctionsOptions } from "./functions.ts";

/** `aheadMs`: so far is the world's time ahead of this machine's. */
export type WorkerInput = Omit<FunctionsOptions, "clock" | "log"> & { readonly event: unknown; readonly aheadMs: number };

const { event, aheadMs, ...options } = JSON.parse(process.env["WORKER_INPUT"] ?? "") as WorkerInput;
const clock = { ...systemClock, now: () => systemClock.now() + aheadMs, latest: () => systemClock.latest() + aheadMs };
const functions = composeFunctions({ ...options, clock, log: captureLog(clock).log });
await functions.onSecretChange(event, lambdaContext());
functions.close();
