/** Composes `register`, the custom resource that holds the config; all that may fail is made at the first request. */
import { S3Client } from "@aws-sdk/client-s3";
import { createConfigReader } from "../../src/adapters/aws/config-object.ts";
import { createClusterExternalSecrets } from "../../src/app/cluster-external-secrets.ts";
import { createRegister } from "../../src/app/register.ts";
import { textOf } from "../environment.ts";
import type { LambdaHandler } from "../middleware.ts";
import { createRuntime, once, type Surroundings } from "../runtime.ts";
import { createSendAnswer } from "./custom-resource.ts";
import { createRegisterHandler } from "./registration.ts";

/** What is loaded only where it is needed. */
export interface RegisterModules {
  readonly refreshAll: () => Promise<typeof import("../../src/app/refresh-all.ts")>;
  readonly clusterAccess: () => Promise<typeof import("../cluster-access.ts")>;
  readonly namespaceShapes: () => Promise<typeof import("../../src/adapters/aws/cluster-external-secret-shape.ts")>;
  readonly invokeSelf: () => Promise<typeof import("./invoke-self.ts")>;
}

export function composeRegister(on: Surroundings, modules: RegisterModules): LambdaHandler<void> {
  const { environment, log, clock, awsOptions } = on;
  const register = once(() => {
    const deps = { ...createRuntime(on), log };
    const loadRefresh = once(async () => {
      const [{ createRefreshAll }, { createClusterAccess }] = await Promise.all([modules.refreshAll(), modules.clusterAccess()]);
      return createRefreshAll({ ...deps, ...createClusterAccess(on, deps) });
    });
    return createRegister({ ...deps, clusterExternalSecrets: createClusterExternalSecrets({ ...deps, loadRefresh }) });
  });
  const readConfig = once(() => createConfigReader(new S3Client(awsOptions()), modules.namespaceShapes));
  const invoke = once(async () => (await modules.invokeSelf()).createInvoke(awsOptions()));

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
