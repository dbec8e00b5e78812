/** Rule 7: ten clusters in one batch, six of them ill; the other four are done before any call to an ill one has ended. */
import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { encodeMessages } from "../../../src/core/messages.ts";
import { registrationId, type SyncRequest, targetKey } from "../../../src/core/model.ts";
import { type FaultParts, NAMESPACE, startFaultParts } from "../../support/faults/parts.ts";
import { SICK, type SickClusters, startSickClusters } from "../../support/faults/sick-clusters.ts";
import { createWorld, type World } from "../../support/faults/world.ts";
import { lambdaContext } from "../../support/invocations.ts";
import { aCluster, loaded, put } from "../../support/registrations.ts";

const HEALTHY = ["north", "east", "south", "west"];
const TARGETS = 10;
const CONCURRENCY = 4;
/** Of the calls to the ill ones; long enough that the healthy ones are done by then, whatever else this machine does. */
const TIMEOUT_MS = 5_000;

let parts: FaultParts;
let world: World;
let sick: SickClusters;
let written = 0;
const healthyDone = Promise.withResolvers<void>();
/** In the order in which they happened. */
const order: string[] = [];

beforeAll(async () => {
  parts = await startFaultParts();
  world = await createWorld(parts);
  const { user } = parts.cluster("tokyo");
  // The slow one answers when all of the healthy ones are written, however long that takes: virtual time, and no race.
  sick = await startSickClusters(user, { wait: () => healthyDone.promise, onGivenUp: () => void order.push("silent given up") });
  const { tokyo } = world.proxies;
  const counted = tokyo.afterAnswer;
  tokyo.afterAnswer = async (answer) => {
    await counted?.(answer);
    if (!answer.call.path.includes("dryRun")) written += 1;
    if (written === HEALTHY.length * TARGETS && !order.includes("healthy written")) {
      order.push("healthy written");
      healthyDone.resolve();
    }
  };
  const text = (name: string): string => (HEALTHY.includes(name) ? tokyo.kubeconfig : sick.kubeconfig(name as (typeof SICK)[number]));
  const clusters = [...HEALTHY, ...SICK].map((name) =>
    aCluster(idOf(name), { kubeconfigSecretName: secretOf(name), allowedNamespaces: [NAMESPACE], concurrency: CONCURRENCY }),
  );
  for (const name of [...HEALTHY, ...SICK]) {
    await parts.clients.secretsManager.send(new CreateSecretCommand({ Name: secretOf(name), SecretString: text(name) }));
  }
  for (const cluster of clusters) await world.registry.putCluster(cluster);
  world.place({ clusters, registrations: [] });
});

afterAll(async () => {
  healthyDone.resolve();
  await world?.close();
  await sick?.stop();
  await parts?.stop();
});

const idOf = (name: string): string => name.replaceAll(" ", "-");
const secretOf = (name: string): string => `clusters/${world.id}/${idOf(name)}`;
const targetOf = (name: string, index: number): string => `${world.id}-${idOf(name)}-${index}`;

async function register(name: string): Promise<readonly SyncRequest[]> {
  const cluster = idOf(name);
  const base = world.spec("tokyo");
  const requests: SyncRequest[] = [];
  for (let index = 0; index < TARGETS; index += 1) {
    const target = targetOf(name, index);
    const spec = { ...base, cluster, name: target, target: { ...base.target, name: target } };
    const { id } = await put(world.registry, spec, world.clock.now());
    const key = targetKey({ cluster, namespace: NAMESPACE, name: target });
    requests.push({ registration: id, cluster, target: key, need: 0, verify: false, attempt: 0 });
  }
  return requests;
}

async function codesOf(name: string): Promise<readonly (string | undefined)[]> {
  const ids = Array.from({ length: TARGETS }, (_, index) =>
    registrationId({ cluster: idOf(name), namespace: NAMESPACE, name: targetOf(name, index) }),
  );
  const found = await Promise.all(ids.map((id) => loaded(world.registry, id)));
  return [...new Set(found.map((one) => one?.status.error?.code ?? one?.status.state))];
}

describe("ten clusters, six of them ill", () => {
  it("writes all targets of the other four before any call to the slow and the silent one has ended", async () => {
    const requests = (await Promise.all([...SICK, ...HEALTHY].map(register))).flat();
    const Records = encodeMessages(requests).map(({ body }, index) => {
      return { messageId: `${index}`, receiptHandle: "none", body, attributes: { ApproximateReceiveCount: "1" } };
    });
    world.restart(TIMEOUT_MS);

    await world.work((functions) => functions.sync({ Records }, lambdaContext(60_000)));

    expect(order[0]).toBe("healthy written");
    for (const name of HEALTHY) expect([name, await codesOf(name)]).toEqual([name, ["Synced"]]);
  });

  it.each([
    ["dead", "ClusterUnreachable"],
    ["silent", "ClusterUnreachable"],
    ["slow", "Synced"],
    ["unauthorized", "ClusterUnauthorized"],
    ["forbidden", "Forbidden"],
    ["wrong certificate", "ClusterUnreachable"],
  ] as const)("says of the %s one what is wrong with it: %s", async (name, code) => {
    expect(await codesOf(name)).toEqual([code]);
  });

  it("tries the dead and the silent one until their breaker opens, and refuses the rest without a call", () => {
    const { dead, silent } = sick.attempts;

    // Three failures open it, and those that are under way by then are tried still.
    expect(dead).toBeLessThanOrEqual(CONCURRENCY + 2);
    expect(silent).toBeLessThanOrEqual(CONCURRENCY + 2);
    expect(sick.attempts["wrong certificate"]).toBe(0);
  });
});
