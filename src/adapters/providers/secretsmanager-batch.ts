/** Which version many secrets show now, by BatchGetSecretValue: one call for twenty secrets; their values are dropped unread. */
import { BatchGetSecretValueCommand, type SecretsManagerClient, type SecretValueEntry } from "@aws-sdk/client-secrets-manager";
import type { Millis } from "../../core/model.ts";
import { errorName } from "../../core/remote-calls.ts";

/** What a batch tells of one key. */
export type BatchAnswer =
  | { readonly kind: "shown"; readonly versionId: string; readonly createdAt: Millis }
  /** To be asked for by itself: it may be gone, or the batch itself is not allowed. */
  | { readonly kind: "ask alone" };

/** BatchGetSecretValue's limit: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html */
const BATCH_SIZE = 20;

/** Errors of a single secret, or of the whole call, after which a read of its own says more. */
const ASK_ALONE = new Set(["ResourceNotFoundException", "InvalidRequestException", "InvalidParameterException"]);
const BATCH_DENIED = "AccessDeniedException";

/** Names or ARNs of one region, each once, to what AWSCURRENT shows; a key that can't be read is left out. */
export async function readCurrentVersions(
  client: SecretsManagerClient,
  keys: readonly string[],
): Promise<ReadonlyMap<string, BatchAnswer>> {
  const answers = new Map<string, BatchAnswer>();
  for (let from = 0; from < keys.length; from += BATCH_SIZE) await readBatch(client, keys.slice(from, from + BATCH_SIZE), answers);
  return answers;
}

async function readBatch(client: SecretsManagerClient, keys: readonly string[], answers: Map<string, BatchAnswer>): Promise<void> {
  let token: string | undefined;
  try {
    do {
      const page = await client.send(new BatchGetSecretValueCommand({ SecretIdList: [...keys], NextToken: token }));
      for (const entry of page.SecretValues ?? []) {
        const { VersionId: versionId, CreatedDate } = entry;
        if (versionId === undefined) continue;
        for (const key of keysOf(entry, keys)) answers.set(key, { kind: "shown", versionId, createdAt: CreatedDate?.getTime() ?? 0 });
      }
      for (const { SecretId = "", ErrorCode = "" } of page.Errors ?? []) {
        if (ASK_ALONE.has(ErrorCode)) answers.set(SecretId, { kind: "ask alone" });
      }
      token = page.NextToken;
    } while (token !== undefined);
  } catch (error) {
    // Throttled or unreachable: left out, and not asked for once more. Whoever may not ask by batch may still ask one by one.
    if (errorName(error) === BATCH_DENIED) for (const key of keys) answers.set(key, { kind: "ask alone" });
  }
}

/** The keys that mean this secret: its name, its ARN, or its ARN without the six random characters. */
function keysOf({ Name = "", ARN = "" }: SecretValueEntry, keys: readonly string[]): readonly string[] {
  const spellings = [Name, ARN, ARN.replace(/-[A-Za-z0-9]{6}$/, "")];
  return keys.filter((key) => spellings.includes(key));
}
