/** The parts of the registry's contract that have a file of their own. */
import { describeClusterExternalSecrets } from "./registry-cluster-external-secrets.ts";
import { describeClusters, describeHeads } from "./registry-heads.ts";
import { describeRuns } from "./registry-runs.ts";
import { describeTurns, describeWakes } from "./registry-wakes.ts";

export const REGISTRY_PARTS = [
  describeHeads,
  describeClusters,
  describeWakes,
  describeTurns,
  describeRuns,
  describeClusterExternalSecrets,
] as const;
