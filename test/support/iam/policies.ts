/** The grants of a plan as IAM policies with concrete ARNs, and IAM's decision on a request: by a simulator, not by the code that made them. */
import { runSimulation } from "@cloud-copilot/iam-simulate";
import type { FunctionName, Grant, OwnResource } from "../../../src/core/grants/grant.ts";
import type { GrantPlan } from "../../../src/core/grants/plan.ts";
import type { IamRequest } from "./requests.ts";

/** Where the stack is, or is taken to be. */
export interface Deployed {
  readonly region: string;
  readonly account: string;
  /** The session token of the functions' own credentials: a store's access keys may be those of the account too. @default "" */
  readonly ownSession?: string;
  /** ARNs of what the stack makes; `Logs` and `Function` by the function. */
  readonly own: (name: OwnResource, of: FunctionName) => string;
}

export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly {
    readonly Effect: "Allow";
    readonly Action: readonly string[];
    readonly Resource: readonly string[];
    readonly Condition?: Grant["condition"];
  }[];
}

/** A grant's resource with everything filled in. */
function placedResource(resource: string, of: FunctionName, { region, account, own }: Deployed): string {
  const places: Readonly<Record<string, string>> = { "AWS::Partition": "aws", "AWS::Region": region, "AWS::AccountId": account };
  return resource.replaceAll(/\$\{([\w:]+)\}/g, (_all, name: string) => places[name] ?? own(name as OwnResource, of));
}

/** All that a function may do by a plan. */
export function policyOf(plan: GrantPlan, of: FunctionName, deployed: Deployed): PolicyDocument {
  const grants = [...plan.own, ...plan.sources].filter(({ functions }) => functions.includes(of));
  return {
    Version: "2012-10-17",
    Statement: grants.map(({ actions, resource, condition }) => ({
      Effect: "Allow",
      Action: actions,
      Resource: [placedResource(resource, of, deployed)],
      ...(condition === undefined ? {} : { Condition: condition }),
    })),
  };
}

/** IAM's answer, as the principal's own policies have it. @throws Error where the simulator takes the request for malformed */
export async function isAllowed(
  policies: readonly PolicyDocument[],
  { action, resource }: IamRequest,
  account: string,
  context: Readonly<Record<string, string>> = {},
): Promise<boolean> {
  const owner = /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/.exec(resource)?.[1] ?? account;
  const answer = await runSimulation(
    {
      request: {
        principal: `arn:aws:iam::${account}:role/secret-relay`,
        action,
        resource: { resource, accountId: owner },
        contextVariables: { ...context },
      },
      identityPolicies: policies.map((policy, index) => ({ name: String(index), policy })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      // What the policy of another account, of a key or of a role allows is not the question here: it leaves all to the caller's own.
      ...(owner === account && !/^(kms|sts):/.test(action) ? {} : { resourcePolicy: openPolicy(action, account) }),
    },
    {},
  );
  if (answer.resultType === "error") throw new Error(`${action} on ${resource}: ${JSON.stringify(answer.errors)}`);
  return answer.overallResult === "Allowed";
}

function openPolicy(action: string, account: string): object {
  const resource = action.startsWith("sts:") ? {} : { Resource: "*" };
  const Principal = { AWS: `arn:aws:iam::${account}:root` };
  return { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal, Action: action, ...resource }] };
}
