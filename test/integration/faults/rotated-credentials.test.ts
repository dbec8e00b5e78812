/** The credentials of a cluster are a secret too: a new version of them is used soon, by every instance, while the old one would still work. */
import { PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { CoreV1Api } from "@kubernetes/client-node";
import { clientOf } from "../../../src/local/kubernetes-api.ts";
import { type FaultParts, startFaultParts } from "../../support/faults/parts.ts";
import { createWorld, type World } from "../../support/faults/world.ts";

let parts: FaultParts;

beforeAll(async () => {
  parts = await startFaultParts();
});
afterAll(() => parts?.stop(), 60_000);

/** A token of the service account that docs/cluster-access.yaml makes. */
async function newToken(): Promise<string> {
  const api = clientOf(parts.cluster("tokyo").server, CoreV1Api);
  const body = { spec: { audiences: [], expirationSeconds: 3600 } };
  const { status } = await api.createNamespacedServiceAccountToken({ name: "secret-relay", namespace: "secret-relay", body });
  return status?.token ?? "";
}

/** A new version of tokyo's credentials, and the store's event of it. */
async function putCredentials({ id, clock, proxies }: World, token: string): Promise<unknown> {
  clock.advanceTo(clock.now() + 2_000);
  const name = `clusters/${id}/tokyo`;
  const SecretString = JSON.stringify({ server: proxies.tokyo.server, caData: proxies.tokyo.caPem, token });
  const { VersionId, ARN = "" } = await parts.clients.secretsManager.send(new PutSecretValueCommand({ SecretId: name, SecretString }));
  const detail = { name, labelUpdated: "AWSCURRENT", versionId: VersionId };
  const time = new Date(clock.now()).toISOString();
  const { account, region } = parts.aws;
  return { source: "aws.secretsmanager", "detail-type": "Secret Label Updated", account, region, time, resources: [ARN], detail };
}

async function happens(world: World, event: unknown): Promise<void> {
  world.delivery.invoke({ name: "onSecretChange", event });
  await world.delivery.run(world.clock.now() + 1_000);
}

/** Who wrote in tokyo since then: a token, or undefined for the kubeconfig's certificate. */
const identitiesSince = (world: World, from: number) => [
  ...new Set(world.proxies.tokyo.answers.slice(from).map(({ call }) => call.headers.authorization?.replace("Bearer ", ""))),
];
const reads = ({ gate }: World): number => gate.seen.filter(({ row }) => row === "GetSecretValue of a kubeconfig").length;

async function inWorld(work: (world: World) => Promise<void>): Promise<void> {
  const world = await createWorld(parts);
  try {
    await work(world);
    expect((await world.registrations()).map(({ status }) => status.state)).toEqual(["Synced", "Synced"]);
  } finally {
    await world.close();
  }
}

describe("a cluster's rotated credentials", () => {
  it("replace those that still work at the next sync, and wake nobody by themselves", async () => {
    await inWorld(async (world) => {
      const token = await newToken();
      await happens(world, await world.rotate());
      const before = world.proxies.tokyo.answers.length;
      expect(identitiesSince(world, 0)).toEqual([undefined]);

      await happens(world, await putCredentials(world, token));
      expect(world.proxies.tokyo.answers).toHaveLength(before);
      await happens(world, await world.rotate());

      expect(identitiesSince(world, before)).toEqual([token]);
      expect(await world.read("tokyo")).toBe(world.value);
    });
  });

  it("are read once for an event that comes twice, and for one that comes late not at all", async () => {
    await inWorld(async (world) => {
      const [first, second] = [await newToken(), await newToken()];
      const late = await putCredentials(world, first);
      const event = await putCredentials(world, second);
      await happens(world, event);
      await happens(world, await world.rotate());
      const before = [world.proxies.tokyo.answers.length, reads(world)] as const;

      await happens(world, late);
      await happens(world, event);
      await happens(world, await world.rotate());

      expect(identitiesSince(world, before[0])).toEqual([second]);
      expect(reads(world)).toBe(before[1]);
      expect(await world.read("tokyo")).toBe(world.value);
    });
  });

  it("are found without any event after the drift interval, and at once where the old ones are refused", async () => {
    await inWorld(async (world) => {
      const [missed, needed] = [await newToken(), await newToken()];
      await happens(world, await world.rotate());
      await putCredentials(world, missed);
      await world.delivery.run(world.clock.now() + 11 * 60_000);
      const before = world.proxies.tokyo.answers.length;
      await happens(world, await world.rotate());
      expect(identitiesSince(world, before)).toEqual([missed]);

      await putCredentials(world, needed);
      world.proxies.tokyo.fault = ({ headers }) =>
        headers.authorization === `Bearer ${needed}` ? undefined : { kind: "answer", status: 401, reason: "Unauthorized" };
      await happens(world, await world.rotate());

      expect(await world.read("tokyo")).toBe(world.value);
    });
  });
});
