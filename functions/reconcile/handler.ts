/** Lambda `reconcile`. */
import { guardCrashes } from "../crash-guard.ts";
import { deployed } from "../runtime.ts";
import { composeReconcile } from "./compose.ts";

guardCrashes(deployed.log, process);

export const handler = composeReconcile(deployed, { refreshAll: () => import("../../src/app/refresh-all.ts") });
