/** Tells the bus what a batch did in one cluster: names and version ids only, and never so that a sync fails by it. */
import { parseReferenceKey, type Reference } from "../core/model.ts";
import type { Bus, Log, RelayEvent } from "../core/ports.ts";
import type { FailureNews } from "./sync-failure.ts";
import { codeOf, type Done, nameOf } from "./sync-job.ts";

/** One event for what was written, one for what failed anew. */
export async function announceBatch(
  deps: { readonly bus: Bus; readonly log: Log },
  cluster: string,
  { done, failures }: { readonly done: readonly Done[]; readonly failures: readonly FailureNews[] },
): Promise<void> {
  const events: RelayEvent[] = [];
  if (done.length > 0) {
    const registrations = done.map(({ registration, action, versions }) => ({
      ...namesOf(registration.spec),
      versions: namedVersions(versions),
      action,
    }));
    events.push({ type: "Secret Synced", detail: { cluster, registrations } });
  }
  if (failures.length > 0) {
    const failed = failures.map(({ registration, step, error, isRetried }) => ({
      ...namesOf(registration.spec),
      step,
      code: error.code,
      message: error.message,
      retried: isRetried,
    }));
    events.push({ type: "Secret Sync Failed", detail: { cluster, failures: failed } });
  }
  if (events.length > 0) await publish(deps, events);
}

/** @returns whether the bus took them */
export async function publish({ bus, log }: { readonly bus: Bus; readonly log: Log }, events: readonly RelayEvent[]): Promise<boolean> {
  try {
    await bus.publish(events);
    return true;
  } catch (error) {
    log.warn("events not announced", { code: codeOf(error), name: nameOf(error), events: events.length });
    return false;
  }
}

function namesOf({ namespace, name, target }: Done["registration"]["spec"]) {
  return { namespace, name, target: target.name };
}

/** Where two stores of one registration read the same key, the identity tells the two apart. */
function namedVersions(versions: Done["versions"]): Readonly<Record<string, string>> {
  const entries = Object.entries(versions).map(([reference, versionId]) => ({ ...parseReferenceKey(reference), versionId }));
  const isShared = (name: string): boolean => entries.filter((other) => remoteName(other) === name).length > 1;
  return Object.fromEntries(
    entries.map((entry) => {
      const name = remoteName(entry);
      return [entry.identity !== undefined && isShared(name) ? `${name} ~${entry.identity}` : name, entry.versionId];
    }),
  );
}

/** The key as the manifest wrote it, with the version where it asks for another than the current one. */
function remoteName({ key, version }: Pick<Reference, "key" | "version">): string {
  return version === "stage/AWSCURRENT" || version === "latest" ? key : `${key} ${version}`;
}
