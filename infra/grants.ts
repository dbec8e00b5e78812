/** Turns the grants of the plan into policies: what the stack itself makes into each role, what the config names into shared managed policies. */
import { Aws, Validations } from "aws-cdk-lib";
import { Effect, ManagedPolicy, PolicyDocument, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { FUNCTION_NAMES, type FunctionName, type Grant, type OwnResource, ownResourceOf } from "../src/core/grants/grant.ts";
import type { GrantPlan } from "../src/core/grants/plan.ts";
import type { Policy } from "../src/core/grants/policies.ts";
import type { RelayFunction } from "./relay-function.ts";

/** What the functions' constructs, and CDK itself, grant where they make it: the plan lists it, and a test compares. */
const GRANTED_ELSEWHERE: ReadonlySet<OwnResource> = new Set(["Logs", "Function", "ConfigObject"]);

export interface GrantsProps {
  readonly plan: GrantPlan;
  readonly functions: Readonly<Record<FunctionName, RelayFunction>>;
  /** ARNs of what the stack makes. */
  readonly arns: Readonly<Partial<Record<OwnResource, string>>>;
}

/** Depend on it before anything reads: a role has its managed policies only when they are there. */
export class Grants extends Construct {
  constructor(scope: Construct, id: string, props: GrantsProps) {
    super(scope, id);
    const { plan } = props;
    for (const grant of plan.own) this.#allow(grant, props);
    // By number within their functions: the id of a policy says nothing of what is in it, so that it stays when that changes.
    const numbers = new Map<string, number>();
    for (const policy of plan.policies) {
      const of = nameOf(policy);
      const number = (numbers.get(of) ?? 0) + 1;
      numbers.set(of, number);
      this.#attach(`${of}${number}`, policy, props);
    }
  }

  #allow({ actions, functions: names, resource, reach }: Grant, { arns, functions }: GrantsProps): void {
    const own = ownResourceOf(resource);
    // X-Ray is granted by CDK along with the tracing, network interfaces by the network.
    if ((own !== undefined && GRANTED_ELSEWHERE.has(own)) || actions.some((action) => /^(xray|ec2):/.test(action))) return;
    const arn = own === undefined ? resource : arns[own];
    if (arn === undefined) throw new Error(`no ARN of ${resource}`);
    for (const name of names) {
      functions[name].allow(actions, [resource.replace(`\${${own}}`, () => arn)]);
      if (resource === "*")
        Validations.of(functions[name].role).acknowledge({ id: "AwsSolutions-IAM5[Resource::*]", reason: REASONS[reach] });
    }
  }

  #attach(id: string, policy: Policy, { functions, plan }: GrantsProps): void {
    const statements = policy.statements.map(({ actions, condition, resources }) => {
      return new PolicyStatement({
        effect: Effect.ALLOW,
        actions: [...actions],
        resources: resources.map(placed),
        ...(condition === undefined ? {} : { conditions: condition }),
      });
    });
    const managed = new ManagedPolicy(this, id, {
      description: "secret-relay: what the config names (secret-relay permissions shows it, and why)",
      document: new PolicyDocument({ statements, minimize: false }),
      roles: policy.functions.map((name) => functions[name].role),
    });
    const reasons = new Map(plan.sources.map((grant) => [grant.resource, REASONS[grant.reach]]));
    for (const resource of new Set(policy.statements.flatMap(({ resources }) => resources))) {
      if (!resource.includes("*")) continue;
      const shown = resource.replaceAll(/\$\{([\w:]+)\}/g, "<$1>");
      Validations.of(managed).acknowledge({ id: `AwsSolutions-IAM5[Resource::${shown}]`, reason: reasons.get(resource) ?? REASONS.any });
    }
  }
}

const REASONS: Readonly<Record<Grant["reach"], string>> = {
  exact: "it is the name of one resource",
  pattern: "a find rule of the config looks for whatever has such a name",
  prefix: "the deployment accepted this prefix, by the context key grantPrefixes",
  tag: "a condition admits only what has the tag of the context key grantTag",
  any: "the action knows no resources: BatchGetSecretValue gives nothing that GetSecretValue does not grant, ListSecrets and DescribeParameters names and tags only",
};

/** `Readers` for the three that read sources, else the functions' own names. */
function nameOf({ functions }: Policy): string {
  return functions.length === FUNCTION_NAMES.length - 1 ? "Readers" : functions.join("");
}

const PLACES: Readonly<Record<string, string>> = {
  "AWS::Partition": Aws.PARTITION,
  "AWS::Region": Aws.REGION,
  "AWS::AccountId": Aws.ACCOUNT_ID,
};

function placed(resource: string): string {
  return resource.replaceAll(/\$\{([\w:]+)\}/g, (_all, name: string) => PLACES[name] ?? "");
}
