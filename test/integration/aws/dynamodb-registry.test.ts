/** The table keeps the contract of the Registry port, on the emulated DynamoDB. */
import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { expect, it } from "@jest/globals";
import { createDynamoRegistry } from "../../../src/adapters/aws/dynamodb-registry.ts";
import { propagationKey, REGISTRY_TABLE } from "../../../src/adapters/aws/keys.ts";
import { referenceKey } from "../../../src/core/model.ts";
import { describeRegistry } from "../../contract/registry.ts";
import { describeFinds } from "../../contract/registry-finds.ts";
import { reference } from "../../contract/registry-heads.ts";
import { startAws } from "../../support/local-parts.ts";
import { createRegistryTable } from "../../support/registry-table.ts";

let made = 0;

async function createTable() {
  const { endpoint, region, account } = await startAws();
  const client = new DynamoDBClient({ endpoint, region, credentials: { accessKeyId: account, secretAccessKey: "test" } });
  made += 1;
  const tableName = `registry-${Date.now()}-${made}`;
  await createRegistryTable(client, tableName);
  return { client, tableName, registry: createDynamoRegistry(client, tableName) };
}

const create = async () => (await createTable()).registry;

describeRegistry("dynamodb", create);
describeFinds("dynamodb", create);

it("begins a run by one write, so that none sees its generation before it is open", async () => {
  const { client, registry } = await createTable();
  const commands: (string | undefined)[] = [];
  client.middlewareStack.add(
    (next, context) => async (given) => {
      commands.push(context.commandName);
      return next(given);
    },
    { step: "initialize" },
  );

  const generation = await registry.beginRun();

  expect(commands).toEqual(["UpdateItemCommand"]);
  expect(await registry.runState()).toEqual({ generation, isOpen: true });
});

it("lets a propagation go once no event of it is delivered any more, and none before it is announced", async () => {
  const { client, tableName, registry } = await createTable();
  const id = { reference: referenceKey(reference()), versionId: "v1", at: 7 };
  const { pk, sk } = propagationKey(id);
  const expiresAt = async () => {
    const { Item = {} } = await client.send(new GetItemCommand({ TableName: tableName, Key: { pk: { S: pk }, sk: { S: sk } } }));
    return Item[REGISTRY_TABLE.timeToLive]?.N;
  };

  await registry.openPropagation(id, { openedAt: 10, expected: 1 });
  await registry.markAnnounced(id, 1_000_000);
  expect(await expiresAt()).toBeUndefined();
  await registry.closePropagation(id, { expected: 1, done: 1, superseded: 0, closedAt: 30 });
  expect(await expiresAt()).toBeUndefined();
  await registry.markAnnounced(id, 1_000_000);

  // A day in EventBridge's hands and four in the sync queue.
  expect(Number(await expiresAt())).toBeGreaterThan(1_000 + 5 * 86_400);
});
