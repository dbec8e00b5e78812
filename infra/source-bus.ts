/** The bus to which other accounts and regions forward their stores' events: nobody but those that the config names may put any on it. */
import { Aws, Names, Stack } from "aws-cdk-lib";
import { CfnEventBus, EventBus, type IEventBus } from "aws-cdk-lib/aws-events";
import { AccountPrincipal, AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { UserMistake } from "../src/core/config/context.ts";
import { ChangeEvents } from "./change-events.ts";
import { CHANGE_DETAIL_TYPES, CHANGE_SOURCES } from "./change-patterns.ts";

/** EventBridge takes 10 KB of policy; 200 root ARNs leave room for the rest. */
const MOST_ACCOUNTS = 200;

export interface SourceBusProps {
  readonly target: IFunction;
  readonly failureQueue: IQueue;
  /** Other accounts whose secrets the config reads. */
  readonly accounts: readonly string[];
  /** An organisation whose accounts may send; the rules take the events of `accounts` alone even so. @default - each account is named */
  readonly organization: string | undefined;
}

/** A bus of its own: what comes from elsewhere never meets the rules that others have on the default bus (ADR 73). */
export class SourceBus extends Construct {
  readonly resource: IEventBus;
  readonly busArn: string;

  constructor(scope: Construct, id: string, props: SourceBusProps) {
    super(scope, id);
    const name = Names.uniqueResourceName(this, { maxLength: 100, separator: "-" });
    const arn = Stack.of(this).formatArn({ service: "events", resource: "event-bus", resourceName: name });
    const statements = senders(arn, props);
    const bus = new CfnEventBus(this, "Resource", {
      name,
      description: "secret-relay: events of other accounts and regions that own secrets",
      // By the bus itself: a policy of its own is a resource more, and a moment without it.
      ...(statements.length === 0 ? {} : { policy: new PolicyDocument({ statements: [...statements] }) }),
    });
    this.resource = EventBus.fromEventBusName(this, "Bus", bus.ref);
    this.busArn = bus.attrArn;
    // The own account's too: those of its other regions. What its own role sends needs no statement here.
    const accounts = [Aws.ACCOUNT_ID, ...props.accounts];
    const { target, failureQueue } = props;
    new ChangeEvents(this, "ChangeEvents", { target, failureQueue, accounts, bus: this.resource });
  }
}

/** @throws UserMistake where the accounts are too many to name */
function senders(busArn: string, { accounts, organization }: SourceBusProps): readonly PolicyStatement[] {
  if (accounts.length === 0 && organization === undefined) return [];
  if (organization === undefined && accounts.length > MOST_ACCOUNTS) {
    throw new UserMistake(
      `the config names ${accounts.length} other accounts, and a bus's policy takes ${MOST_ACCOUNTS}: set context key "sourceOrganization"`,
    );
  }
  // Keys of many values, by their documentation: one call may put several events. Where a key is missing the set operator is true, and Null refuses.
  const conditions = {
    "ForAllValues:StringEquals": { "events:source": CHANGE_SOURCES, "events:detail-type": CHANGE_DETAIL_TYPES },
    Null: { "events:source": "false", "events:detail-type": "false" },
  };
  const common = { effect: Effect.ALLOW, actions: ["events:PutEvents"], resources: [busArn] };
  return [
    organization === undefined
      ? new PolicyStatement({
          ...common,
          sid: "NamedAccounts",
          principals: accounts.map((account) => new AccountPrincipal(account)),
          conditions,
        })
      : new PolicyStatement({
          ...common,
          sid: "Organization",
          principals: [new AnyPrincipal()],
          conditions: { ...conditions, StringEquals: { "aws:PrincipalOrgID": organization } },
        }),
  ];
}
