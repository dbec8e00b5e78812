/** `secret-relay status`: each registration of every cluster, and how it stands with its target. Names and version ids only. */
import { styleText } from "node:util";
import { Command, Option } from "commander";
import { compareText } from "../core/config/diagnostics.ts";
import { didYouMean } from "../core/config/nearest.ts";
import { parseReferenceKey, type Registration } from "../core/model.ts";
import type { Registry } from "../core/ports.ts";
import { CommandFailed, type Io, wantsColour } from "./output.ts";
import { formatAge, formatTable } from "./output-table.ts";
import { namespacesTable, readNamespaces } from "./status-namespaces.ts";
import { withRegistry } from "./status-registry.ts";

interface Options {
  readonly output: "table" | "json";
  readonly stack: string;
  readonly table?: string;
  readonly cluster?: string;
  readonly local?: true;
  readonly clusterExternalSecrets?: true;
}

/** One element of `status -o json`. */
export interface StatusItem {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  /** The ClusterExternalSecret that made it; null where it is an ExternalSecret of the config. */
  readonly clusterExternalSecret: string | null;
  /** The Secret's name. */
  readonly target: string;
  /** `Removing`: the config has it no more, and its target is still to be pruned. */
  readonly state: Registration["status"]["state"] | "Removing";
  /** The applied versions, shortened; null where nothing was applied yet. */
  readonly version: string | null;
  readonly versions: readonly {
    readonly key: string;
    readonly version: string;
    readonly versionId: string;
    /** When it was certainly current. */
    readonly asOf: string;
  }[];
  /** When the state or its cause last changed. */
  readonly since: string;
  /** When the target was last seen equal to its source. */
  readonly syncedAt: string | null;
  /** Seconds since syncedAt. */
  readonly ageSeconds: number | null;
  readonly error: { readonly code: string; readonly step: string; readonly message: string } | null;
  /** Errors in a row. */
  readonly failures: number;
  /** A newer version waits until then, for its sync windows to open; null where none is known to. */
  readonly heldUntil: string | null;
}

/** The command; it throws CommandFailed where the registry can't be read. */
export function statusCommand(io: Io): Command {
  return new Command("status")
    .description("list the registrations: state, version, age and error of each")
    .addOption(new Option("-o, --output <format>", "how to print it").choices(["table", "json"]).default("table"))
    .option("--stack <name>", "the stack whose output names the table", "secret-relay")
    .option("--table <name>", "the registry's table (default: REGISTRY_TABLE, else the stack's output)")
    .option("--cluster <name>", "only this cluster")
    .option("--local", "the demonstration that npm start -- --detach left up")
    .option("--cluster-external-secrets", "the ClusterExternalSecrets instead: in which namespaces each has a registration")
    .action((options: Options) => printStatus(options, io));
}

async function printStatus(options: Options, io: Io): Promise<void> {
  const { cluster, clusterExternalSecrets: onlyNamespaces = false } = options;
  const now = Date.now();
  const { items, several, isHeld } = await withRegistry(options, io, async (registry) => {
    const found = await readStatus(registry, cluster, now);
    return {
      items: onlyNamespaces ? [] : found,
      several: await readNamespaces(registry, cluster, now),
      isHeld: !onlyNamespaces && found.some(({ state }) => state === "Removing") && (await registry.runState()).isOpen,
    };
  });
  if (isHeld) io.stderr.write(`${HELD}\n`);
  if (options.output === "json") {
    io.stdout.write(`${JSON.stringify(onlyNamespaces ? several : items, undefined, 2)}\n`);
    return;
  }
  const tables = [toTable(items, io), namespacesTable(several)].filter((table) => table !== "");
  io.stdout.write(tables.join("\n"));
  if (tables.length === 0) io.stderr.write("nothing is registered\n");
}

/** Every registration, or those of one cluster, by cluster, namespace and name. @throws CommandFailed where there is no such cluster */
export async function readStatus(registry: Registry, cluster: string | undefined, now: number): Promise<readonly StatusItem[]> {
  const names = (await registry.clusters()).map(({ spec }) => spec.name).toSorted();
  if (cluster !== undefined && !names.includes(cluster)) {
    throw new CommandFailed(`no cluster ${cluster} is registered; ${didYouMean(cluster, names) ?? "there is none at all"}`);
  }
  const items: StatusItem[] = [];
  for (const name of cluster === undefined ? names : [cluster]) {
    for await (const page of registry.ofCluster(name)) items.push(...page.map((registration) => toItem(registration, now)));
  }
  return items.toSorted(byPlace);
}

function toItem({ spec, phase, applied, status }: Registration, now: number): StatusItem {
  const versions = Object.entries(applied).map(([reference, { versionId, asOf }]) => {
    const { key, version } = parseReferenceKey(reference);
    return { key, version, versionId, asOf: iso(asOf) };
  });
  const { state, since, syncedAt, error, failures, heldUntil } = status;
  return {
    cluster: spec.cluster,
    namespace: spec.namespace,
    name: spec.name,
    clusterExternalSecret: spec.clusterExternalSecret ?? null,
    target: spec.target.name,
    state: phase === "tombstone" ? "Removing" : state,
    version: versions.length === 0 ? null : [...new Set(versions.map(({ versionId }) => versionId.slice(0, 8)))].join(","),
    versions,
    since: iso(since),
    syncedAt: syncedAt === undefined ? null : iso(syncedAt),
    ageSeconds: syncedAt === undefined ? null : Math.max(0, Math.floor((now - syncedAt) / 1000)),
    error: error === undefined ? null : { code: error.code, step: error.step, message: error.message },
    failures,
    heldUntil: heldUntil === undefined ? null : iso(heldUntil),
  };
}

const HELD =
  "a deployment has not finished its registration: what is Removing stays until one has; if none is under way, deploy once more, with any change of the config";
const HEADER = ["CLUSTER", "NAMESPACE", "NAME", "TARGET", "STATE", "VERSION", "AGE", "ERROR"];
const COLOURS: Readonly<Record<string, "green" | "red" | "yellow">> = { Synced: "green", Error: "red" };

/** For people; nothing at all where there is nothing to list. */
export function toTable(items: readonly StatusItem[], io: Pick<Io, "stdout" | "env">): string {
  if (items.length === 0) return "";
  const rows = items.map(({ cluster, namespace, name, target, state, version, ageSeconds, error, heldUntil }) => [
    cluster,
    namespace,
    name,
    target,
    state,
    version ?? "-",
    ageSeconds === null ? "-" : formatAge(ageSeconds * 1000),
    error === null ? heldText(heldUntil) : withCode(error),
  ]);
  if (!wantsColour(io)) return formatTable(HEADER, rows);
  // Whether it goes to a terminal was decided above.
  const paint = (cell: string, column: string) =>
    column === "STATE" ? styleText(COLOURS[cell] ?? "yellow", cell, { validateStream: false }) : cell;
  return formatTable(HEADER, rows, paint);
}

function heldText(heldUntil: string | null): string {
  return heldUntil === null ? "" : `a newer version waits for the sync window of ${heldUntil}`;
}

/** A RelayError's message begins with its code already. */
function withCode({ code, message }: { readonly code: string; readonly message: string }): string {
  return message.startsWith(`${code}:`) ? message : `${code}: ${message}`;
}

function byPlace(a: StatusItem, b: StatusItem): number {
  return (
    compareText(a.cluster, b.cluster) ||
    compareText(a.namespace, b.namespace) ||
    compareText(a.name, b.name) ||
    compareText(a.target, b.target)
  );
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
