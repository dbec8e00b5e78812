/** What a rule delivers to, with permissions that name exactly that rule and its account, and with a queue for what can't be delivered. */
import { Aws, Duration } from "aws-cdk-lib";
import type { IRuleRef, IRuleTarget, RuleTargetConfig } from "aws-cdk-lib/aws-events";
import { Effect, type IRole, PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { CfnPermission, type IFunction } from "aws-cdk-lib/aws-lambda";
import type { IQueue } from "aws-cdk-lib/aws-sqs";

const EVENTBRIDGE = "events.amazonaws.com";

export interface Delivery {
  /** Gets what can't be delivered. @default - it is dropped: for what comes again by itself */
  readonly failureQueue?: IQueue;
  /** @default 24 hours, the longest that EventBridge takes */
  readonly maxEventAge?: Duration;
  /** @default 185, the most that EventBridge takes */
  readonly retryAttempts?: number;
}

/** A function as the target. */
export function functionTarget(target: IFunction, delivery: Delivery): IRuleTarget {
  return {
    bind(rule): RuleTargetConfig {
      // Below the rule, so that whoever waits for the rule waits for its permission.
      new CfnPermission(rule, "AllowInvoke", {
        action: "lambda:InvokeFunction",
        functionName: target.functionArn,
        principal: EVENTBRIDGE,
        sourceArn: rule.ruleRef.ruleArn,
        sourceAccount: Aws.ACCOUNT_ID,
      });
      return { arn: target.functionArn, ...deliveryOf(rule, delivery) };
    },
  };
}

/** A bus of another account or region as the target: reached by a role of this account. */
export function foreignBusTarget(busArn: string, role: IRole, delivery: Delivery): IRuleTarget {
  return { bind: (rule): RuleTargetConfig => ({ arn: busArn, role, ...deliveryOf(rule, delivery) }) };
}

function deliveryOf(rule: IRuleRef, delivery: Delivery): Pick<RuleTargetConfig, "deadLetterConfig" | "retryPolicy"> {
  const { failureQueue, maxEventAge = Duration.hours(24), retryAttempts = 185 } = delivery;
  const retryPolicy = { maximumEventAgeInSeconds: maxEventAge.toSeconds(), maximumRetryAttempts: retryAttempts };
  if (failureQueue === undefined) return { retryPolicy };
  failureQueue.addToResourcePolicy(
    new PolicyStatement({
      sid: `AllowRule${rule.node.id}${rule.node.addr.slice(-8)}`,
      effect: Effect.ALLOW,
      principals: [new ServicePrincipal(EVENTBRIDGE)],
      actions: ["sqs:SendMessage"],
      resources: [failureQueue.queueArn],
      conditions: { ArnEquals: { "aws:SourceArn": rule.ruleRef.ruleArn }, StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
    }),
  );
  return { deadLetterConfig: { arn: failureQueue.queueArn }, retryPolicy };
}
