/** Lambda `reconcile`: woken by the schedule; composed from the environment at the first run. */
import { systemClock } from "../../src/adapters/system-clock.ts";
import { createClusterExternalSecrets } from "../../src/app/cluster-external-secrets.ts";
import { settlePropagation } from "../../src/app/propagation.ts";
import { createReconcile } from "../../src/app/reconcile.ts";
import { createClustersRuntime } from "../clusters-runtime.ts";
import { createHandler } from "../middleware.ts";
import { createRuntime, environment, once, processLog } from "../runtime.ts";

const reconcile = once(() => {
  const runtime = createRuntime(environment);
  const deps = { ...runtime, ...createClustersRuntime(environment, runtime), log: processLog };
  const clusterExternalSecrets = createClusterExternalSecrets(deps);
  return createReconcile({
    ...deps,
    clusterExternalSecrets,
    settlePropagation: async (propagation) => settlePropagation(deps, propagation),
  });
});

export const handler = createHandler({
  name: "reconcile",
  log: processLog,
  clock: systemClock,
  // The event says only that it is time.
  parse: () => undefined,
  async handle(_event, deadline) {
    const run = await reconcile();
    processLog.info("reconciled", { ...(await run(deadline)) });
  },
});
