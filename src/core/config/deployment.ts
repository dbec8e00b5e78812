/** Where a config is deployed: unknown when the stack is synthesised, filled in by the function that registers it. */
import type { ResolvedConfig, StoreSpec } from "../model.ts";
import type { StoreDefaults } from "./store-lookup.ts";

/**
 * The defaults of a config that is resolved before anybody knows where it goes: empty account and region stand for "the
 * deployment's own", as an ARN's empty fields do. A config resolved with them must pass `placeConfig` before it is registered.
 */
export const UNPLACED: StoreDefaults = { account: "", defaultRegion: "" };

interface Own {
  readonly account: string;
  readonly region: string;
}

function place(store: StoreSpec, own: Own): StoreSpec {
  return { ...store, account: store.account || own.account, region: store.region || own.region };
}

function placeEntry<E extends { readonly store?: StoreSpec | undefined }>(entry: E, own: Own): E {
  return entry.store === undefined ? entry : { ...entry, store: place(entry.store, own) };
}

/** Fills in the deployment's own account and region where a store names none. Key order stays (rule 8). */
export function placeConfig(config: ResolvedConfig, own: Own): ResolvedConfig {
  const { clusterExternalSecrets } = config;
  return {
    ...config,
    ...(clusterExternalSecrets === undefined
      ? {}
      : {
          clusterExternalSecrets: clusterExternalSecrets.map((one) => ({
            ...one,
            account: one.account || own.account,
            region: one.region || own.region,
          })),
        }),
    registrations: config.registrations.map((registration) => ({
      ...registration,
      store: place(registration.store, own),
      data: registration.data.map((entry) => placeEntry(entry, own)),
      dataFrom: registration.dataFrom.map((entry) => placeEntry(entry, own)),
    })),
  };
}
