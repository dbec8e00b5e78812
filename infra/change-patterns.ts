/** Which events tell of a change of a secret or a parameter: the same for the hub's rules and for those that forward from elsewhere. */
import { type EventPattern, Match } from "aws-cdk-lib/aws-events";

/** Where changes come from; AWS alone may send events of these sources. */
export const CHANGE_SOURCES = ["aws.secretsmanager", "aws.ssm"] as const;

const [SECRETS_MANAGER, PARAMETER_STORE] = CHANGE_SOURCES;
const BY_CLOUDTRAIL = "AWS API Call via CloudTrail";

/** Their detail types. */
export const CHANGE_DETAIL_TYPES = ["Secret Label Updated", "Parameter Store Change", BY_CLOUDTRAIL] as const;

const [LABEL_UPDATED, PARAMETER_CHANGE] = CHANGE_DETAIL_TYPES;

/** By the name of the rule, of events that happened in one of these accounts. */
export function changePatterns(accounts: readonly string[]): Readonly<Record<string, EventPattern>> {
  const account = [...accounts];
  return {
    LabelUpdated: { source: [SECRETS_MANAGER], detailType: [LABEL_UPDATED], account },
    // Only CloudTrail tells of these, and only where a trail logs management events; reconcile finds them otherwise.
    Managed: {
      source: [SECRETS_MANAGER],
      detailType: [BY_CLOUDTRAIL],
      account,
      detail: {
        eventSource: ["secretsmanager.amazonaws.com"],
        eventName: ["CreateSecret", "DeleteSecret", "RestoreSecret", "UpdateSecretVersionStage", "TagResource", "UntagResource"],
        errorCode: Match.doesNotExist(),
      },
    },
    ParameterChanged: {
      source: [PARAMETER_STORE],
      detailType: [PARAMETER_CHANGE],
      account,
      detail: { operation: ["Create", "Update", "Delete", "LabelParameterVersion"] },
    },
    ParameterTagged: {
      source: [PARAMETER_STORE],
      detailType: [BY_CLOUDTRAIL],
      account,
      detail: {
        eventSource: ["ssm.amazonaws.com"],
        eventName: ["AddTagsToResource", "RemoveTagsFromResource"],
        errorCode: Match.doesNotExist(),
        requestParameters: { resourceType: ["Parameter"] },
      },
    },
  };
}
