/** Lambda `on-secret-change`: composed from the environment at the first event. */
import { SQSClient } from "@aws-sdk/client-sqs";
import { createFailureQueue } from "../../src/adapters/aws/sqs-queue.ts";
import { systemClock } from "../../src/adapters/system-clock.ts";
import { createOnSecretChange } from "../../src/app/on-secret-change.ts";
import { clientOptions } from "../../src/core/remote-calls.ts";
import { createClustersRuntime, createSync } from "../clusters-runtime.ts";
import { numberOf, textOf } from "../environment.ts";
import { createRuntime, environment, once, processLog } from "../runtime.ts";
import { createOnSecretChangeHandler } from "./dispatch.ts";

const onSecretChange = once(async () => {
  const runtime = createRuntime(environment);
  const parts = createClustersRuntime(environment, runtime);
  const sync = await createSync(environment, runtime, parts, processLog);
  return createOnSecretChange({ ...runtime, log: processLog, sync, fastPathTargets: numberOf(environment, "FAST_PATH_TARGETS", 20) });
});

// Apart from the rest: a malformed event finds its way out even where the hash key can't be read.
const failureQueue = once(() => createFailureQueue(new SQSClient(clientOptions()), textOf(environment, "FAILURE_QUEUE_URL")));

export const handler = createOnSecretChangeHandler({
  log: processLog,
  clock: systemClock,
  onSecretChange,
  sendLetter: async (letter) => (await failureQueue())(letter),
});
