/** Composes `register`, the custom resource that holds the config; all that may fail is made at the first request. */
import { S3Client } from "@aws-sdk/client-s3";
import { createConfigReader } from "../../src/adapters/aws/config-object.ts";
import { createClusterExternalSecrets } from "../../src/app/cluster-external-secrets.ts";
import { createRegister } from "../../src/app/register.ts";
import { createClusterAccess } from "../clusters-runtime.ts";
import { textOf } from "../environment.ts";
import type { LambdaHandler } from "../middleware.ts";
import { createRuntime, once, type Surroundings } from "../runtime.ts";
import { createSendAnswer } from "./custom-resource.ts";
import { createRegisterHandler } from "./registration.ts";

export function composeRegister(on: Surroundings): LambdaHandler<void> {
  const { environment, log, clock, awsOptions } = on;
  const register = once(() => {
    const runtime = createRuntime(on);
    const loadRefresh = async () => (await on.modules.refreshNamespaces()).refreshNamespaces;
    const deps = { ...runtime, ...createClusterAccess(on, runtime), log, loadRefresh };
    return createRegister({ ...deps, clusterExternalSecrets: createClusterExternalSecrets(deps) });
  });
  const readConfig = once(() => createConfigReader(new S3Client(awsOptions()), on.modules.namespaceShapes));
  const invoke = once(async () => (await on.modules.invokeSelf()).createInvoke(awsOptions()));

  return createRegisterHandler({
    log,
    clock,
    readConfig: async (place) => (await readConfig())(place),
    register: async (config, deadline) => (await register())(config, deadline),
    async invokeSelf(event) {
      const FunctionName = textOf(environment, "AWS_LAMBDA_FUNCTION_NAME");
      await (await invoke())(FunctionName, event);
    },
    sendAnswer: createSendAnswer(clock, on.fetch),
  });
}
