/** Composes `on-secret-change`; all that may fail is made at the first event. */
import { SQSClient } from "@aws-sdk/client-sqs";
import { createFailureQueue } from "../../src/adapters/aws/sqs-queue.ts";
import { createOnSecretChange } from "../../src/app/on-secret-change.ts";
import { createClustersRuntime, createSync } from "../clusters-runtime.ts";
import { numberOf, textOf } from "../environment.ts";
import type { LambdaHandler } from "../middleware.ts";
import { createRuntime, once, type Surroundings } from "../runtime.ts";
import { createOnSecretChangeHandler } from "./dispatch.ts";

export function composeOnSecretChange(on: Surroundings): LambdaHandler<void> {
  const { environment, log, clock, awsOptions } = on;
  const onSecretChange = once(async () => {
    const runtime = createRuntime(on);
    const parts = createClustersRuntime(on, runtime);
    const sync = await createSync(on, runtime, parts);
    return createOnSecretChange({ ...runtime, ...parts, log, sync, fastPathTargets: numberOf(environment, "FAST_PATH_TARGETS", 20) });
  });
  // Apart from the rest: a malformed event finds its way out even where the hash key can't be read.
  const failureQueue = once(() => createFailureQueue(new SQSClient(awsOptions()), textOf(environment, "FAILURE_QUEUE_URL")));

  return createOnSecretChangeHandler({ log, clock, onSecretChange, sendLetter: async (letter) => (await failureQueue())(letter) });
}
