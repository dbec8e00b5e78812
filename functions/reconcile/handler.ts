/** Lambda `reconcile`. */
import { deployed } from "../runtime.ts";
import { composeReconcile } from "./compose.ts";

export const handler = composeReconcile(deployed);
