/** Every state that a Secret ever had, as a watcher sees it that misses nothing: replayed by the API server from its own history. */
import { KubeConfig, type V1Secret, Watch } from "@kubernetes/client-node";
import type { ApiAccess } from "../../src/local/kubernetes-api.ts";

export interface SecretState {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly secret: V1Secret;
}

/** The events of one Secret after a resourceVersion, up to and with the one that made `until`. */
export async function historyOf(access: ApiAccess, namespace: string, from: string, until: string): Promise<readonly SecretState[]> {
  const config = new KubeConfig();
  config.loadFromString(access.kubeconfig);
  const states: SecretState[] = [];
  const ended = Promise.withResolvers<void>();
  const query = { resourceVersion: from, timeoutSeconds: 20 };
  const onEvent = (type: string, secret: V1Secret): void => {
    states.push({ type: type as SecretState["type"], secret });
    if (secret.metadata?.resourceVersion === until) ended.resolve();
  };
  const watching = await new Watch(config).watch(`/api/v1/namespaces/${namespace}/secrets`, query, onEvent, (error) => {
    if (error !== undefined && error !== null) ended.reject(new Error("the watch broke"));
    else ended.resolve();
  });
  await ended.promise;
  watching.abort();
  return states;
}
