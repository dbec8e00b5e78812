/** Three accounts and two regions: who owns secrets elsewhere deploys `secret-relay-source`, and a rotation there arrives; who is not named is refused. */
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type Deployment, deployStack } from "../../src/local/cdk.ts";
import {
  type Assumption,
  answerAssumeRole,
  clientConfig,
  type Forwarded,
  type Forwarding,
  type Place,
  placeOf,
  startForwarding,
} from "../support/aws-accounts.ts";
import { type DeployedRelay, startDeployedRelay } from "../support/deployed-relay.ts";
import { eventually } from "../support/eventually.ts";
import { externalSecret, password, yamlFile } from "./manifests.ts";

const HUB = { account: "000000000000", region: "us-east-1" } as const;
const REGION = { account: HUB.account, region: "eu-west-1" } as const;
const OWNER = { account: "111122223333", region: "us-east-1" } as const;
/** It has a stack too, and offers a role; the config names neither it nor its role. */
const STRANGER = { account: "444455556666", region: "us-east-1" } as const;
const EXTERNAL_ID = "ours";
const KEY = "shop/database";

const roleOf = ({ account }: Place): string => `arn:aws:iam::${account}:role/secret-relay-reader`;

const store = (name: string, aws: string): string => `apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: { name: ${name} }
spec: { provider: { aws: { service: SecretsManager, ${aws} } } }
`;

let relay: DeployedRelay;
let forwarding: Forwarding;
let assumed: readonly Assumption[];
const clients = new Map<Place, SecretsManagerClient>();
const deployments = new Map<Place, Deployment>();

beforeAll(async () => {
  relay = await startDeployedRelay({
    clusters: ["tokyo"],
    config: {
      "apps/shop.yaml": yamlFile(
        store("region", `region: ${REGION.region}`),
        store("owner", `region: ${OWNER.region}, role: "${roleOf(OWNER)}", externalID: ${EXTERNAL_ID}`),
        externalSecret("hub", KEY),
        externalSecret("region", KEY, { store: "region" }),
        externalSecret("owner", KEY, { store: "owner" }),
      ),
    },
    context: { visibilityBoundSeconds: "5" },
    prepare: async (aws, proxy) => {
      assumed = answerAssumeRole(aws, proxy, HUB, () => relay?.outputs["ReaderRoleArns"]?.split(",")[1]);
      // One name everywhere: whoever mixes places up shows another place's value.
      for (const place of [HUB, REGION, OWNER, STRANGER]) {
        const client = new SecretsManagerClient(clientConfig(aws, place));
        clients.set(place, client);
        await client.send(new CreateSecretCommand({ Name: KEY, SecretString: password(valueOf(place, 0)) }));
      }
    },
  });
  const hubBusArn = relay.outputs["SourceBusArn"] ?? "";
  forwarding = await startForwarding(relay.aws, HUB, hubBusArn);
  for (const place of [REGION, OWNER, STRANGER]) {
    const at = placeOf(relay.aws, relay.awsProxy, place);
    const reads =
      place === REGION ? {} : { readSecrets: "shop/*", externalId: EXTERNAL_ID, hubRoleArns: relay.outputs["ReaderRoleArns"] ?? "" };
    deployments.set(place, await deployStack(at, { stack: "secret-relay-source", context: { hubBusArn, ...reads } }));
    expect([place, await forwarding.watch(place)]).toEqual([place, 4]);
  }
}, 900_000);

afterAll(async () => {
  forwarding?.stop();
  for (const client of clients.values()) client.destroy();
  await relay?.stop();
});

const valueOf = ({ account, region }: Place, rotation: number): string => `${account}-${region}-${rotation}`;

async function rotate(place: Place, rotation: number): Promise<void> {
  const SecretString = password(valueOf(place, rotation));
  await clients.get(place)?.send(new PutSecretValueCommand({ SecretId: KEY, SecretString }));
}

async function delivered(): Promise<readonly Forwarded[]> {
  const all: Forwarded[] = [];
  await eventually(async () => {
    all.push(...(await forwarding.deliver()));
    expect(all.length).toBeGreaterThan(0);
  });
  return all;
}

async function expectTarget(name: string, value: string): Promise<void> {
  await eventually(
    async () => expect([name, await relay.cluster("tokyo").readSecret("app-shop", name)]).toEqual([name, { password: value }]),
    { timeoutMs: 60_000 },
  );
}

/** By uid and version: what nobody wrote. */
async function targets(): Promise<unknown> {
  return Promise.all(["hub", "region", "owner"].map(async (name) => (await relay.cluster("tokyo").getSecret("app-shop", name))?.metadata));
}

describe("accounts and regions", () => {
  it("are apart: each has the stack that it asked for, and a role only where something may be read", () => {
    expect(deployments.get(REGION)?.outputs["ReaderRoleArn"]).toBeUndefined();
    expect(deployments.get(OWNER)?.outputs["ReaderRoleArn"]).toBe(roleOf(OWNER));
    expect(deployments.get(STRANGER)?.outputs["ReaderRoleArn"]).toBe(roleOf(STRANGER));
  });

  it("bring a rotation in the hub's account and region to its target", async () => {
    await rotate(HUB, 1);

    await expectTarget("hub", valueOf(HUB, 1));
  });

  it.each([
    { name: "the hub's other region", place: REGION, target: "region" },
    { name: "another account, by the role that it offers", place: OWNER, target: "owner" },
  ])("bring a rotation in $name to its target, and to no other", async ({ place, target }) => {
    await rotate(place, 1);

    expect(await delivered()).toEqual([{ ...place, name: KEY, outcome: "delivered" }]);
    await expectTarget(target, valueOf(place, 1));
    await expectTarget("hub", valueOf(HUB, 1));
  });

  it("bring the next one too, by the same role", async () => {
    await rotate(OWNER, 2);

    expect(await delivered()).toHaveLength(1);
    await expectTarget("owner", valueOf(OWNER, 2));
    expect(assumed.filter(({ isAllowed }) => isAllowed)).not.toEqual([]);
    expect(new Set(assumed.map(({ role }) => role))).toEqual(new Set([roleOf(OWNER)]));
  });

  it("are refused by the bus where the config does not name them, and wake nobody", async () => {
    const before = await targets();
    await rotate(STRANGER, 1);

    expect(await delivered()).toEqual([{ ...STRANGER, name: KEY, outcome: "denied by the bus" }]);
    expect(await targets()).toEqual(before);
  });

  it("wake nobody either where a bus let them pass: the function ignores an event that is not its account's", async () => {
    const before = await targets();
    const arn = (place: Place): string => `arn:aws:secretsmanager:${place.region}:${place.account}:secret:${KEY}-AbCdEf`;
    const event = {
      source: "aws.secretsmanager",
      "detail-type": "Secret Label Updated",
      time: new Date().toISOString(),
      detail: { name: KEY, labelUpdated: "AWSCURRENT", versionId: "forged" },
    };
    const callsBefore = relay.awsProxy.calls.filter(({ operation }) => operation === "GetSecretValue").length;

    // Its own secret, that nobody reads; the owner's secret in its own name; and the other way round.
    await relay.invoke("OnSecretChange", { ...event, ...STRANGER, resources: [arn(STRANGER)] });
    await relay.invoke("OnSecretChange", { ...event, ...STRANGER, resources: [arn(OWNER)] });
    await relay.invoke("OnSecretChange", { ...event, ...OWNER, resources: [arn(STRANGER)] });

    const reads = relay.awsProxy.calls.filter(({ operation }) => operation === "GetSecretValue").length;
    expect(await relay.logs()).toContain("event refused");
    expect(reads).toBe(callsBefore);
    expect(await targets()).toEqual(before);
  });
});
