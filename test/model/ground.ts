/** The clusters' side of a world: the port that the relay uses, and the hands and eyes of those who stand outside of it. */
import type { Cluster } from "../../src/core/ports.ts";
import { createMemoryCluster, type MemoryCluster } from "../support/fakes/memory-cluster.ts";

/** A Secret as an outsider with all rights sees it. */
export interface Sight {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly data: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly controller?: string | undefined;
}

export interface Ground {
  readonly cluster: Cluster;
  readonly namespace: string;
  see(name: string): Promise<Sight | undefined> | Sight | undefined;
  /** Sets data keys, creating the Secret where it is missing. */
  edit(name: string, data: Readonly<Record<string, string>>): Promise<void>;
  remove(name: string): Promise<void>;
  /** These two only where the Secret exists. */
  label(name: string, label: string, value: string): Promise<void>;
  adopt(name: string, controller: string): Promise<void>;
  /** Another that begins as this one is now; undefined where the parts are real. */
  readonly fork?: (() => Ground) | undefined;
}

export function createMemoryGround(namespace: string, cluster: MemoryCluster = createMemoryCluster([namespace])): Ground {
  return {
    fork: () => createMemoryGround(namespace, cluster.fork()),
    cluster,
    namespace,
    see: (name) => cluster.peek(namespace, name),
    edit: async (name, data) => cluster.writeByHand(namespace, name, "person", data),
    remove: async (name) => cluster.deleteByHand(namespace, name),
    label: async (name, label, value) => cluster.labelByHand(namespace, name, label, value),
    adopt: async (name, controller) => cluster.setController(namespace, name, controller),
  };
}
