/** Lambda `register`. */
import { guardCrashes } from "../crash-guard.ts";
import { deployed } from "../runtime.ts";
import { composeRegister } from "./compose.ts";

guardCrashes(deployed.log, process);

export const handler = composeRegister(deployed);
