/** Who may put events on the hub's bus: the accounts that the config names, or the organisation that the context names, and nobody else. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { isAllowed } from "../support/simulated-iam.ts";
import { deployed, relayApp, resourcesOf, synthesise, type Template, WITHOUT_BUNDLES } from "./template.ts";

const HUB = "999900001111";
const REGION = "eu-west-1";
const NAMED = "777788889999";
const OTHER = "444455556666";
const ORGANIZATION = "o-abcdefghij";

const configOf = (accounts: readonly string[]): string => `
apiVersion: secret-relay.dev/v1alpha1
kind: Cluster
metadata: {name: tokyo}
spec: {kubeconfigSecretRef: {name: clusters/tokyo}, manifests: ["*.yaml"], namespaces: {allow: ["*"]}}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: here}
spec: {provider: {aws: {service: SecretsManager}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: a, namespace: app}
spec:
  secretStoreRef: {name: here, kind: ClusterSecretStore}
  data:
    - {secretKey: own, remoteRef: {key: shop/db}}
${accounts.map((account) => `    - {secretKey: k${account}, remoteRef: {key: "arn:aws:secretsmanager:${REGION}:${account}:secret:a-AbCdEf"}}`).join("\n")}
`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "secret-relay-source-bus-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function contextFor(name: string, accounts: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const config = join(folder, name);
  await mkdir(config);
  await writeFile(join(config, "a.yaml"), configOf(accounts));
  return { ...WITHOUT_BUNDLES, config };
}

interface Bus {
  readonly arn: string;
  readonly policy: unknown;
}

function busOf(template: Template): Bus {
  const [{ Name, Policy } = {}] = Object.values(resourcesOf(template, "AWS::Events::EventBus"));
  return {
    arn: `arn:aws:events:${REGION}:${HUB}:event-bus/${typeof Name === "string" ? Name : ""}`,
    policy: Policy === undefined ? undefined : deployed(Policy, { account: HUB, region: REGION }),
  };
}

const LABEL_UPDATED = { "events:source": ["aws.secretsmanager"], "events:detail-type": ["Secret Label Updated"] };

/** What EventBridge asks when a rule of an account forwards an event by the account's role. */
function forwards(
  bus: Bus,
  by: string,
  change: Readonly<Record<string, string | string[]>> = {},
  event: Readonly<Record<string, string[]>> = LABEL_UPDATED,
): Promise<boolean> {
  return isAllowed({
    principal: `arn:aws:iam::${by}:role/secret-relay-source-ForwardingRole`,
    action: "events:PutEvents",
    resource: bus.arn,
    account: HUB,
    context: { ...event, ...change },
    resourcePolicy: bus.policy,
  });
}

describe("the source bus", () => {
  it("takes what named accounts forward, of the stores' own events only, and lets them do nothing else", async () => {
    const { template, outdir } = await synthesise(await contextFor("named", [NAMED]));
    const bus = busOf(template);

    expect(await forwards(bus, NAMED)).toBe(true);
    expect(await forwards(bus, NAMED, { "events:source": ["aws.ssm"], "events:detail-type": ["Parameter Store Change"] })).toBe(true);
    expect(await forwards(bus, OTHER)).toBe(false);
    expect(await forwards(bus, NAMED, { "events:source": ["aws.ssm", "secret-relay"] })).toBe(false);
    expect(await forwards(bus, NAMED, { "events:detail-type": ["EC2 Instance State-change Notification"] })).toBe(false);
    expect(JSON.stringify(bus.policy)).not.toMatch(/PutRule|PutTargets|events:\*/);
    // Who tells nothing of the event passes a set operator, and no more.
    expect(await forwards(bus, NAMED, {}, {})).toBe(false);
    // An organisation that happens to be the same opens nothing.
    expect(await forwards(bus, OTHER, { "aws:PrincipalOrgID": ORGANIZATION })).toBe(false);
    await rm(outdir, { recursive: true });
  });

  it("has no policy where the config names no other account", async () => {
    const { template, outdir } = await synthesise(await contextFor("alone", []));

    expect(busOf(template).policy).toBeUndefined();
    expect(await forwards(busOf(template), OTHER)).toBe(false);
    await rm(outdir, { recursive: true });
  });

  it("takes what an organisation's accounts forward, and refuses who is in none; its rules still take the named accounts' alone", async () => {
    const { template, outdir } = await synthesise({ ...(await contextFor("organization", [NAMED])), sourceOrganization: ORGANIZATION });
    const bus = busOf(template);
    const rules = Object.values(resourcesOf(template, "AWS::Events::Rule")).filter(({ EventBusName }) => EventBusName !== undefined);

    expect(await forwards(bus, NAMED, { "aws:PrincipalOrgID": ORGANIZATION })).toBe(true);
    expect(await forwards(bus, NAMED, { "aws:PrincipalOrgID": "o-klmnopqrst" })).toBe(false);
    expect(await forwards(bus, NAMED)).toBe(false);
    expect(rules.map(({ EventPattern }) => JSON.parse(JSON.stringify(EventPattern)).account as unknown)).toEqual(
      Array.from({ length: 4 }, () => ["<AWS::AccountId>", NAMED]),
    );
    await rm(outdir, { recursive: true });
  });

  it("refuses more accounts than a policy holds, and says what to do", async () => {
    const accounts = Array.from({ length: 201 }, (_, index) => String(100_000_000_000 + index));
    const context = await contextFor("many", accounts);

    await expect(relayApp(context)).rejects.toThrow(/names 201 other accounts.*"sourceOrganization"/);
    const { template, outdir } = await synthesise({ ...context, config: (await contextFor("most", accounts.slice(1)))["config"] });
    expect(JSON.stringify(busOf(template).policy).length).toBeLessThan(10_240);
    await rm(outdir, { recursive: true });
  });
});
