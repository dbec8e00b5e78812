/** Lambda `sync`. */
import { guardCrashes } from "../crash-guard.ts";
import { deployed } from "../runtime.ts";
import { composeSync } from "./compose.ts";

guardCrashes(deployed.log, process);

export const handler = composeSync(deployed);
