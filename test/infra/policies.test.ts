/** What no policy of any stack may hold: a set operator that a missing key satisfies, or a principal that is everybody. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { resourcesOf, synthesise, type Template, WITHOUT_BUNDLES } from "./template.ts";

interface Statement {
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const BUS = "arn:aws:events:us-east-1:999900001111:event-bus/secret-relay-SourceBus";
const READER = { readSecrets: "shop/*", readParameters: "/shop/*", readFind: true, externalId: "ours" };
const KEYS = { kmsKeyArns: "arn:aws:kms:us-east-1:111122223333:key/k" };
const STACKS = [
  { name: "the relay's", stack: "secret-relay", context: { ...WITHOUT_BUNDLES, ...KEYS, tracing: true } },
  { name: "the relay's, with an organisation", stack: "secret-relay", context: { ...WITHOUT_BUNDLES, sourceOrganization: "o-abcdefghij" } },
  { name: "the relay's, with other accounts", stack: "secret-relay", context: WITHOUT_BUNDLES, account: "777788889999" },
  { name: "an owner's", stack: "secret-relay-source", context: { ...READER, ...KEYS, hubBusArn: BUS } },
  { name: "another region's", stack: "secret-relay-source", context: { hubBusArn: BUS } },
];

const folders: string[] = [];

afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function configFor(account: string | undefined): Promise<Readonly<Record<string, unknown>>> {
  if (account === undefined) return {};
  const config = await mkdtemp(join(tmpdir(), "secret-relay-policies-"));
  folders.push(config);
  const store = `{provider: {aws: {service: SecretsManager, region: us-east-1, role: "arn:aws:iam::${account}:role/reader"}}}`;
  const documents = [
    'apiVersion: secret-relay.dev/v1alpha1\nkind: Cluster\nmetadata: {name: c}\nspec: {kubeconfigSecretRef: {name: c}, manifests: ["*"], namespaces: {allow: ["*"]}}',
    `apiVersion: external-secrets.io/v1\nkind: ClusterSecretStore\nmetadata: {name: s}\nspec: ${store}`,
    "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: e, namespace: n}\nspec: {secretStoreRef: {name: s, kind: ClusterSecretStore}, data: [{secretKey: k, remoteRef: {key: a}}]}",
  ];
  await writeFile(join(config, "a.yaml"), documents.join("\n---\n"));
  return { config };
}

/** Every statement of every policy, whatever resource and property holds it. */
function statementsIn(value: unknown): readonly Statement[] {
  if (typeof value !== "object" || value === null) return [];
  const own = "Effect" in value ? [value as Statement] : [];
  return [...own, ...Object.values(value).flatMap(statementsIn)];
}

/** What is wrong with a statement; empty where nothing is. */
function faultsOf({ Effect, Principal, Condition = {} }: Statement): readonly string[] {
  const setKeys = Object.entries(Condition)
    .filter(([operator]) => operator.startsWith("ForAllValues:"))
    .flatMap(([, keys]) => Object.keys(keys));
  const unguarded = setKeys.filter((key) => String(Condition["Null"]?.[key]) !== "false");
  const isEverybody = Principal === "*" || (typeof Principal === "object" && JSON.stringify(Principal).includes('"*"'));
  // One that only a member of an organisation or account meets; a source or a type is anybody's to claim.
  const isBounded = ["aws:PrincipalOrgID", "aws:PrincipalAccount"].some((key) => Condition["StringEquals"]?.[key] !== undefined);
  return [
    ...unguarded.map((key) => `ForAllValues of ${key} without Null`),
    ...(Effect === "Allow" && isEverybody && !isBounded ? ["everybody"] : []),
  ];
}

describe("each policy of", () => {
  it.each(STACKS)(
    "$name stack has no set operator that a missing key satisfies, and no principal that is everybody",
    async ({ stack, context, account }) => {
      const { template, outdir } = await synthesise({ ...context, ...(await configFor(account)) }, stack);
      folders.push(outdir);

      const statements = statementsIn(template.Resources);
      expect(statements.length).toBeGreaterThan(5);
      expect(statements.flatMap((statement) => faultsOf(statement).map((fault) => ({ fault, statement })))).toEqual([]);
      expect(lambdaPermissions(template).filter(({ SourceArn, SourceAccount }) => !SourceArn || !SourceAccount)).toEqual([]);
    },
  );

  it.each([
    {
      name: "a set operator alone",
      statement: { Condition: { "ForAllValues:StringEquals": { "events:source": ["a"] } } },
      fault: /without Null/,
    },
    {
      name: "a set operator with a Null of another key",
      statement: { Condition: { "ForAllValues:StringEquals": { "events:source": ["a"] }, Null: { "events:detail-type": "false" } } },
      fault: /without Null/,
    },
    {
      name: "a set operator with the wrong Null",
      statement: { Condition: { "ForAllValues:StringEquals": { "events:source": ["a"] }, Null: { "events:source": "true" } } },
      fault: /without Null/,
    },
    { name: "everybody", statement: { Principal: "*" }, fault: /everybody/ },
    {
      name: "every account",
      statement: { Principal: { AWS: ["*"] }, Condition: { StringEquals: { "events:source": "a" } } },
      fault: /everybody/,
    },
  ])("a stack would be refused with $name", ({ statement, fault }) => {
    expect(faultsOf({ Effect: "Allow", ...statement }).join()).toMatch(fault);
  });
});

function lambdaPermissions(template: Template): readonly Readonly<Record<string, unknown>>[] {
  return Object.values(resourcesOf(template, "AWS::Lambda::Permission"));
}
