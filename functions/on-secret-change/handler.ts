/** Lambda `on-secret-change`. */
import { guardCrashes } from "../crash-guard.ts";
import { deployed } from "../runtime.ts";
import { composeOnSecretChange } from "./compose.ts";

guardCrashes(deployed.log, process);

export const handler = composeOnSecretChange(deployed);
