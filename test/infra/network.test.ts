/** EKS clusters and their network: who may describe and assume what, and the functions in a VPC with the endpoints that they need. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { resourcesOf, synthesise, type Template, WITHOUT_BUNDLES } from "./template.ts";

const NETWORK = {
  vpcId: "vpc-0123456789abcdef0",
  vpcSubnetIds: ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
  vpcSecurityGroupIds: ["sg-0123456789abcdef0"],
};
const ROUTES = { vpcEndpoints: true, vpcRouteTableIds: ["rtb-0123456789abcdef0"] };

const cluster = (name: string, way: string, manifests = ""): string => `
apiVersion: secret-relay.dev/v1alpha1
kind: Cluster
metadata: {name: ${name}}
spec: {${way}, manifests: [${manifests}], namespaces: {allow: ["*"]}}
---`;

const CLUSTERS = [
  cluster("tokyo", "kubeconfigSecretRef: {name: clusters/tokyo}"),
  cluster("own", "eks: {name: prod, region: eu-west-1}"),
  cluster("own-again", "eks: {name: prod, region: eu-west-1}"),
  cluster("osaka", "eks: {name: prod, region: ap-northeast-3}"),
  cluster(
    "theirs",
    'eks: {name: prod, region: eu-west-1, roleArn: "arn:aws:iam::222222222222:role/relay", externalId: e1}',
    "several.yaml",
  ),
  cluster("theirs-too", 'eks: {name: test, region: eu-west-1, roleArn: "arn:aws:iam::222222222222:role/relay"}'),
];

const EVERYWHERE = `
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: aws}
spec: {provider: {aws: {service: ParameterStore}}}
---
apiVersion: external-secrets.io/v1
kind: ClusterExternalSecret
metadata: {name: several}
spec:
  namespaces: [app]
  externalSecretSpec: {secretStoreRef: {name: aws, kind: ClusterSecretStore}, data: [{secretKey: a, remoteRef: {key: /a}}]}
`;

const ONLY_CLUSTERS = { "clusters.yaml": CLUSTERS.join("\n").replace("several.yaml", "") };

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: unknown;
}

let folder: string;
let template: Template;

async function synthesised(name: string, files: Readonly<Record<string, string>>, context: Readonly<Record<string, unknown>> = {}) {
  const config = join(folder, name);
  await mkdir(config);
  for (const [file, text] of Object.entries(files)) await writeFile(join(config, file), text);
  const { template: made, outdir } = await synthesise({ ...WITHOUT_BUNDLES, ...context, config });
  await rm(outdir, { recursive: true });
  return made;
}

function statementsOf(role: string, of: Template): readonly Statement[] {
  const all = ["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"].flatMap((type) => Object.values(resourcesOf(of, type)));
  const policies = all.filter(({ Roles }) => (Roles as readonly string[]).includes(`<${role}>`));
  return policies.flatMap(({ PolicyDocument }) => (PolicyDocument as unknown as { readonly Statement: readonly Statement[] }).Statement);
}

/** `Interface sqs`, sorted. */
function endpointsOf(of: Template): readonly string[] {
  const found = Object.values(resourcesOf(of, "AWS::EC2::VPCEndpoint")).map(({ VpcEndpointType, ServiceName }) => {
    const service = typeof ServiceName === "string" ? ServiceName.split(".").at(-1) : undefined;
    return `${JSON.stringify(VpcEndpointType)} ${service}`.replaceAll('"', "");
  });
  return found.toSorted((a, b) => (a < b ? -1 : 1));
}

/** As `action resource` lines, of these actions. */
function grants(role: string, of: Template, ...services: readonly string[]): readonly string[] {
  return statementsOf(role, of)
    .flatMap(({ Action, Resource }) => [Action].flat().flatMap((action) => [Resource].flat().map((resource) => `${action} ${resource}`)))
    .filter((line) => services.some((service) => line.startsWith(`${service}:`)))
    .toSorted();
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "secret-relay-network-test-"));
  template = await synthesised("all", { "clusters.yaml": CLUSTERS.join("\n"), "several.yaml": EVERYWHERE }, { ...NETWORK, ...ROUTES });
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const OWN = [
  "eks:DescribeCluster arn:<AWS::Partition>:eks:ap-northeast-3:<AWS::AccountId>:cluster/prod",
  "eks:DescribeCluster arn:<AWS::Partition>:eks:eu-west-1:<AWS::AccountId>:cluster/prod",
];
const THEIRS = "sts:AssumeRole arn:aws:iam::222222222222:role/relay";

describe("EKS clusters", () => {
  it.each(["OnSecretChangeRole", "SyncRole", "ReconcileRole"])(
    "are exactly what %s may describe, and their roles what it may assume",
    (role) => {
      expect(grants(role, template, "eks", "sts")).toEqual([...OWN, THEIRS]);
    },
  );

  it("are reached by the registration only where their namespaces are asked for", async () => {
    const without = await synthesised("without", ONLY_CLUSTERS);

    expect(grants("RegisterRole", template, "eks", "sts")).toEqual([THEIRS]);
    expect(grants("RegisterRole", without, "eks", "sts")).toEqual([]);
    expect(grants("SyncRole", without, "eks", "sts")).toEqual([...OWN, THEIRS]);
  });

  it("need no grant of a secret, and leave the others' as it is", () => {
    const secrets = grants("SyncRole", template, "secretsmanager").filter((line) => line.startsWith("secretsmanager:GetSecretValue"));

    expect(secrets.map((line) => line.replace(/^.*(:secret:| )/, ""))).toEqual(["<HashKey>", "clusters/tokyo-??????"]);
  });
});

describe("a VPC", () => {
  it("holds all functions, in its subnets and with its security groups", () => {
    const functions = Object.values(resourcesOf(template, "AWS::Lambda::Function"));

    expect(functions).toHaveLength(4);
    for (const { VpcConfig } of functions) {
      expect(VpcConfig).toEqual({ SubnetIds: NETWORK.vpcSubnetIds, SecurityGroupIds: NETWORK.vpcSecurityGroupIds });
    }
  });

  it.each(["OnSecretChangeRole", "SyncRole", "ReconcileRole", "RegisterRole"])(
    "lets Lambda make interfaces by %s, and denies it to the function's code",
    (role) => {
      const ofNetwork = statementsOf(role, template).filter(({ Action }) => [Action].flat().includes("ec2:CreateNetworkInterface"));
      const Action = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
      ];
      const functions = "arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>:function:*";

      // Of reconcile, what else is allowed on everything is merged into it.
      expect(ofNetwork).toEqual([
        { Effect: "Allow", Action: expect.arrayContaining(Action), Resource: "*" },
        { Effect: "Deny", Action, Resource: "*", Condition: { ArnLike: { "lambda:SourceFunctionArn": functions } } },
      ]);
      expect(Object.values(resourcesOf(template, "AWS::IAM::Role")).flatMap(({ ManagedPolicyArns }) => ManagedPolicyArns ?? [])).toEqual(
        [],
      );
    },
  );

  it("gets the endpoints that this config needs, which only the functions reach", () => {
    const endpoints = Object.values(resourcesOf(template, "AWS::EC2::VPCEndpoint"));
    expect(endpointsOf(template)).toEqual([
      "Gateway dynamodb",
      "Gateway s3",
      "Interface eks",
      "Interface events",
      "Interface lambda",
      "Interface secretsmanager",
      "Interface sqs",
      "Interface ssm",
      "Interface sts",
    ]);
    const [[group, access] = []] = Object.entries(resourcesOf(template, "AWS::EC2::SecurityGroup"));
    expect(access).toMatchObject({ VpcId: NETWORK.vpcId });
    for (const { VpcEndpointType, SecurityGroupIds, SubnetIds, PrivateDnsEnabled, RouteTableIds } of endpoints) {
      if (VpcEndpointType === "Gateway") expect(RouteTableIds).toEqual(ROUTES.vpcRouteTableIds);
      else {
        expect([SecurityGroupIds, SubnetIds, PrivateDnsEnabled]).toEqual([[`<${group}.GroupId>`], NETWORK.vpcSubnetIds, true]);
      }
    }
    expect(access?.["SecurityGroupIngress"]).toMatchObject([
      { IpProtocol: "tcp", FromPort: 443, ToPort: 443, SourceSecurityGroupId: "sg-0123456789abcdef0" },
    ]);
  });

  it("gets none but those, and none at all where they are there already", async () => {
    const few = await synthesised(
      "few",
      { "clusters.yaml": cluster("tokyo", "kubeconfigSecretRef: {name: k}") },
      { ...NETWORK, ...ROUTES },
    );
    const none = await synthesised("none", ONLY_CLUSTERS, NETWORK);

    expect(endpointsOf(few)).toEqual([
      "Gateway dynamodb",
      "Gateway s3",
      "Interface events",
      "Interface lambda",
      "Interface secretsmanager",
      "Interface sqs",
    ]);
    expect(resourcesOf(none, "AWS::EC2::VPCEndpoint")).toEqual({});
    expect(resourcesOf(none, "AWS::EC2::SecurityGroup")).toEqual({});
  });

  it("is none by default: no function is in one, and no role may touch a network", async () => {
    const plain = await synthesised("plain", ONLY_CLUSTERS);

    for (const { VpcConfig } of Object.values(resourcesOf(plain, "AWS::Lambda::Function"))) expect(VpcConfig).toBeUndefined();
    expect(grants("SyncRole", plain, "ec2")).toEqual([]);
  });
});
