/** Where everything ends that no function could handle: malformed events, exhausted asynchronous invocations, undeliverable events. */
import { Duration, Validations } from "aws-cdk-lib";
import { type IQueue, Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";

export class FailureQueue extends Construct {
  readonly resource: IQueue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.resource = new Queue(this, "Resource", {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(this.resource).acknowledge({
      id: "AwsSolutions-SQS3",
      reason: "it is itself the end of the line; nothing consumes it, and an alarm watches its depth",
    });
  }
}
