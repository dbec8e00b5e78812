/** cdk-nag's packs are on at every synthesis, and each acknowledgement covers a finding of theirs, says why, and covers nothing else. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type App, Stack, Validations } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { AwsSolutionsChecks, type NagPack, NIST80053R5Checks } from "cdk-nag";
import { relayApp, WITHOUT_BUNDLES } from "./template.ts";

const EVERY_OPTION = {
  tracing: true,
  retainRegistry: false,
  allowLoopbackClusters: true,
  alarmTopicArn: "arn:aws:sns:us-east-1:111122223333:on-call",
  kmsKeyArns: ["arn:aws:kms:us-east-1:111122223333:key/a"],
  vpcId: "vpc-0123456789abcdef0",
  vpcSubnetIds: ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
  vpcSecurityGroupIds: ["sg-0123456789abcdef0"],
  vpcEndpoints: true,
  vpcRouteTableIds: ["rtb-0123456789abcdef0"],
  sourceOrganization: "o-abcdefghij",
};

/** An owner's stack. */
const SOURCE = {
  hubBusArn: "arn:aws:events:us-east-1:999900001111:event-bus/secret-relay-SourceBus",
  readSecrets: "shop/*",
  readParameters: "/shop/*",
  readFind: true,
  externalId: "ours",
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "secret-relay-nag-test-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Acknowledged {
  readonly path: string;
  readonly id: string;
  readonly reason: string;
}

/** All acknowledgements in an app, by the construct that carries each. */
function acknowledgementsOf(app: App): readonly Acknowledged[] {
  return app.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(data as Readonly<Record<string, string>>))
      .map(([id, reason]) => ({ path: node.path, id: id.replace(/^annotation::/i, ""), reason })),
  );
}

/** What the packs find as if nothing were acknowledged: `rule path of the resource`. */
function findingsOf(app: App): readonly { readonly rule: string; readonly path: string }[] {
  const unheard = (pack: NagPack): NagPack => Object.assign(pack, { isAcknowledged: () => false });
  return [new AwsSolutionsChecks(), new NIST80053R5Checks()]
    .flatMap((pack) => unheard(pack).validateScope(app).violations)
    .flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => ({ rule: ruleName, path: constructPath ?? "" })),
    );
}

const PLANTED: readonly { readonly what: string; readonly rule: string; readonly plant: (stack: Stack) => unknown }[] = [
  { what: "a queue without encryption in transit", rule: "AwsSolutions-SQS4", plant: (stack) => new Queue(stack, "Planted") },
  {
    what: "a wildcard",
    rule: "AwsSolutions-IAM5[Resource::*]",
    plant: (stack) =>
      new Role(stack, "Planted", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") }).addToPolicy(
        new PolicyStatement({ actions: ["s3:GetObject"], resources: ["*"] }),
      ),
  },
  {
    what: "a log group without a key of the customer's",
    rule: "NIST.800.53.R5-CloudWatchLogGroupEncrypted",
    plant: (stack) => new LogGroup(stack, "Planted"),
  },
];

describe("cdk-nag", () => {
  it.each(PLANTED)("refuses $what, planted in the stack, by $rule", async ({ rule, plant }) => {
    const { app, outdir } = await relayApp(WITHOUT_BUNDLES);
    const stack = app.node.findChild("secret-relay");
    if (!Stack.isStack(stack)) throw new Error("no stack");
    plant(stack);

    expect(() => app.synth()).toThrow(rule);
    await rm(outdir, { recursive: true });
  });

  it("ends the process that synthesises with a failure", async () => {
    const app = join(folder, "planted.mjs");
    const at = (path: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, "../..", path)).href);
    await writeFile(
      app,
      `import { createRelayApp } from ${at("infra/relay-app.ts")};
       import { Queue } from ${at("node_modules/aws-cdk-lib/aws-sqs/index.js")};
       const app = await createRelayApp({ outdir: process.argv[2], context: JSON.parse(process.argv[3]) });
       if (process.argv[4] === "planted") new Queue(app.node.findChild("secret-relay"), "Planted");
       app.synth();`,
    );
    const run = (planted: string) =>
      spawnSync(process.execPath, [app, join(folder, "cdk.out"), JSON.stringify({ ...WITHOUT_BUNDLES, config: "config" }), planted], {
        encoding: "utf8",
      });

    const [clean, planted] = [run("clean"), run("planted")];

    expect([clean.stderr, clean.status]).toEqual(["", 0]);
    expect(planted.status).toBe(1);
    expect(planted.stderr).toMatch(/AwsSolutions-SQS4/);
  });
});

describe("acknowledgements", () => {
  it.each([
    { what: "as cdk.json has it", context: {} },
    { what: "with every option on", context: EVERY_OPTION },
    { what: "of an owner of secrets", context: SOURCE, least: 5 },
  ])("$what: each covers a finding, and gives a reason that is a sentence", async ({ context, least = 20 }) => {
    const { app, outdir } = await relayApp({ ...WITHOUT_BUNDLES, ...context });
    const findings = findingsOf(app);
    const acknowledged = acknowledgementsOf(app);

    const idle = acknowledged.filter(
      ({ id, path }) => !findings.some((finding) => finding.rule === id && `${finding.path}/`.startsWith(`${path}/`)),
    );
    expect(acknowledged.length).toBeGreaterThan(least);
    expect(idle).toEqual([]);
    expect(acknowledged.filter(({ reason }) => reason.split(" ").length < 6)).toEqual([]);
    // Beside the resource, never for the stack or the app as a whole.
    expect(acknowledged.filter(({ path }) => path.split("/").length < 2)).toEqual([]);
    await rm(outdir, { recursive: true });
  });
});
