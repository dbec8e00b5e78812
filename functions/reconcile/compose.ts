/** Composes `reconcile`, which the schedule wakes; all that may fail is made at the first run. */
import { createClusterExternalSecrets } from "../../src/app/cluster-external-secrets.ts";
import { settlePropagation } from "../../src/app/propagation.ts";
import { createReconcile } from "../../src/app/reconcile.ts";
import { createClustersRuntime } from "../clusters-runtime.ts";
import { createHandler, type LambdaHandler } from "../middleware.ts";
import { createRuntime, once, type Surroundings } from "../runtime.ts";

/** What is loaded only where it is needed. */
export interface ReconcileModules {
  readonly refreshAll: () => Promise<typeof import("../../src/app/refresh-all.ts")>;
}

export function composeReconcile(on: Surroundings, modules: ReconcileModules): LambdaHandler<void> {
  const { log, clock } = on;
  const reconcile = once(() => {
    const runtime = createRuntime(on);
    const deps = { ...runtime, ...createClustersRuntime(on, runtime), log };
    const loadRefresh = once(async () => (await modules.refreshAll()).createRefreshAll(deps));
    const clusterExternalSecrets = createClusterExternalSecrets({ ...deps, loadRefresh });
    return createReconcile({
      ...deps,
      clusterExternalSecrets,
      settlePropagation: async (propagation) => settlePropagation(deps, propagation),
    });
  });

  return createHandler({
    name: "reconcile",
    log,
    clock,
    // The event says only that it is time.
    parse: () => undefined,
    async handle(_event, deadline) {
      const run = await reconcile();
      log.info("reconciled", { ...(await run(deadline)) });
    },
  });
}
