/** Asks a simulator of IAM whether policies allow a call: for conditions that the emulator does not look at. */
import { runSimulation } from "@cloud-copilot/iam-simulate";

export interface SimulatedCall {
  /** ARN of a role or of its session. */
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  /** Who owns the resource. */
  readonly account: string;
  readonly context?: Readonly<Record<string, string | string[]>>;
  /** What the principal's own policies say. @default all is allowed: the resource's owner decides */
  readonly identityPolicies?: readonly unknown[];
  /** A role's trust policy, a bus's policy. @default none */
  readonly resourcePolicy?: unknown;
}

const ALL = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };

/** @throws Error where the simulator can't judge: a policy that is not valid, an action that does not know the resource */
export async function isAllowed(call: SimulatedCall): Promise<boolean> {
  const { principal, action, resource, account, context = {}, identityPolicies = [ALL], resourcePolicy } = call;
  const result = await runSimulation(
    {
      request: { principal, action, resource: { resource, accountId: account }, contextVariables: { ...context } },
      identityPolicies: identityPolicies.map((policy, index) => ({ name: `policy-${index}`, policy })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(resourcePolicy === undefined ? {} : { resourcePolicy }),
    },
    {},
  );
  if (result.resultType === "error") throw new Error(`can't be simulated: ${JSON.stringify(result.errors)}`);
  return result.overallResult === "Allowed";
}
