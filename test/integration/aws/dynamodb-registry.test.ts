/** The table keeps the contract of the Registry port, on the emulated DynamoDB. */
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { createDynamoRegistry } from "../../../src/adapters/aws/dynamodb-registry.ts";
import { REGISTRY_TABLE } from "../../../src/adapters/aws/keys.ts";
import { describeRegistry } from "../../contract/registry.ts";
import { startAws } from "../../support/local-parts.ts";

describeRegistry("dynamodb", async () => {
  const { endpoint, region, account } = await startAws();
  const client = new DynamoDBClient({ endpoint, region, credentials: { accessKeyId: account, secretAccessKey: "test" } });
  const tableName = `registry-${Date.now()}`;
  const { dueIndex, partitionKey, sortKey } = REGISTRY_TABLE;
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [
        { AttributeName: partitionKey, AttributeType: "S" },
        { AttributeName: sortKey, AttributeType: "S" },
        { AttributeName: dueIndex.partitionKey, AttributeType: "S" },
        { AttributeName: dueIndex.sortKey, AttributeType: "N" },
      ],
      KeySchema: [
        { AttributeName: partitionKey, KeyType: "HASH" },
        { AttributeName: sortKey, KeyType: "RANGE" },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: dueIndex.name,
          KeySchema: [
            { AttributeName: dueIndex.partitionKey, KeyType: "HASH" },
            { AttributeName: dueIndex.sortKey, KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: [...dueIndex.attributes] },
        },
      ],
    }),
  );
  return createDynamoRegistry(client, tableName);
});
