/** The synthesised policies are the plan's: nothing more and nothing less, within IAM's and CloudFormation's sizes, whatever the config's size. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { readRelayConfig } from "../../infra/config-source.ts";
import { FUNCTION_NAMES, type FunctionName } from "../../src/core/grants/grant.ts";
import { planGrants } from "../../src/core/grants/plan.ts";
import { readGrantSettings } from "../../src/core/grants/settings.ts";
import { nameOf } from "../unit/core/grants/configs.ts";
import { relayApp, resourcesOf, synthesise, type Template, WITHOUT_BUNDLES } from "./template.ts";

const OWN: Readonly<Record<string, string>> = {
  "${Registry}": "<Registry.Arn>",
  "${SyncQueue}": "<SyncQueue.Arn>",
  "${FailureQueue}": "<FailureQueue.Arn>",
  "${HashKey}": "<HashKey>",
  "${EventBus}": "arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:event-bus/default",
};

interface Document {
  readonly Statement: readonly {
    readonly Action: string | readonly string[];
    readonly Resource: string | readonly string[];
    readonly Condition?: unknown;
  }[];
}

const listOf = (value: string | readonly string[]): readonly string[] => (typeof value === "string" ? [value] : value);

/** `action resource condition` of a role, from all policies of the template. */
function synthesised(template: Template, name: FunctionName): readonly string[] {
  const policies = ["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"].flatMap((type) => Object.values(resourcesOf(template, type)));
  const own = policies.filter(({ Roles }) => (Roles as readonly string[]).includes(`<${name}Role>`));
  return own
    .flatMap(({ PolicyDocument }) => (PolicyDocument as unknown as Document).Statement)
    .flatMap(({ Action, Resource, Condition }) =>
      listOf(Action).flatMap((action) => listOf(Resource).map((one) => `${action} ${one} ${JSON.stringify(Condition) ?? ""}`)),
    )
    .map((line) => line.replace(/arn:\S+:s3:::\S+\.json/, "CONFIG"))
    .toSorted();
}

/** The same of the plan. */
async function planned(folder: string, context: Readonly<Record<string, unknown>>, name: FunctionName): Promise<readonly string[]> {
  const plan = planGrants(
    await readRelayConfig(folder),
    readGrantSettings((key) => context[key]),
  );
  return [...plan.own, ...plan.sources]
    .filter(({ functions }) => functions.includes(name))
    .flatMap(({ actions, resource, condition }) => {
      const own = { ...OWN, "${Logs}": `<${name}Logs.Arn>`, "${Function}": `<${name}.Arn>`, "${ConfigObject}": "CONFIG" };
      const of = Object.entries(own).find(([from]) => resource.startsWith(from));
      const shown = of === undefined ? resource.replaceAll(/\$\{([\w:]+)\}/g, "<$1>") : resource.replace(of[0], of[1]);
      return actions.map((action) => `${action} ${shown} ${JSON.stringify(condition) ?? ""}`);
    })
    .toSorted();
}

const HEAD = `
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
kind: ClusterSecretStore
metadata: {name: parameters}
spec: {provider: {aws: {service: ParameterStore, role: "arn:aws:iam::777788889999:role/reader"}}}
---
apiVersion: external-secrets.io/v1
kind: ClusterExternalSecret
metadata: {name: shared}
spec:
  externalSecretSpec: {secretStoreRef: {name: here, kind: ClusterSecretStore}, data: [{secretKey: a, remoteRef: {key: team-0/shared}}]}
  namespaceSelectors: [{}]
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: finds, namespace: app}
spec:
  secretStoreRef: {name: here, kind: ClusterSecretStore}
  dataFrom:
    - {find: {name: {regexp: "^team-0/.*/(key|word)$"}}}
    - {extract: {key: theirs}, sourceRef: {storeRef: {name: parameters, kind: ClusterSecretStore}}}
`;

async function writeConfig(secrets: number): Promise<string> {
  const folder = join(await mkdtemp(join(tmpdir(), "secret-relay-sizes-")), "config");
  await mkdir(folder);
  const documents = Array.from({ length: Math.ceil(secrets / 100) }, (_, group) => {
    const keys = Array.from({ length: Math.min(100, secrets - group * 100) }, (_one, index) => nameOf(group * 100 + index));
    const data = keys.map((key, index) => `    - {secretKey: k${index}, remoteRef: {key: ${key}}}`);
    return `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: r${group}, namespace: app}
spec:
  secretStoreRef: {name: here, kind: ClusterSecretStore}
  data:
${data.join("\n")}
`;
  });
  await writeFile(join(folder, "all.yaml"), [HEAD, ...documents].join("---\n"));
  return folder;
}

const KEY = "arn:aws:kms:us-east-1:111122223333:key/a";

describe("the template grants what the plan says", () => {
  it.each([
    { secrets: 10, context: { kmsKeyArns: [KEY], tracing: true }, managed: 1 },
    { secrets: 10, context: {}, managed: 1 },
    { secrets: 1_000, context: { managedPoliciesPerRole: 20 }, managed: 20 },
    { secrets: 1_000, context: { grantPrefixes: "team-1/*,team-2/*,team-3/*,team-4/*,team-5/*" }, managed: 10 },
    { secrets: 1_000, context: { grantTag: "secret-relay=allowed" }, managed: 1 },
    { secrets: 20_000, context: { grantPrefixes: ["team-*"] }, managed: 1 },
  ])("$secrets secrets, $context", async ({ secrets, context, managed }) => {
    const config = await writeConfig(secrets);
    const { template, outdir } = await synthesise({ ...WITHOUT_BUNDLES, ...context, config });

    for (const name of FUNCTION_NAMES) expect(synthesised(template, name)).toEqual(await planned(config, context, name));
    const policies = Object.values(resourcesOf(template, "AWS::IAM::ManagedPolicy"));
    const ofRole = (name: FunctionName) => policies.filter(({ Roles }) => (Roles as readonly string[]).includes(`<${name}Role>`)).length;
    expect(Math.max(...FUNCTION_NAMES.map(ofRole))).toBeLessThanOrEqual(managed);
    const places = { "<AWS::Partition>": "aws-us-gov", "<AWS::Region>": "ap-southeast-1", "<AWS::AccountId>": "123456789012" };
    const sizes = policies.map(({ PolicyDocument }) => {
      return Object.entries(places).reduce((text, [from, to]) => text.replaceAll(from, to), JSON.stringify(PolicyDocument)).length;
    });
    expect(Math.max(...sizes)).toBeLessThanOrEqual(6_144);
    const inline = Object.values(resourcesOf(template, "AWS::IAM::Policy")).map(
      ({ PolicyDocument }) => JSON.stringify(PolicyDocument).length,
    );
    expect(inline.reduce((sum, size) => sum + size)).toBeLessThan(10_240);
    // CloudFormation's own limits.
    expect(Object.keys(template.Resources).length).toBeLessThan(500);
    expect((await readFile(join(outdir, "secret-relay.template.json"))).length).toBeLessThan(1_000_000);
    await rm(outdir, { recursive: true });
    await rm(config, { recursive: true });
  });

  it("ends the synthesis with what to choose where they don't fit", async () => {
    const config = await writeConfig(1_000);

    await expect(relayApp({ ...WITHOUT_BUNDLES, config })).rejects.toThrow(
      /need [\d,]+ characters, that is \d+ managed policies of 6,144 for each role, and have 10[^]*"grantPrefixes": \[[^]*"grantTag": /,
    );
    await rm(config, { recursive: true });
  });
});
