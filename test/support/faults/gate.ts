/** Where the matrix plants its faults: one gate over the sockets to AWS and to every cluster, which knows each call by its row. */
import type { AwsCall, AwsFault, AwsFaultProxy } from "../aws-fault-proxy.ts";
import type { ClusterCall, ClusterFault, ClusterProxy } from "../cluster-proxy.ts";
import { awsRow, clusterRow } from "./calls.ts";

/** What may happen to a call; `die`: the worker is gone from that moment, whatever it was about to do. */
export type PlantedFault =
  | { readonly kind: "before" | "after" | "cut" | "hang" | "die before" | "die after" }
  | { readonly kind: "aws error"; readonly fault: AwsFault | ((call: AwsCall) => AwsFault) }
  | { readonly kind: "cluster error"; readonly fault: ClusterFault };

export interface Planted {
  readonly row: string;
  readonly fault: PlantedFault;
  /** Only so many calls meet it. @default every one */
  readonly times?: number | undefined;
  /** Is told when a call meets it, before anything of the fault takes place. */
  readonly onMeet?: () => void;
}

export interface SeenCall {
  readonly row: string;
  /** The cluster's name, or `aws`. */
  readonly at: string;
  readonly call: AwsCall | ClusterCall;
}

export interface Gate {
  /** In place of whatever was planted before. */
  plant(planted: Planted | undefined): void;
  /** How many calls met the fault that was planted last. */
  readonly hits: number;
  /** All calls since the last `forget`, whatever became of them. */
  readonly seen: readonly SeenCall[];
  forget(): void;
  /** Whether a worker died by the fault. */
  readonly isDead: boolean;
  /** Waits until what the dead worker had sent has had its effect, and lets others call again. */
  bury(): Promise<void>;
}

export function createGate(aws: AwsFaultProxy, clusters: Readonly<Record<string, ClusterProxy>>): Gate {
  const proxies = [aws, ...Object.values(clusters)];
  let planted: Planted | undefined;
  let hits = 0;
  let isDead = false;
  let seen: SeenCall[] = [];

  function meet(row: string): PlantedFault | undefined {
    if (planted?.row !== row || hits >= (planted.times ?? Number.POSITIVE_INFINITY)) return undefined;
    hits += 1;
    planted.onMeet?.();
    const { fault } = planted;
    if (fault.kind === "die before" || fault.kind === "die after") {
      isDead = true;
      for (const proxy of proxies) proxy.isDown = true;
    }
    return fault;
  }

  aws.fault = (call) => {
    const row = awsRow(call);
    seen.push({ row, at: "aws", call });
    const fault = meet(row);
    if (fault === undefined) return undefined;
    if (fault.kind !== "aws error") return onSocket(fault);
    return typeof fault.fault === "function" ? fault.fault(call) : fault.fault;
  };
  for (const [name, proxy] of Object.entries(clusters)) {
    proxy.fault = (call) => {
      const row = clusterRow(call);
      seen.push({ row, at: name, call });
      const fault = meet(row);
      if (fault === undefined) return undefined;
      return fault.kind === "cluster error" ? fault.fault : onSocket(fault);
    };
  }

  return {
    plant(next) {
      planted = next;
      hits = 0;
    },
    get hits() {
      return hits;
    },
    get seen() {
      return seen;
    },
    forget() {
      seen = [];
    },
    get isDead() {
      return isDead;
    },
    async bury() {
      await Promise.all(proxies.map((proxy) => proxy.settled()));
      isDead = false;
      for (const proxy of proxies) proxy.isDown = false;
    },
  };
}

/** The kinds that both sorts of socket have. */
function onSocket({ kind }: PlantedFault): { readonly kind: "break before" | "break after" | "cut" | "hang" } {
  switch (kind) {
    case "before":
    case "die before":
      return { kind: "break before" };
    case "after":
    case "die after":
      return { kind: "break after" };
    case "cut":
    case "hang":
      return { kind };
    default:
      throw new Error(`${kind} is of another socket`);
  }
}
