/** Lambda `sync`. */
import { deployed } from "../runtime.ts";
import { composeSync } from "./compose.ts";

export const handler = composeSync(deployed);
