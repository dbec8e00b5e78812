/** Brings the resolved config to the register function, so that `cdk deploy` alone registers. It holds names, never a secret value. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CustomResource, type Duration, Stack, Stage, Validations } from "aws-cdk-lib";
import { Policy, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import { Construct, type IDependable } from "constructs";
import type { ResolvedConfig } from "../src/core/model.ts";
import type { RelayFunction } from "./relay-function.ts";

export interface ConfigResourceProps {
  readonly config: ResolvedConfig;
  readonly register: RelayFunction;
  /** How long CloudFormation waits for the whole registration. */
  readonly timeout: Duration;
  /** What must be there before the first registration: whatever serves the messages that it sends. */
  readonly after: readonly IDependable[];
}

/** A raw custom resource: the register function answers CloudFormation itself, after as many invocations as it takes. */
export class ConfigResource extends Construct {
  constructor(scope: Construct, id: string, props: ConfigResourceProps) {
    super(scope, id);
    const { register } = props;
    const file = join(Stage.of(this)?.assetOutdir ?? "", "relay-config.json");
    writeFileSync(file, JSON.stringify(props.config));
    const asset = new Asset(this, "Config", { path: file });
    register.allow(
      ["s3:GetObject"],
      [Stack.of(this).formatArn({ service: "s3", region: "", account: "", resource: asset.s3BucketName, resourceName: asset.s3ObjectKey })],
    );
    // A policy of its own: in the role's default one, it and the function would wait for each other.
    const continuation = new Policy(this, "Continuation", {
      roles: [register.role],
      statements: [new PolicyStatement({ actions: ["lambda:InvokeFunction"], resources: [register.resource.functionArn] })],
    });
    Validations.of(continuation).acknowledge({
      id: "NIST.800.53.R5-IAMNoInlinePolicy",
      reason: "it lets register's role call register, and is of use to nobody else",
    });
    Validations.of(register.resource).acknowledge({
      id: "NIST.800.53.R5-LambdaDLQ",
      reason: "its event holds CloudFormation's ResponseURL, a credential, that no queue shall keep; CloudFormation itself shows a failure",
    });
    const resource = new CustomResource(this, "Resource", {
      serviceToken: register.resource.functionArn,
      resourceType: "Custom::SecretRelayConfig",
      serviceTimeout: props.timeout,
      properties: { ConfigBucket: asset.s3BucketName, ConfigKey: asset.s3ObjectKey, ConfigHash: asset.assetHash },
    });
    resource.node.addDependency(continuation, ...props.after);
  }
}
