/** The real code that the model drives, as one value: planted bugs are loaded as a second copy of it. */
import { createOnSecretChange } from "../../src/app/on-secret-change.ts";
import { settlePropagation } from "../../src/app/propagation.ts";
import { createReconcile } from "../../src/app/reconcile.ts";
import { createRegister } from "../../src/app/register.ts";
import { resends, sendAll, settleMessages } from "../../src/app/settle-messages.ts";
import { createSyncTargets } from "../../src/app/sync-targets.ts";

export const useCases = {
  createOnSecretChange,
  createReconcile,
  createRegister,
  createSyncTargets,
  resends,
  sendAll,
  settleMessages,
  settlePropagation,
};

export type UseCases = typeof useCases;
