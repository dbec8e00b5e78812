/** Lambda `register`. */
import { guardCrashes } from "../crash-guard.ts";
import { deployed } from "../runtime.ts";
import { composeRegister } from "./compose.ts";

guardCrashes(deployed.log, process);

export const handler = composeRegister(deployed, {
  refreshAll: () => import("../../src/app/refresh-all.ts"),
  clusterAccess: () => import("../cluster-access.ts"),
  namespaceShapes: () => import("../../src/adapters/aws/cluster-external-secret-shape.ts"),
  invokeSelf: () => import("./invoke-self.ts"),
});
