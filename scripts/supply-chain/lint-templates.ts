/**
 * Checks CloudFormation templates by cfn-lint, against the resource schemas of every region: those in the folders that are named,
 * else those that this project synthesises, as cdk.json has it and with every option on. Ends with 1 when anything is found.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createRelayApp } from "../../infra/relay-app.ts";
import { findTemplates, lintTemplates } from "./cfn-lint.ts";

const ROOT = resolve(import.meta.dirname, "../..");

const VARIANTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  defaults: {},
  "every option": {
    tracing: true,
    retainRegistry: false,
    allowLoopbackClusters: true,
    eventBusName: "secrets",
    alarmTopicArn: "arn:aws:sns:us-east-1:111122223333:on-call",
    kmsKeyArns: ["arn:aws:kms:us-east-1:111122223333:key/11111111-2222-4333-8444-555555555555"],
    vpcId: "vpc-0123456789abcdef0",
    vpcSubnetIds: ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    vpcSecurityGroupIds: ["sg-0123456789abcdef0"],
    vpcEndpoints: true,
    vpcRouteTableIds: ["rtb-0123456789abcdef0"],
    sourceOrganization: "o-abcdefghij",
  },
  "an owner's": {
    hubBusArn: "arn:aws:events:us-east-1:999900001111:event-bus/secret-relay-SourceBus",
    readSecrets: "shop/*",
    readParameters: "/shop/*",
    readFind: true,
    externalId: "ours",
  },
};

async function synthesise(outdir: string, overrides: Readonly<Record<string, unknown>>): Promise<void> {
  const { context } = JSON.parse(await readFile(join(ROOT, "cdk.json"), "utf8")) as { readonly context: Readonly<Record<string, unknown>> };
  // The code's assets are no part of a template: without bundling they are quick.
  const app = await createRelayApp({ outdir, context: { ...context, ...overrides, "aws:cdk:bundling-stacks": [] } });
  app.synth();
}

async function checkFolders(folders: readonly string[]): Promise<boolean> {
  const templates = (await Promise.all(folders.map(findTemplates))).flat();
  const { isClean, output } = await lintTemplates(templates, (message, elapsedMs) => {
    process.stderr.write(`${message} (${Math.round(elapsedMs / 1000)}s)\n`);
  });
  process.stdout.write(isClean ? `cfn-lint: ${templates.length} templates, nothing found\n` : output);
  return isClean;
}

const named = process.argv.slice(2);
const made = named.length > 0 ? undefined : await mkdtemp(join(tmpdir(), "secret-relay-lint-"));
try {
  const variants = Object.entries(VARIANTS).map(([name, overrides]) => ({ folder: join(made ?? "", name), overrides }));
  if (made !== undefined) for (const { folder, overrides } of variants) await synthesise(folder, overrides);
  if (!(await checkFolders(made === undefined ? named : variants.map(({ folder }) => folder)))) process.exitCode = 1;
} finally {
  if (made !== undefined) await rm(made, { recursive: true });
}
