/** Lambda `on-secret-change`. */
import { deployed } from "../runtime.ts";
import { composeOnSecretChange } from "./compose.ts";

export const handler = composeOnSecretChange(deployed);
