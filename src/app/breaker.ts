/** A breaker per cluster: a dead one is tried a few times a minute whatever waits for it, and holds up nobody (rule 7). */
import { isRelayError, RelayError } from "../core/errors.ts";
import type { Millis } from "../core/model.ts";
import type { Breaker, Clock, Log, Registry } from "../core/ports.ts";

export interface BreakerDeps {
  readonly registry: Pick<Registry, "setBreaker" | "claimTrial">;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
}

/** What stands before every call to one cluster, for one batch. */
export interface Gate {
  /** @throws ClusterUnreachable at once where the breaker is open, else what the call throws */
  pass<T>(call: () => Promise<T>): Promise<T>;
  /** When the cluster may be tried again; undefined while it is not known to be dead. */
  openUntil(): Millis | undefined;
}

const OPENS_AFTER = 3;
const OPEN_BASE_MS = 5_000;
/** So a dead cluster is tried at least three times a minute, and is back soon after it is. */
const OPEN_MAX_MS = 20_000;
/** For so long nobody else tries while one trial is under way: longer than a request may take. */
const TRIAL_MS = 20_000;

/** How long a breaker stays open after so many failures in a row; 0 where it stays closed. */
function openFor(failures: number): number {
  if (failures < OPENS_AFTER) return 0;
  return Math.min(OPEN_BASE_MS * 2 ** Math.min(failures - OPENS_AFTER, 10), OPEN_MAX_MS);
}

/**
 * Only silence counts as failure. Credentials that are refused, rights that are missing and throttling are answers: the cluster
 * lives, and its answer costs no time-out.
 */
function isSilence(error: unknown): boolean {
  return isRelayError(error) && error.code === "ClusterUnreachable";
}

/** What a call fails with that is not even tried. */
export function breakerIsOpen(cluster: string): RelayError {
  return new RelayError("ClusterUnreachable", cluster, { detail: "it did not answer lately, and is not tried before its time" });
}

/** `loaded` is the breaker as it was read with the batch. */
export function createGate({ registry, clock, log }: BreakerDeps, cluster: string, loaded: Breaker): Gate {
  /** As the registry was last seen to hold it. */
  let kept = loaded;
  let { failures } = loaded;
  let shutUntil: Millis | undefined = loaded.openUntil === 0 ? undefined : loaded.openUntil;
  let trial: Promise<void> | undefined;

  const isOpen = (): boolean => shutUntil !== undefined && clock.now() < shutUntil;
  /** It is advice, not a fence: a sync never fails by it. */
  async function keep(breaker: Breaker | undefined): Promise<void> {
    kept = breaker ?? { failures: 0, openUntil: 0 };
    try {
      await registry.setBreaker(cluster, breaker);
    } catch (error) {
      if (!isRelayError(error)) throw error;
      log.warn("breaker not kept", { cluster, code: error.code });
    }
  }

  const isSuspect = (): boolean => failures > 0 || shutUntil !== undefined;
  async function acquit(): Promise<void> {
    failures = 0;
    shutUntil = undefined;
    await keep(undefined);
  }

  async function failed(): Promise<void> {
    failures += 1;
    const openMs = openFor(failures);
    shutUntil = openMs > 0 ? clock.now() + openMs : undefined;
    if (openMs > 0) log.warn("breaker opened", { cluster, failures });
    await keep({ failures, openUntil: shutUntil ?? 0 });
  }

  async function watched<T>(call: () => Promise<T>): Promise<T> {
    try {
      const result = await call();
      if (isSuspect()) await acquit();
      return result;
    } catch (error) {
      // Those that were under way when it opened say nothing new; a fault of our own says nothing of the cluster.
      if (isSilence(error) && !isOpen()) await failed();
      else if (isRelayError(error) && !isSilence(error) && isSuspect()) await acquit();
      throw error;
    }
  }

  /** Its time has come: one of all workers tries one call. */
  async function tryAlone<T>(call: () => Promise<T>): Promise<T> {
    const until = clock.now() + TRIAL_MS;
    const isOurs = await registry.claimTrial(cluster, kept, until);
    if (!isOurs) {
      shutUntil = until;
      throw breakerIsOpen(cluster);
    }
    return watched(call);
  }

  return {
    openUntil: () => (isOpen() ? shutUntil : undefined),

    pass: (call) => (trial === undefined && shutUntil === undefined ? watched(call) : passSuspect(call)),
  };

  async function passSuspect<T>(call: () => Promise<T>): Promise<T> {
    // A trial that ended by a fault of our own leaves the next one to whoever comes first.
    for (let current = trial; current !== undefined; current = trial) await current;
    if (isOpen()) throw breakerIsOpen(cluster);
    if (shutUntil === undefined) return watched(call);
    const alone = tryAlone(call);
    const end = (): void => {
      trial = undefined;
    };
    // Those that wait for it are told by the state that it leaves; only its own caller gets its failure.
    trial = alone.then(end, end);
    return alone;
  }
}
