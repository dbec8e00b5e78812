/** Synthesis as a user runs it: without account and network, with mistakes told plainly, and with cdk-nag on. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { relayApp, resourcesOf, synthesise, WITHOUT_BUNDLES } from "./template.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "secret-relay-synth-test-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Runs the app as the CDK CLI does. */
function runApp(name: string, context: Readonly<Record<string, unknown>>, environment: Readonly<Record<string, string>>) {
  const outdir = join(folder, name);
  const { status, stderr } = spawnSync(process.execPath, ["infra/app.ts"], {
    encoding: "utf8",
    env: {
      PATH: process.env["PATH"],
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({ ...WITHOUT_BUNDLES, ...context }),
      ...environment,
    },
  });
  return { status, stderr, read: (file: string) => readFileSync(join(outdir, file), "utf8") };
}

async function writeConfig(name: string, text: string): Promise<string> {
  await mkdir(join(folder, name));
  await writeFile(join(folder, name, "a.yaml"), text);
  return join(folder, name);
}

describe("infra/app.ts", () => {
  it("gives the same template and assets with an account as without account and network", async () => {
    const guard = join(folder, "no-network.mjs");
    await writeFile(guard, 'import net from "node:net"; net.Socket.prototype.connect = () => { throw new Error("a connection"); };');

    const known = runApp("known", {}, { CDK_DEFAULT_ACCOUNT: "111122223333", CDK_DEFAULT_REGION: "eu-west-1", AWS_REGION: "eu-west-1" });
    const alone = runApp("alone", {}, { NODE_OPTIONS: `--import=${guard}` });

    expect([known.status, alone.status]).toEqual([0, 0]);
    expect(alone.read("secret-relay.template.json")).toBe(known.read("secret-relay.template.json"));
    expect(alone.read("secret-relay.assets.json")).toBe(known.read("secret-relay.assets.json"));
    expect(alone.read("relay-config.json")).toContain('"account":"","region":"us-east-1"');
  });

  it("shows every mistake of the config with its place, exits 1, and shows no stack trace", async () => {
    const config = await writeConfig(
      "mistaken",
      [
        "apiVersion: external-secrets.io/v1",
        "kind: ExternalSecret",
        "metadata: {name: a}",
        "spec: {secretStoreRef: {name: x}, tragets: 1, data: [{secretKey: k, remoteRef: {kee: a}}]}",
      ].join("\n"),
    );

    const { status, stderr } = runApp("mistakes", { config }, {});

    expect(status).toBe(1);
    expect(stderr).toContain("a.yaml:4:35: unknown field spec.tragets");
    expect(stderr).toMatch(/a\.yaml:4:\d+: .*kee/);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it.each([
    { what: "a context key", context: { maxConcurrency: 1 }, want: 'context key "maxConcurrency"' },
    { what: "a folder that is not there", context: { config: "no-such-folder" }, want: 'context key "config": no folder' },
  ])("tells a mistake in $what, and exits 1", ({ what, context, want }) => {
    const { status, stderr } = runApp(what, context, {});

    expect(status).toBe(1);
    expect(stderr).toContain(want);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

describe("cdk-nag", () => {
  it("passes with every option on", async () => {
    const context = {
      tracing: true,
      retainRegistry: false,
      allowLoopbackClusters: true,
      alarmTopicArn: "arn:aws:sns:us-east-1:111122223333:on-call",
      kmsKeyArns: ["arn:aws:kms:us-east-1:111122223333:key/a"],
    };

    const { template, outdir } = await synthesise({ ...WITHOUT_BUNDLES, ...context });

    const alarms = Object.values(resourcesOf(template, "AWS::CloudWatch::Alarm"));
    const functions = Object.values(resourcesOf(template, "AWS::Lambda::Function"));
    const policies = JSON.stringify(resourcesOf(template, "AWS::IAM::ManagedPolicy"));
    expect(new Set(alarms.map(({ AlarmActions }) => JSON.stringify(AlarmActions)))).toEqual(
      new Set([JSON.stringify([context.alarmTopicArn])]),
    );
    expect(functions.map(({ TracingConfig }) => TracingConfig)).toEqual(Array.from({ length: 4 }, () => ({ Mode: "Active" })));
    expect(JSON.stringify(functions).match(/"ALLOW_LOOPBACK_CLUSTERS":"true"/g)).toHaveLength(4);
    expect(
      policies.match(/"Action":"kms:Decrypt","Condition":\{"StringLike":\{"kms:ViaService":"secretsmanager\.\*\.amazonaws\.com"\}\}/g),
    ).toHaveLength(1);
    expect(Object.values(template.Resources).find(({ Type }) => Type === "AWS::DynamoDB::Table")).toMatchObject({
      DeletionPolicy: "Delete",
    });
    await rm(outdir, { recursive: true });
  });

  it("lets no key become a wildcard of a policy", async () => {
    const config = await writeConfig(
      "wildcard",
      `
apiVersion: secret-relay.dev/v1alpha1
kind: Cluster
metadata: {name: tokyo}
spec: {kubeconfigSecretRef: {name: "clusters/*"}, manifests: ["*.yaml"], namespaces: {allow: ["*"]}}
`,
    );

    await expect(relayApp({ ...WITHOUT_BUNDLES, config })).rejects.toThrow(
      'remote key "clusters/*" is neither the name nor the ARN of a secret',
    );
  });
});
