/** The Registry over one DynamoDB table: strong reads but for the `due` index, and every write conditional (PROTOCOL). */
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Registry } from "../../core/ports.ts";
import { createClusterExternalSecretItems } from "./cluster-external-secrets.ts";
import { createClusterItems } from "./clusters.ts";
import { withEngines } from "./engines.ts";
import { createHeads } from "./head.ts";
import { createRegistrations } from "./registrations.ts";
import { createTable } from "./table.ts";
import { createTurns } from "./turns.ts";
import { createWakes } from "./wakes.ts";

export interface DynamoRegistryOptions {
  /** False where the deployed config has none: then nobody asks the table for them at each event. @default true */
  readonly hasFindRules?: boolean;
}

/** The registry in `tableName`, a table of the shape of `REGISTRY_TABLE`. All calls throw RegistryUnavailable. */
export function createDynamoRegistry(
  client: DynamoDBClient,
  tableName: string,
  { hasFindRules = true }: DynamoRegistryOptions = {},
): Registry {
  const table = withEngines(createTable(client, tableName));
  const registry = {
    ...createRegistrations(table),
    ...createHeads(table),
    ...createClusterItems(table),
    ...createClusterExternalSecretItems(table),
    ...createWakes(table),
    ...createTurns(table),
  };
  return hasFindRules ? registry : { ...registry, findRules: noRules };
}

async function* noRules(): AsyncGenerator<never> {}
