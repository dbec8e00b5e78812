/** Where a config is deployed: unknown when the stack is synthesised, filled in by the function that registers it. */
import type { ResolvedConfig } from "../model.ts";
import type { StoreDefaults } from "./registration.ts";

/**
 * The defaults of a config that is resolved before anybody knows where it goes: empty account and region stand for "the
 * deployment's own", as an ARN's empty fields do. A config resolved with them must pass `placeConfig` before it is registered.
 */
export const UNPLACED: StoreDefaults = { account: "", defaultRegion: "" };

/** Fills in the deployment's own account and region where a store names none. Key order stays (rule 8). */
export function placeConfig(config: ResolvedConfig, own: { readonly account: string; readonly region: string }): ResolvedConfig {
  return {
    ...config,
    registrations: config.registrations.map((registration) => ({
      ...registration,
      store: {
        ...registration.store,
        account: registration.store.account || own.account,
        region: registration.store.region || own.region,
      },
    })),
  };
}
