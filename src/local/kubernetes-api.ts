/** The few calls to a local API server that setting it up and watching it need: with its administrator's rights, so not the relay's way in. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  type ApiConstructor,
  type ApiType,
  CoreV1Api,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  makeInformer,
  PatchStrategy,
  type V1Secret,
} from "@kubernetes/client-node";

/** Where an API server is, and who one is there. */
export interface ApiAccess {
  readonly kubeconfig: string;
}

const RESTART_MS = 250;

/** A client of one of the API's groups: `clientOf(server, CoreV1Api)`. */
export function clientOf<T extends ApiType>(access: ApiAccess, api: ApiConstructor<T>): T {
  return configOf(access).makeApiClient(api);
}

/** Brings an object of any kind to this content. @throws ApiException with the API server's reason */
export async function applyObject(access: ApiAccess, object: KubernetesObject): Promise<void> {
  const client = KubernetesObjectApi.makeApiClient(configOf(access));
  await client.patch(object, undefined, undefined, "secret-relay-local", true, PatchStrategy.ServerSideApply);
}

/**
 * Tells of each Secret of a namespace as it is now, and then as it changes (undefined: it is gone), until the signal aborts. It outlives
 * an API server that is down for a while: what went meanwhile is told when it is back.
 */
export async function watchSecrets(
  access: ApiAccess,
  namespace: string,
  onSecret: (name: string, secret: V1Secret | undefined) => void,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  const config = configOf(access);
  const client = config.makeApiClient(CoreV1Api);
  const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/secrets`, () => client.listNamespacedSecret({ namespace }));
  const tell = (secret: V1Secret): void => onSecret(secret.metadata?.name ?? "", secret);
  informer.on("add", tell);
  informer.on("update", tell);
  informer.on("delete", ({ metadata }) => onSecret(metadata?.name ?? "", undefined));
  const ended = new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  informer.on("error", () => {
    // The connection broke or never came to be. An informer leaves it to its user to start it again.
    void sleep(RESTART_MS, undefined, { signal }).then(
      () => informer.start(),
      () => {
        // Aborted meanwhile.
      },
    );
  });
  await informer.start();
  await ended;
  await informer.stop();
}

function configOf({ kubeconfig }: ApiAccess): KubeConfig {
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  return config;
}
