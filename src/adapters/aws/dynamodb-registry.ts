/** The Registry over one DynamoDB table: strong reads but for the `due` index, and every write conditional (PROTOCOL). */
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Registry } from "../../core/ports.ts";
import { createClusterExternalSecretItems } from "./cluster-external-secrets.ts";
import { createClusterItems } from "./clusters.ts";
import { createHeads } from "./head.ts";
import { createRegistrations } from "./registrations.ts";
import { createTable } from "./table.ts";

/** The registry in `tableName`, a table of the shape of `REGISTRY_TABLE`. All calls throw RegistryUnavailable. */
export function createDynamoRegistry(client: DynamoDBClient, tableName: string): Registry {
  const table = createTable(client, tableName);
  return {
    ...createRegistrations(table),
    ...createHeads(table),
    ...createClusterItems(table),
    ...createClusterExternalSecretItems(table),
  };
}
