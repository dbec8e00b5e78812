/**
 * The model's schedules on two real API servers, by the adapter that production uses. Store, table, queue and clock stay the model's: the
 * store must lag on purpose, and a schedule must be able to stop a worker at any call.
 */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { createCluster } from "../../../src/adapters/kubernetes/cluster.ts";
import { parseCredentials } from "../../../src/adapters/kubernetes/credentials.ts";
import { createHttpSend } from "../../../src/adapters/kubernetes/http.ts";
import type { Ground } from "../../model/ground.ts";
import { runSchedule } from "../../model/run-schedule.ts";
import { schedules } from "../../model/schedules.ts";
import { TARGETS } from "../../model/setup.ts";
import { useCases } from "../../model/use-cases.ts";
import { type LocalCluster, startLocalCluster } from "../../support/local-cluster.ts";

const SCHEDULES = 300;
const SEED = 20_261_124;
/** Beside each other on one server, each in a namespace of its own. */
const LANES = ["lane-1", "lane-2", "lane-3", "lane-4"];

async function groundIn(
  { server, getSecret, readSecret, editByHand, deleteByHand, patchByHand }: LocalCluster,
  namespace: string,
): Promise<Ground> {
  const credentials = await parseCredentials(server.kubeconfig, "tokyo", { allowLoopback: true });
  return {
    cluster: createCluster(createHttpSend(credentials, { concurrency: 4, requestsPerSecond: 500 })),
    namespace,
    async see(name) {
      const secret = await getSecret(namespace, name);
      const data = secret && (await readSecret(namespace, name));
      if (secret === undefined || data === undefined) return undefined;
      const { metadata } = secret as unknown as { readonly metadata: Metadata };
      const controller = metadata.ownerReferences?.find((owner) => owner.controller)?.name;
      return { uid: metadata.uid, resourceVersion: metadata.resourceVersion, labels: metadata.labels ?? {}, data, controller };
    },
    edit: (name, data) => editByHand(namespace, name, data),
    remove: (name) => deleteByHand(namespace, name),
    label: (name, label, value) => patchByHand(namespace, name, { metadata: { labels: { [label]: value } } }),
    async adopt(name, controller) {
      const [kind = "", owner = ""] = controller.split("/");
      const reference = { apiVersion: "example.com/v1", kind, name: owner, uid: "adopted", controller: true };
      await patchByHand(namespace, name, { metadata: { ownerReferences: [reference] } });
    },
  };
}

interface Metadata {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly { readonly controller?: boolean; readonly name: string }[];
}

describe("the model on real API servers", () => {
  let servers: readonly LocalCluster[] = [];
  beforeAll(async () => {
    servers = await Promise.all(["tokyo", "virginia"].map(async (name) => startLocalCluster(name, LANES)));
  }, 120_000);
  afterAll(async () => {
    await Promise.all(servers.map(async (server) => server.stop()));
  }, 60_000);

  it(`breaks no promise in ${SCHEDULES} schedules`, async () => {
    const waiting = fc.sample(schedules(16), { seed: SEED, numRuns: SCHEDULES });
    const broken: unknown[] = [];
    const lanes = await Promise.all(servers.flatMap((server) => LANES.map((namespace) => groundIn(server, namespace))));

    await Promise.all(
      lanes.map(async (ground) => {
        for (let schedule = waiting.pop(); schedule !== undefined; schedule = waiting.pop()) {
          const { violation, world } = await runSchedule(useCases, schedule, { ground, isReal: true, traced: true });
          if (violation !== undefined) broken.push({ violation: violation.message, steps: world.steps, schedule });
          for (const target of TARGETS) if ((await ground.see(target)) !== undefined) await ground.remove(target);
        }
      }),
    );

    expect(broken).toEqual([]);
  }, 300_000);
});
