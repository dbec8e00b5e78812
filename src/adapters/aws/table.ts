/** The few DynamoDB calls that the registry makes, on items of plain values; SDK errors end here. */

import { setTimeout as sleep } from "node:timers/promises";
import type { AttributeValue, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactionConflictException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { RelayError } from "../../core/errors.ts";
import { relayError } from "../../core/remote-calls.ts";
import type { ItemKey } from "./keys.ts";

type Plain = string | number | boolean;

/** An item without types of DynamoDB: nested parts are JSON text. */
export type Item = Readonly<Record<string, Plain>>;

/** A conditional change of one item. In `condition` and `expression`, `#name` is an attribute and `:name` a value of `values`. */
export interface Change {
  readonly key: ItemKey;
  readonly set?: Readonly<Record<string, Plain | undefined>>;
  /** Only where the item has no such attribute yet. */
  readonly setOnce?: Item;
  readonly add?: Readonly<Record<string, number>>;
  /** Each becomes one more than `of` was before the change; 1 where the item has no such attribute. */
  readonly setNext?: { readonly names: readonly string[]; readonly of: string };
  readonly remove?: readonly string[];
  readonly drop?: true;
  readonly condition?: string;
  readonly values?: Item;
}

/** What became of a conditional change: `item` is as it is now; where the condition failed, as it was found. */
export interface Outcome {
  readonly isWritten: boolean;
  readonly item: Item | undefined;
}

export interface Table {
  get(key: ItemKey): Promise<Item | undefined>;
  /** Strong; in the order of nothing, without those that do not exist. */
  batchGet(keys: readonly ItemKey[]): Promise<readonly Item[]>;
  query(pk: string): AsyncIterable<readonly Item[]>;
  /** The `due` index from its start, eventually consistent. */
  queryDue(index: {
    readonly name: string;
    readonly pk: string;
    readonly before?: number;
    readonly limit: number;
  }): Promise<readonly Item[]>;
  change(change: Change): Promise<Outcome>;
  /** All or nothing; otherwise one outcome a change, `isWritten: false` for each whose condition failed. */
  transact(changes: readonly Change[]): Promise<"written" | readonly Outcome[]>;
}

const MAX_TRIES = 8;
const BATCH_SIZE = 100;

const marshalled = (value: Plain): AttributeValue =>
  typeof value === "string" ? { S: value } : typeof value === "number" ? { N: String(value) } : { BOOL: value };

function plain(item: Record<string, AttributeValue>): Item {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => [name, value.S ?? (value.N === undefined ? value.BOOL === true : Number(value.N))]),
  );
}

const keyOf = ({ pk, sk }: ItemKey) => ({ pk: { S: pk }, sk: { S: sk } });
const pause = (attempt: number) => sleep(Math.random() * 25 * 2 ** attempt);

function expressionOf(change: Change) {
  const sets = Object.entries(change.set ?? {}).filter((entry): entry is [string, Plain] => entry[1] !== undefined);
  const once = Object.entries(change.setOnce ?? {});
  const adds = Object.entries(change.add ?? {});
  const nexts = change.setNext?.names ?? [];
  const assignments = [
    ...sets.map(([name]) => `#${name} = :s_${name}`),
    ...once.map(([name]) => `#${name} = if_not_exists(#${name}, :s_${name})`),
    ...nexts.map((name) => `#${name} = if_not_exists(#${change.setNext?.of}, :zero) + :one`),
  ];
  const update = [
    assignments.length > 0 ? `SET ${assignments.join(", ")}` : "",
    adds.length > 0 ? `ADD ${adds.map(([name]) => `#${name} :s_${name}`).join(", ")}` : "",
    change.remove !== undefined && change.remove.length > 0 ? `REMOVE ${change.remove.map((name) => `#${name}`).join(", ")}` : "",
  ].filter((part) => part !== "");
  const text = `${change.drop === true ? "" : update.join(" ")} ${change.condition ?? ""}`;
  const names = Object.fromEntries([...text.matchAll(/#(\w+)/g)].map(([token, name]) => [token, name ?? ""]));
  const given = [
    ...[...sets, ...once, ...adds].map(([name, value]) => [`:s_${name}`, marshalled(value)] as const),
    ...Object.entries(change.values ?? {}).map(([name, value]) => [`:${name}`, marshalled(value)] as const),
    ...(nexts.length === 0
      ? []
      : ([
          [":zero", { N: "0" }],
          [":one", { N: "1" }],
        ] as const)),
  ];
  return {
    Key: keyOf(change.key),
    ...(change.condition === undefined ? {} : { ConditionExpression: change.condition }),
    ...(Object.keys(names).length > 0 ? { ExpressionAttributeNames: names } : {}),
    ...(given.length > 0 ? { ExpressionAttributeValues: Object.fromEntries(given) } : {}),
    update: update.join(" "),
  };
}

/** Calls on one table. @throws RegistryUnavailable from every one of them */
export function createTable(client: DynamoDBClient, tableName: string): Table {
  const TableName = tableName;
  const failed = (operation: string, error: unknown) => relayError("RegistryUnavailable", tableName, "dynamodb", operation, error);

  async function batchGet(keys: readonly ItemKey[]): Promise<readonly Item[]> {
    const chunks = Array.from({ length: Math.ceil(keys.length / BATCH_SIZE) }, (_, at) =>
      keys.slice(at * BATCH_SIZE, (at + 1) * BATCH_SIZE),
    );
    const found = await Promise.all(chunks.map((chunk) => getChunk(chunk)));
    return found.flat();
  }

  async function getChunk(chunk: readonly ItemKey[]): Promise<readonly Item[]> {
    const items: Item[] = [];
    let pending: Record<string, AttributeValue>[] = chunk.map(keyOf);
    for (let attempt = 0; pending.length > 0; attempt += 1) {
      if (attempt === MAX_TRIES) throw new RelayError("RegistryUnavailable", tableName, { detail: "keys stay unprocessed" });
      if (attempt > 0) await pause(attempt);
      const command = new BatchGetItemCommand({ RequestItems: { [tableName]: { Keys: pending, ConsistentRead: true } } });
      const answer = await client.send(command).catch((error: unknown) => {
        throw failed("BatchGetItem", error);
      });
      items.push(...(answer.Responses?.[tableName] ?? []).map(plain));
      pending = answer.UnprocessedKeys?.[tableName]?.Keys ?? [];
    }
    return items;
  }

  return {
    batchGet,
    get: async (key) => (await batchGet([key]))[0],
    async *query(pk) {
      let start: Record<string, AttributeValue> | undefined;
      do {
        const command = new QueryCommand({
          TableName,
          ConsistentRead: true,
          KeyConditionExpression: "pk = :pk",
          ExpressionAttributeValues: { ":pk": { S: pk } },
          ...(start === undefined ? {} : { ExclusiveStartKey: start }),
        });
        const answer = await client.send(command).catch((error: unknown) => {
          throw failed("Query", error);
        });
        if (answer.Items !== undefined && answer.Items.length > 0) yield answer.Items.map(plain);
        start = answer.LastEvaluatedKey;
      } while (start !== undefined);
    },
    async queryDue({ name, pk, before, limit }) {
      const items: Item[] = [];
      let start: Record<string, AttributeValue> | undefined;
      do {
        const command = new QueryCommand({
          TableName,
          IndexName: name,
          Limit: limit - items.length,
          KeyConditionExpression: before === undefined ? "duepk = :pk" : "duepk = :pk AND duesk < :before",
          ExpressionAttributeValues: { ":pk": { S: pk }, ...(before === undefined ? {} : { ":before": { N: String(before) } }) },
          ...(start === undefined ? {} : { ExclusiveStartKey: start }),
        });
        const answer = await client.send(command).catch((error: unknown) => {
          throw failed("Query", error);
        });
        items.push(...(answer.Items ?? []).map(plain));
        start = answer.LastEvaluatedKey;
      } while (start !== undefined && items.length < limit);
      return items;
    },
    async change(change) {
      const { update, ...rest } = expressionOf(change);
      const input = { TableName, ...rest, ReturnValuesOnConditionCheckFailure: "ALL_OLD" } as const;
      const send = (): Promise<{ Attributes?: Record<string, AttributeValue> | undefined }> =>
        change.drop === true
          ? client.send(new DeleteItemCommand(input))
          : client.send(new UpdateItemCommand({ ...input, UpdateExpression: update, ReturnValues: "ALL_NEW" }));
      for (let attempt = 1; ; attempt += 1) {
        try {
          const { Attributes } = await send();
          return { isWritten: true, item: Attributes === undefined ? undefined : plain(Attributes) };
        } catch (error) {
          if (error instanceof ConditionalCheckFailedException) {
            return { isWritten: false, item: error.Item === undefined ? undefined : plain(error.Item) };
          }
          // A transaction of somebody else is at the item just now; the SDK does not try that again.
          const isPassing = error instanceof TransactionConflictException;
          if (!isPassing || attempt === MAX_TRIES) throw failed(change.drop === true ? "DeleteItem" : "UpdateItem", error);
          await pause(attempt);
        }
      }
    },
    async transact(changes) {
      const items = changes.map((change) => {
        const { update, ...rest } = expressionOf(change);
        const input = { TableName, ...rest, ReturnValuesOnConditionCheckFailure: "ALL_OLD" } as const;
        return change.drop === true ? { Delete: input } : { Update: { ...input, UpdateExpression: update } };
      });
      for (let attempt = 1; ; attempt += 1) {
        try {
          await client.send(new TransactWriteItemsCommand({ TransactItems: items }));
          return "written";
        } catch (error) {
          const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
          if (reasons.some(({ Code }) => Code === "ConditionalCheckFailed")) {
            return reasons.map(({ Code, Item: old }) => ({
              isWritten: Code !== "ConditionalCheckFailed",
              item: old === undefined ? undefined : plain(old),
            }));
          }
          const isPassing = reasons.some(({ Code }) => Code === "TransactionConflict" || Code === "ThrottlingError");
          if (!isPassing || attempt === MAX_TRIES) throw failed("TransactWriteItems", error);
          await pause(attempt);
        }
      }
    },
  };
}
