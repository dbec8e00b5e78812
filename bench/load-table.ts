/** Puts items into the emulator's table as the registry would have written them, 25 a call: loading is no part of any figure. */
import { type AttributeValue, BatchWriteItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { writing } from "../src/adapters/aws/items.ts";
import { referenceItemKeys, targetItemKey } from "../src/adapters/aws/keys.ts";
import type { Item } from "../src/adapters/aws/table.ts";
import { targetOf } from "../src/adapters/aws/transitions.ts";
import { concurrently, pagesOf } from "../src/app/concurrently.ts";
import { type Registration, referenceKey } from "../src/core/model.ts";
import { referencesOf } from "../src/core/sync/references.ts";

const BATCH_SIZE = 25;
const CONCURRENCY = 4;

/** REG, TARGET and REF items. */
export async function loadRegistrations(client: DynamoDBClient, table: string, registrations: readonly Registration[]): Promise<void> {
  const items = registrations.flatMap((registration) => {
    const { key, set = {} } = writing(registration, undefined, "loaded", referencesOf(registration.spec));
    const target = targetOf(registration.spec);
    return [{ ...key, ...defined(set) }, { ...targetItemKey(target), owner: registration.id, target }, ...referenceItems(registration)];
  });
  await loadItems(client, table, items);
}

/** The reverse index alone. */
export function loadReferences(client: DynamoDBClient, table: string, registrations: readonly Registration[]): Promise<void> {
  return loadItems(client, table, registrations.flatMap(referenceItems));
}

function referenceItems({ id, spec, generation }: Registration): readonly Item[] {
  return referencesOf(spec).flatMap((reference) =>
    referenceItemKeys(reference, id).map((key) => ({
      ...key,
      id,
      cluster: spec.cluster,
      target: targetOf(spec),
      reference: referenceKey(reference),
      version: reference.version,
      generation,
    })),
  );
}

async function loadItems(client: DynamoDBClient, table: string, items: readonly Item[]): Promise<void> {
  await concurrently(pagesOf(items, BATCH_SIZE), CONCURRENCY, async (page) => {
    const puts = page.map((item) => ({ PutRequest: { Item: marshalled(item) } }));
    const { UnprocessedItems = {} } = await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: puts } }));
    if (Object.keys(UnprocessedItems).length > 0) throw new Error("the emulator left items out");
  });
}

function marshalled(item: Item): Record<string, AttributeValue> {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => [
      name,
      typeof value === "string" ? { S: value } : typeof value === "number" ? { N: String(value) } : { BOOL: value },
    ]),
  );
}

function defined(values: Readonly<Record<string, Item[string] | undefined>>): Item {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, Item[string]] => entry[1] !== undefined));
}
