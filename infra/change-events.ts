/** The rules of one bus that wake on-secret-change: AWS announces changes on the default bus of the account and region where they happen. */
import { type IEventBus, Rule } from "aws-cdk-lib/aws-events";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { changePatterns } from "./change-patterns.ts";
import { functionTarget } from "./rule-target.ts";

export interface ChangeEventsProps {
  readonly target: IFunction;
  /** Gets the events that could not be handed to the function. */
  readonly failureQueue: IQueue;
  /** Whose events count. */
  readonly accounts: readonly string[];
  /** @default - the default bus */
  readonly bus?: IEventBus;
}

export class ChangeEvents extends Construct {
  constructor(scope: Construct, id: string, props: ChangeEventsProps) {
    super(scope, id);
    const { target, failureQueue, bus } = props;
    for (const [name, eventPattern] of Object.entries(changePatterns(props.accounts))) {
      new Rule(this, name, {
        eventPattern,
        targets: [functionTarget(target, { failureQueue })],
        ...(bus === undefined ? {} : { eventBus: bus }),
      });
    }
  }
}
