/**
 * Proves before a write that the admission policy which confines the relay by its label is in force (ADR 80): a deleted binding opens every
 * Secret in silence. One dry-run a connection and interval, whatever is written.
 */
import { accessName } from "../core/cluster-access/policy-name.ts";
import { isRelayError, RelayError } from "../core/errors.ts";
import type { ClusterSpec, Millis } from "../core/model.ts";
import type { Clock, Cluster, Log } from "../core/ports.ts";

/** For so long a proof is believed. */
const PROVEN_MS = 5 * 60_000;
/** For so long what is open is not asked again: every write of the cluster waits for this answer meanwhile. */
const OPEN_MS = 15_000;

export interface ConfinementDeps {
  readonly clock: Pick<Clock, "uptime">;
  readonly log: Log;
}

/** To be awaited before each write; undefined where the spec asks for no proof. @throws ConfinementMissing, and what the decoy throws */
export type RequireConfinement = (spec: ClusterSpec, cluster: Cluster, namespace: string) => Promise<void> | undefined;

interface Proof {
  /** In which it is asked for: that it is missing, or not granted, says nothing of another one. */
  readonly namespace: string;
  readonly outcome: Promise<"denied" | "admitted">;
  /** Of the process's own time; known once there is an answer. */
  until: Millis;
}

/** One for all workers of a process: they share the connections, and so the proofs. */
export function createConfinement({ clock, log }: ConfinementDeps): RequireConfinement {
  const proofs = new WeakMap<Cluster, Proof>();

  function prove({ name }: ClusterSpec, cluster: Cluster, namespace: string): Proof {
    const ask = async (): Promise<"denied" | "admitted"> => {
      try {
        const outcome = await cluster.tryDecoy(namespace, accessName(name));
        proof.until = clock.uptime() + (outcome === "denied" ? PROVEN_MS : OPEN_MS);
        if (outcome === "admitted") log.error("cluster is not confined", { cluster: name, code: "ConfinementMissing" });
        return outcome;
      } catch (error) {
        // No answer proves nothing: the next write asks again.
        if (proofs.get(cluster) === proof) proofs.delete(cluster);
        throw error;
      }
    };
    // Asked for once it is kept: whoever comes meanwhile waits for the same answer.
    const proof: Proof = { namespace, outcome: Promise.resolve().then(ask), until: Number.POSITIVE_INFINITY };
    proofs.set(cluster, proof);
    return proof;
  }

  async function outcomeOf(spec: ClusterSpec, cluster: Cluster, namespace: string): Promise<"denied" | "admitted"> {
    for (;;) {
      const kept = proofs.get(cluster);
      const proof = kept !== undefined && clock.uptime() < kept.until ? kept : prove(spec, cluster, namespace);
      try {
        return await proof.outcome;
      } catch (error) {
        const isOfNamespace = isRelayError(error) && (error.code === "NamespaceMissing" || error.code === "Forbidden");
        if (proof.namespace === namespace || !isOfNamespace) throw error;
      }
    }
  }

  async function requireDenied(spec: ClusterSpec, cluster: Cluster, namespace: string): Promise<void> {
    if ((await outcomeOf(spec, cluster, namespace)) === "denied") return;
    const detail = `a Secret without its label is not denied by the ValidatingAdmissionPolicy ${accessName(spec.name)}`;
    throw new RelayError("ConfinementMissing", spec.name, { detail });
  }

  return (spec, cluster, namespace) => (spec.confine === "label" ? requireDenied(spec, cluster, namespace) : undefined);
}
