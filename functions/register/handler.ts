/** Lambda `register`. */
import { deployed } from "../runtime.ts";
import { composeRegister } from "./compose.ts";

export const handler = composeRegister(deployed);
