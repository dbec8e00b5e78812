/** The raw limit of a rotation: the calls that it can't do without, with nothing of the relay's between them. */
import { BatchGetItemCommand, PutItemCommand, QueryCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { breakerKey, clusterKey, type ItemKey, referencePartition, registrationKey, targetItemKey } from "../src/adapters/aws/keys.ts";
import { referencesOf } from "../src/core/sync/references.ts";
import { put } from "../test/support/registrations.ts";
import { type BareTarget, createBareCluster } from "./bare-cluster.ts";
import { NAMESPACE, type Parts, registrationSpec } from "./parts.ts";

const SECRET = "bench/bare";
const NAME = "bare";

export interface BareRotation {
  /** Gives the secret another value. */
  readonly rotate: (value: string) => Promise<void>;
  /** Reference query, registration load, GetSecretValue, HEAD's conditional update, conditional apply; in sequence. @returns ms */
  readonly floor: () => Promise<number>;
  /** GetSecretValue and the conditional apply alone. @returns ms */
  readonly readAndApply: () => Promise<number>;
}

const keyOf = ({ pk, sk }: ItemKey) => ({ pk: { S: pk }, sk: { S: sk } });

/** Makes a registration, a HEAD and a target of its own, of the same shape as the relay's. */
export async function createBareRotation(parts: Parts): Promise<BareRotation> {
  const { dynamodb, secretsManager, table: TableName, registry, putSecret } = parts;
  await putSecret(SECRET, "first");
  const registration = await put(registry, registrationSpec("cluster-0", NAME, SECRET), Date.now());
  const cluster = await createBareCluster(parts.kubeconfigs.get("clusters/cluster-0") ?? "", 1);
  let target: BareTarget = await cluster.create(NAME);
  const [reference] = referencesOf(registration.spec);
  if (reference === undefined) throw new Error("a registration without a reference");
  const partition = referencePartition(reference);
  const keys = [
    registrationKey(registration.id),
    targetItemKey(`cluster-0/${NAMESPACE}/${NAME}`),
    clusterKey("cluster-0"),
    breakerKey("cluster-0"),
  ].map(keyOf);
  const head = keyOf({ pk: "HEAD#bare", sk: "HEAD" });
  await dynamodb.send(new PutItemCommand({ TableName, Item: { ...head, versionId: { S: "v" }, since: { N: "0" }, asOf: { N: "0" } } }));
  let moved = 1;

  async function readAndApply(): Promise<void> {
    const { SecretString = "" } = await read();
    target = await cluster.apply(NAME, target, SecretString);
  }
  const read = () => secretsManager.send(new GetSecretValueCommand({ SecretId: SECRET, VersionStage: "AWSCURRENT" }));
  const timed = async (work: () => Promise<void>): Promise<number> => {
    const startedAt = performance.now();
    await work();
    return performance.now() - startedAt;
  };

  return {
    rotate: async (value) => {
      await putSecret(SECRET, value);
    },
    readAndApply: () => timed(readAndApply),
    floor: () =>
      timed(async () => {
        const query = new QueryCommand({
          TableName,
          ConsistentRead: true,
          KeyConditionExpression: "pk = :pk",
          ExpressionAttributeValues: { ":pk": { S: partition } },
        });
        await dynamodb.send(query);
        await dynamodb.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: keys, ConsistentRead: true } } }));
        const { SecretString = "", VersionId = "" } = await read();
        moved += 1;
        const update = new UpdateItemCommand({
          TableName,
          Key: head,
          UpdateExpression: "SET versionId = :v, since = :n, asOf = :n",
          ConditionExpression: "since < :n",
          ExpressionAttributeValues: { ":v": { S: VersionId }, ":n": { N: String(moved) } },
          ReturnValues: "ALL_NEW",
          ReturnValuesOnConditionCheckFailure: "ALL_OLD",
        });
        await dynamodb.send(update);
        target = await cluster.apply(NAME, target, SecretString);
      }),
  };
}
