/** The table keeps the contract of the Registry port, on the emulated DynamoDB. */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { createDynamoRegistry } from "../../../src/adapters/aws/dynamodb-registry.ts";
import { describeRegistry } from "../../contract/registry.ts";
import { describeFinds } from "../../contract/registry-finds.ts";
import { startAws } from "../../support/local-parts.ts";
import { createRegistryTable } from "../../support/registry-table.ts";

let made = 0;

async function create() {
  const { endpoint, region, account } = await startAws();
  const client = new DynamoDBClient({ endpoint, region, credentials: { accessKeyId: account, secretAccessKey: "test" } });
  made += 1;
  const tableName = `registry-${Date.now()}-${made}`;
  await createRegistryTable(client, tableName);
  return createDynamoRegistry(client, tableName);
}

describeRegistry("dynamodb", create);
describeFinds("dynamodb", create);
