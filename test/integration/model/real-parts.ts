/**
 * The relay's own adapters as a world's parts: a table of its own in the emulated DynamoDB, and the world's store, queue and bus behind
 * real SDK clients, which send them what they would send to AWS.
 */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SQSClient } from "@aws-sdk/client-sqs";
import { createDynamoRegistry } from "../../../src/adapters/aws/dynamodb-registry.ts";
import { createEventBus } from "../../../src/adapters/aws/event-bus.ts";
import { loadHasher } from "../../../src/adapters/aws/hash-key.ts";
import { createSqsQueue } from "../../../src/adapters/aws/sqs-queue.ts";
import { createSecretsManager } from "../../../src/adapters/providers/secretsmanager.ts";
import { type ErrorCode, isRelayError } from "../../../src/core/errors.ts";
import { parseMessage } from "../../../src/core/messages.ts";
import type { PropagatedDetail } from "../../../src/core/ports.ts";
import { SecretValue } from "../../../src/core/secret-value.ts";
import type { MiniStack } from "../../../src/local/ministack.ts";
import type { Outside, Parts } from "../../model/parts.ts";
import { createRegistryTable } from "../../support/registry-table.ts";
import { eventBridgeInto, sqsInto } from "../../support/wire/outlets.ts";
import { secretsManagerOver } from "../../support/wire/secrets-manager.ts";
import { clientFor, type Outage, WireError } from "../../support/wire/service.ts";

const QUEUE_URL = "https://sqs.eu-west-1.amazonaws.com/111122223333/sync";

/** What the services say where the relay says so. */
const ERRORS: Partial<Record<ErrorCode, WireError>> = {
  StoreUnreachable: new WireError("InternalServiceError", 500),
  StoreThrottled: new WireError("ThrottlingException"),
  AccessDenied: new WireError("AccessDeniedException"),
  QueueUnavailable: new WireError("RequestThrottled"),
  BusUnavailable: new WireError("InternalException", 500),
};

export function dynamoClient({ endpoint, region, account }: MiniStack): DynamoDBClient {
  return new DynamoDBClient({ endpoint, region, credentials: { accessKeyId: account, secretAccessKey: "model" } });
}

let tables = 0;

/** A table for one world. */
export async function freshTable(client: DynamoDBClient): Promise<string> {
  tables += 1;
  const name = `model-${tables}`;
  await createRegistryTable(client, name);
  return name;
}

const hasher = await loadHasher(async () => new SecretValue("k".repeat(32)), "hash-key");

export function realParts(dynamodb: DynamoDBClient, tableName: string): (outside: Outside) => Parts {
  return ({ source, send, publish, fault }) => {
    let outage: Outage | undefined;
    const options = (operations: Parameters<typeof clientFor>[0]) =>
      clientFor(operations, { outage: () => outage, mistake: (error) => fault(String(error)) });
    const store = new SecretsManagerClient(options(secretsManagerOver(source)));
    const sqs = new SQSClient(options(sqsInto((body, seconds) => send(parseMessage(body), seconds * 1000))));
    const toBus = eventBridgeInto((type, detail) => {
      if (type === "Secret Propagated") publish(JSON.parse(detail) as PropagatedDetail);
    });
    const events = new EventBridgeClient(options(toBus));
    return {
      registry: createDynamoRegistry(dynamodb, tableName),
      hasher,
      provider: (clock) => createSecretsManager(() => store, undefined, clock.now),
      queue: (clock) => createSqsQueue(sqs, QUEUE_URL, clock),
      bus: (clock) => createEventBus(events, "default", clock),
      async fail(operation, { when, error }, effect) {
        const wire = ERRORS[error.code];
        if (wire === undefined) {
          // The table's errors come from between: it is asked for many things in one call of the port.
          if (when === "after") await effect();
          throw error;
        }
        outage = { when, error: wire };
        try {
          const answer = await effect();
          // The port leaves out what it can't read.
          if (operation !== "currentVersions") fault(`${operation} answers in spite of ${wire.name}`);
          return answer;
        } catch (thrown) {
          if (!isRelayError(thrown) || thrown.code !== error.code) fault(`${operation} makes ${String(thrown)} of ${wire.name}`);
          throw thrown;
        } finally {
          outage = undefined;
        }
      },
    };
  };
}
