/** The VPC that the functions are in where clusters have private endpoints, and the endpoints of AWS that they then need. */
import { Annotations, Fn, Stack, Validations } from "aws-cdk-lib";
import {
  CfnVPCEndpoint,
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  type ISecurityGroup,
  type ISubnet,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  Vpc,
  VpcEndpointType,
} from "aws-cdk-lib/aws-ec2";
import { Effect, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { allRegistrations } from "../src/core/config/cluster-external-secret.ts";
import { findPlaces } from "../src/core/find/find.ts";
import { INTERFACE_ACTIONS } from "../src/core/grants/own-grants.ts";
import type { ResolvedConfig } from "../src/core/model.ts";
import { referencesOf } from "../src/core/sync/references.ts";
import type { RelayFunction } from "./relay-function.ts";

/** Context keys `vpcId`, `vpcSubnetIds`, `vpcSecurityGroupIds`; with `vpcEndpoints` also `vpcRouteTableIds`. They exist already. */
export interface NetworkSettings {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  /** Those of the subnets, for the endpoints of DynamoDB and S3. @default none: no endpoint is made */
  readonly endpointRouteTableIds: readonly string[];
}

export interface RelayNetworkProps {
  readonly settings: NetworkSettings;
  readonly config: ResolvedConfig;
}

/** Nothing is looked up: synthesis needs no account. */
export class RelayNetwork extends Construct {
  readonly vpc: IVpc;
  readonly subnets: readonly ISubnet[];
  readonly securityGroups: readonly ISecurityGroup[];

  constructor(scope: Construct, id: string, { settings, config }: RelayNetworkProps) {
    super(scope, id);
    const { vpcId, subnetIds, securityGroupIds, endpointRouteTableIds } = settings;
    // Which zones they are in, nobody asks.
    const availabilityZones = subnetIds.map((_, index) => Fn.select(index, Fn.getAzs()));
    this.vpc = Vpc.fromVpcAttributes(this, "Vpc", { vpcId, availabilityZones, privateSubnetIds: [...subnetIds] });
    this.subnets = this.vpc.privateSubnets;
    Annotations.of(this.vpc).acknowledgeWarning(
      "@aws-cdk/aws-ec2:noSubnetRouteTableId",
      "nothing here asks a subnet for its route table: those that get endpoints are named",
    );
    this.securityGroups = securityGroupIds.map((groupId) => SecurityGroup.fromSecurityGroupId(this, groupId, groupId, { mutable: false }));
    if (endpointRouteTableIds.length > 0) this.#makeEndpoints(endpointRouteTableIds, config);
  }

  #makeEndpoints(routeTableIds: readonly string[], config: ResolvedConfig): void {
    const { vpc, subnets } = this;
    for (const service of ["dynamodb", "s3"]) {
      new CfnVPCEndpoint(this, service, {
        vpcId: vpc.vpcId,
        vpcEndpointType: VpcEndpointType.GATEWAY,
        serviceName: `com.amazonaws.${Stack.of(this).region}.${service}`,
        routeTableIds: [...routeTableIds],
      });
    }
    const group = new SecurityGroup(this, "EndpointAccess", {
      vpc,
      description: "secret-relay: its functions reach endpoints of AWS",
      allowAllOutbound: false,
    });
    for (const from of this.securityGroups)
      group.addIngressRule(Peer.securityGroupId(from.securityGroupId), Port.tcp(443), "the functions");
    for (const [name, service] of Object.entries(neededServices(config))) {
      new InterfaceVpcEndpoint(this, name, { vpc, service, subnets: { subnets: [...subnets] }, securityGroups: [group], open: false });
    }
  }

  /** Lets Lambda, by this role, put a function into the VPC; the function's own code may do nothing of that. */
  allowInterfaces(by: RelayFunction): void {
    by.allow(INTERFACE_ACTIONS, ["*"]);
    const functions = Stack.of(this).formatArn({ service: "lambda", resource: "function:*" });
    // The key is there only where code calls, by the role's credentials: whoever took them over can't touch the network by them.
    by.role.addToPolicy(
      new PolicyStatement({
        effect: Effect.DENY,
        actions: [...INTERFACE_ACTIONS],
        resources: ["*"],
        conditions: { ArnLike: { "lambda:SourceFunctionArn": functions } },
      }),
    );
    Validations.of(by.role).acknowledge({
      id: "AwsSolutions-IAM5[Resource::*]",
      reason: "Lambda accepts network interface actions on all resources only; they are denied to the function's own code",
    });
  }
}

/** What of AWS the functions call, by what the config makes them call. Logs and traces leave through Lambda itself; KMS is called by the stores. */
function neededServices(config: ResolvedConfig): Readonly<Record<string, InterfaceVpcEndpointAwsService>> {
  const all = allRegistrations(config);
  const sources = [...all.flatMap(referencesOf), ...all.flatMap(findPlaces).map(({ store }) => store)];
  const hasRoles = sources.some(({ access }) => access !== undefined) || config.clusters.some(({ eks }) => eks?.roleArn !== undefined);
  return {
    secretsmanager: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
    sqs: InterfaceVpcEndpointAwsService.SQS,
    events: InterfaceVpcEndpointAwsService.EVENTBRIDGE,
    // A registration that takes longer than a function may goes on in another invocation.
    lambda: InterfaceVpcEndpointAwsService.LAMBDA,
    ...(sources.some(({ provider }) => provider === "ParameterStore") ? { ssm: InterfaceVpcEndpointAwsService.SSM } : {}),
    ...(hasRoles ? { sts: InterfaceVpcEndpointAwsService.STS } : {}),
    ...(config.clusters.some(({ eks }) => eks !== undefined) ? { eks: InterfaceVpcEndpointAwsService.EKS } : {}),
  };
}
