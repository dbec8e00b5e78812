/** What a planted bug is, and the worlds and replacements that many of them share. */
import type { AwsTime } from "../../../src/core/aws-time.ts";
import type { Cluster, Registry } from "../../../src/core/ports.ts";
import type { Fault } from "../judge.ts";
import type { Setup } from "../setup.ts";

export interface PlantedBug {
  readonly name: string;
  /** Of PROTOCOL's list; 0: found by the model itself, and mended. */
  readonly line: number;
  /** Below `src/`, with what is replaced by what; each piece must be there exactly once. */
  readonly source?: { readonly file: string; readonly pieces: readonly (readonly [from: string, to: string])[] };
  readonly cluster?: (inner: Cluster) => Cluster;
  readonly registry?: (inner: Registry) => Registry;
  readonly time?: () => AwsTime;
  /** Worlds in which it shows. */
  readonly setup?: Partial<Setup>;
  readonly seed?: number;
  readonly steps?: number;
  /** The kinds of steps that it takes. @default all */
  readonly kinds?: readonly string[];
  /** What it must be found as. */
  readonly faults: readonly Fault[];
}

export const inFile = (file: string, ...pieces: readonly (readonly [string, string])[]) => ({ file, pieces });
/** One registration that owns its target, in its plainest form. */
export const OWNER = { creation: 0, deletion: 0, shape: 0, clocks: 0 } as const;
export const SYNCED = { ...OWNER, start: 0, end: 0 } as const;
/** Forwards a call to a cluster with what is known of the target now. */
export const withSight = (change: (inner: Cluster) => Cluster["apply"]) => (inner: Cluster) => ({ ...inner, apply: change(inner) });
export const targetOf = ({ namespace, name }: { readonly namespace: string; readonly name: string }) => ({ cluster: "", namespace, name });
