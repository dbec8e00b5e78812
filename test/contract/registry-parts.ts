/** The parts of the registry's contract that have a file of their own. */
import { describeClusterExternalSecrets } from "./registry-cluster-external-secrets.ts";
import { describeHandOver } from "./registry-hand-over.ts";
import { describeClusters, describeHeads } from "./registry-heads.ts";
import { describeTurns, describeWakes } from "./registry-wakes.ts";

export const REGISTRY_PARTS = [
  describeHeads,
  describeClusters,
  describeWakes,
  describeTurns,
  describeHandOver,
  describeClusterExternalSecrets,
] as const;
