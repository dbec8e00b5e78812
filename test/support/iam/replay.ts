/** Replays the calls that the functions made against the policies of the config that they ran by, and keeps which rights they used. */
import { expect } from "@jest/globals";
import { FUNCTION_NAMES, type FunctionName } from "../../../src/core/grants/grant.ts";
import type { GrantPlan } from "../../../src/core/grants/plan.ts";
import type { AwsCall } from "../aws-fault-proxy.ts";
import { APP_ID } from "./app-id.ts";
import { type Deployed, isAllowed, policyOf } from "./policies.ts";
import { iamRequests } from "./requests.ts";

/** Which actions each function was seen to need, in this test file so far: `Sync secretsmanager:GetSecretValue`. */
export const usedRights = new Set<string>();

/** The function that made a call by its own role; undefined for a test's own calls, and for those with a store's credentials. */
function callerOf({ appId, accessKey, sessionToken }: AwsCall, { account, ownSession = "" }: Deployed): FunctionName | undefined {
  if (accessKey !== account || sessionToken !== ownSession) return undefined;
  return FUNCTION_NAMES.find((name) => appId === `${APP_ID}${name}`);
}

/**
 * Expects that IAM would have allowed every call. `PutAnswer` is no call of AWS: CloudFormation's answer goes to a signed address.
 * @param plans of each config that was deployed meanwhile: one of them must allow the call
 */
export async function expectAllowed(calls: readonly AwsCall[], plans: readonly GrantPlan[], deployed: Deployed): Promise<void> {
  const asked = new Map<string, { readonly of: FunctionName; readonly action: string; readonly resource: string }>();
  for (const call of calls) {
    const of = callerOf(call, deployed);
    if (of === undefined) continue;
    for (const { action, resource } of iamRequests(call, deployed.account))
      asked.set(`${of} ${action} ${resource}`, { of, action, resource });
  }
  const denied: string[] = [];
  for (const [line, { of, action, resource }] of asked) {
    const policies = plans.map((plan) => policyOf(plan, of, deployed));
    if (await isAllowed(policies, { action, resource }, deployed.account)) usedRights.add(`${of} ${action}`);
    else denied.push(line);
  }
  expect(denied).toEqual([]);
}
