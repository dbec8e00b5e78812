/** The queue of sync requests, its dead-letter queue, and how the sync function is fed from it. */
import { Duration, Validations } from "aws-cdk-lib";
import { type IQueue, Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { RelayFunction } from "./relay-function.ts";

const BATCH_SIZE = 10;

/** AWS's advice for event source mappings: visibility of at least six times the function's time-out. */
const VISIBILITY_FACTOR = 6;

/**
 * Receives before a message is given up. High, since each one waits longer, up to 15 minutes, and a cluster that is down for
 * half a day must catch up by itself; throttled polls count too.
 */
const MAX_RECEIVE_COUNT = 50;

export interface SyncQueueProps {
  /** The sync function's time-out. */
  readonly consumerTimeout: Duration;
}

export class SyncQueue extends Construct {
  readonly resource: IQueue;
  readonly deadLetterQueue: IQueue;

  constructor(scope: Construct, id: string, props: SyncQueueProps) {
    super(scope, id);
    this.deadLetterQueue = new Queue(this, "DeadLetter", {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // Counted from the first send, in the sync queue: so it must exceed that one's retention.
      retentionPeriod: Duration.days(14),
    });
    this.resource = new Queue(this, "Resource", {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(4),
      visibilityTimeout: Duration.seconds(props.consumerTimeout.toSeconds() * VISIBILITY_FACTOR),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: MAX_RECEIVE_COUNT },
    });
  }

  /** Feeds `by`. A maximum concurrency of the mapping, not a reserved one: a new account has none to reserve. */
  feed(by: RelayFunction, maxConcurrency: number): void {
    // Not SqsEventSource: it grants more than a mapping needs.
    Validations.of(by.resource).acknowledge({
      id: "NIST.800.53.R5-LambdaDLQ",
      reason: "only its queue invokes it, and that one has a dead-letter queue; the rule sees those of asynchronous invocations only",
    });
    by.resource.addEventSourceMapping("SyncQueue", {
      eventSourceArn: this.resource.queueArn,
      batchSize: BATCH_SIZE,
      reportBatchItemFailures: true,
      maxConcurrency,
    });
  }
}
