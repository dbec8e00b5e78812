/** Watches the targets in their clusters, as a user's own watch would: what each holds now, and when it comes to hold something. */
import type { V1Secret } from "@kubernetes/client-node";
import { type TargetKey, targetKey } from "../../core/model.ts";
import { type ApiAccess, watchSecrets } from "../../local/kubernetes-api.ts";
import type { ExpectedTargets } from "./expected-targets.ts";

export interface TargetWatch {
  /**
   * Waits until each target holds what is expected, at most until `timeoutMs` from now. `onArrival` is told of each as it does, at once
   * where it does already. @returns the targets that are missing at the end; empty: all arrived
   */
  readonly waitFor: (expected: ExpectedTargets, timeoutMs: number, onArrival: (target: TargetKey) => void) => Promise<readonly TargetKey[]>;
  /** Tells of each target that changes or goes from now on. */
  readonly onChange: (tell: (target: TargetKey, secret: V1Secret | undefined) => void) => void;
}

/** Starts a watch of each namespace in each cluster; they end when the signal aborts. */
export function watchTargets(clusters: ReadonlyMap<string, ApiAccess>, namespaces: readonly string[], signal: AbortSignal): TargetWatch {
  const held = new Map<TargetKey, V1Secret>();
  const listeners = new Set<(target: TargetKey, secret: V1Secret | undefined) => void>();
  for (const [cluster, access] of clusters) {
    for (const namespace of namespaces) {
      const onSecret = (name: string, secret: V1Secret | undefined): void => {
        const target = targetKey({ cluster, namespace, name });
        // A watch that was made anew tells again of what is known.
        if (held.get(target)?.metadata?.resourceVersion === secret?.metadata?.resourceVersion) return;
        if (secret === undefined) held.delete(target);
        else held.set(target, secret);
        for (const tell of listeners) tell(target, secret);
      };
      // It ends with the signal only, and never fails.
      void watchSecrets(access, namespace, onSecret, signal);
    }
  }
  return {
    onChange(tell) {
      listeners.add(tell);
    },
    async waitFor(expected, timeoutMs, onArrival) {
      const missing = new Map(expected);
      const check = (target: TargetKey): void => {
        const wanted = missing.get(target);
        if (wanted === undefined || !holds(held.get(target)?.data ?? {}, wanted)) return;
        missing.delete(target);
        onArrival(target);
      };
      for (const target of expected.keys()) check(target);
      if (missing.size > 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(end, timeoutMs);
          const listen = (target: TargetKey): void => {
            check(target);
            if (missing.size === 0) end();
          };
          function end(): void {
            clearTimeout(timer);
            listeners.delete(listen);
            signal.removeEventListener("abort", end);
            resolve();
          }
          listeners.add(listen);
          signal.addEventListener("abort", end);
        });
      }
      return [...missing.keys()];
    },
  };
}

/** Keys of others may be there too: a target may be shared (creationPolicy Merge). */
function holds(held: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => held[key] === value);
}
