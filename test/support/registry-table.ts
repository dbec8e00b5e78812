/** Creates the registry's table in an emulated DynamoDB, of the shape that the stack gives it. */
import { CreateTableCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { REGISTRY_TABLE } from "../../src/adapters/aws/keys.ts";

export async function createRegistryTable(client: DynamoDBClient, TableName: string): Promise<void> {
  const { dueIndex, partitionKey, sortKey } = REGISTRY_TABLE;
  const attribute = (AttributeName: string, AttributeType: "S" | "N") => ({ AttributeName, AttributeType });
  const schema = (hash: string, range: string) => [
    { AttributeName: hash, KeyType: "HASH" as const },
    { AttributeName: range, KeyType: "RANGE" as const },
  ];
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [
        attribute(partitionKey, "S"),
        attribute(sortKey, "S"),
        attribute(dueIndex.partitionKey, "S"),
        attribute(dueIndex.sortKey, "N"),
      ],
      KeySchema: schema(partitionKey, sortKey),
      GlobalSecondaryIndexes: [
        {
          IndexName: dueIndex.name,
          KeySchema: schema(dueIndex.partitionKey, dueIndex.sortKey),
          Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: [...dueIndex.attributes] },
        },
      ],
    }),
  );
}
