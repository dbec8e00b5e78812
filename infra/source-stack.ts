/** The stack for every other account or region that owns secrets: forwards their events to the hub, and lets the hub read what is named. */
import { CfnOutput, type IStackSynthesizer, LegacyStackSynthesizer, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { EventForwarding } from "./event-forwarding.ts";
import { ReaderRole } from "./reader-role.ts";
import type { SourceSettings } from "./source-settings.ts";

/** Of no account and no region: they are where it is deployed. */
export class SourceStack extends Stack {
  constructor(scope: Construct, id: string, props: SourceSettings) {
    super(scope, id, {
      description: "secret-relay: tells the hub of changes of this account's secrets, and lets it read those that are named",
      // It has no assets: so its account needs no bootstrap, and none of the roles that one makes.
      // The CDK's own class does not quite fit its interface where optional means absent.
      synthesizer: new LegacyStackSynthesizer() as IStackSynthesizer,
    });
    const { hubBusArn, alarmTopicArn, externalId } = props;
    const forwarding = new EventForwarding(this, "Forwarding", { hubBusArn, alarmTopicArn });
    new CfnOutput(this, "FailureQueueUrl", { value: forwarding.failures.resource.queueUrl });
    // The settings are refused where something may be read without an external id.
    if (externalId === undefined) return;
    const reader = new ReaderRole(this, "Reader", { ...props, externalId });
    new CfnOutput(this, "ReaderRoleArn", { value: reader.resource.roleArn });
  }
}
