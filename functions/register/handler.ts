/** Lambda `register`: the custom resource that holds the config; composed from the environment at the first request. */
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { createConfigReader } from "../../src/adapters/aws/config-object.ts";
import { systemClock } from "../../src/adapters/system-clock.ts";
import { createClusterExternalSecrets } from "../../src/app/cluster-external-secrets.ts";
import { createRegister } from "../../src/app/register.ts";
import { clientOptions } from "../../src/core/remote-calls.ts";
import { createClusterAccess } from "../clusters-runtime.ts";
import { textOf } from "../environment.ts";
import { createRuntime, environment, once, processLog } from "../runtime.ts";
import { createSendAnswer } from "./custom-resource.ts";
import { createRegisterHandler } from "./registration.ts";

const register = once(() => {
  const runtime = createRuntime(environment);
  const deps = { ...runtime, ...createClusterAccess(environment, runtime), log: processLog };
  return createRegister({ ...deps, clusterExternalSecrets: createClusterExternalSecrets(deps) });
});
const readConfig = once(() => createConfigReader(new S3Client(clientOptions())));
const lambda = once(() => new LambdaClient(clientOptions()));

export const handler = createRegisterHandler({
  log: processLog,
  clock: systemClock,
  readConfig: async (place) => (await readConfig())(place),
  register: async (config, deadline) => (await register())(config, deadline),
  async invokeSelf(event) {
    const FunctionName = textOf(environment, "AWS_LAMBDA_FUNCTION_NAME");
    const client = await lambda();
    await client.send(new InvokeCommand({ FunctionName, InvocationType: "Event", Payload: JSON.stringify(event) }));
  },
  sendAnswer: createSendAnswer(systemClock),
});
