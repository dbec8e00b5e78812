/** A worker in a process of its own, to be killed: handles one event of the bus as `on-secret-change` does. Its input is the environment. */
import { systemClock } from "../../../src/adapters/system-clock.ts";
import { captureLog, lambdaContext } from "../invocations.ts";
import { composeFunctions, type FunctionsOptions } from "./functions.ts";

export type WorkerInput = Omit<FunctionsOptions, "clock" | "log"> & { readonly event: unknown };

const { event, ...options } = JSON.parse(process.env["WORKER_INPUT"] ?? "") as WorkerInput;
const functions = composeFunctions({ ...options, clock: systemClock, log: captureLog(systemClock).log });
await functions.onSecretChange(event, lambdaContext());
functions.close();
