/**
 * What brings work to the functions, in virtual time: the queue's event source mapping, Lambda's asynchronous invocations with their
 * tries, and the schedule of reconcile. The messages lie in the emulated SQS; only their delays are kept here.
 */
import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { BatchResponse } from "../../../functions/sync/sync-batch.ts";
import type { AwsCall } from "../aws-fault-proxy.ts";
import { lambdaContext } from "../invocations.ts";
import type { Functions } from "./functions.ts";
import type { VirtualClock } from "./virtual-clock.ts";

const BATCH_SIZE = 10;
const MAX_RECEIVES = 50;
/** Six times the time-out of the sync function. */
const VISIBILITY_MS = 360_000;
const SCHEDULE_MS = 60_000;
const FUNCTION_MS = 60_000;
/** When Lambda tries an asynchronous invocation again, after the first and after the second try. */
const TRIES_AFTER_MS = [60_000, 120_000];
/** The emulator never shows a message again by itself: when it is seen again is decided here. */
const HELD_S = 43_200;

export interface Invocation {
  readonly name: "onSecretChange" | "register";
  readonly event: unknown;
  /** What is left of the function's time when it begins. @default a minute */
  readonly remainingMs?: number | undefined;
}

/** How an invocation ended; `died`: the worker is gone, and nobody hears of it but by its silence. */
export type Ending<T> = { readonly kind: "answered"; readonly value: T } | { readonly kind: "failed" | "died" };

export interface DeliveryOptions {
  readonly clock: VirtualClock;
  readonly sqs: SQSClient;
  readonly dynamodb: DynamoDBClient;
  readonly tableName: string;
  readonly queueUrl: string;
  /** Runs it in the process that is alive now. */
  readonly work: <T>(run: (functions: Functions) => Promise<T>) => Promise<Ending<T>>;
}

export interface Delivery {
  /** Invokes a function asynchronously, as EventBridge, CloudFormation and the function itself do. */
  readonly invoke: (invocation: Invocation) => void;
  /** One batch of everything that waits in the queue, now. */
  readonly deliverQueue: () => Promise<void>;
  readonly reconcile: () => Promise<void>;
  /** How often reconcile ran. */
  readonly runs: number;
  /** Lets everything happen that is due until then, each at its time. */
  readonly run: (until: number) => Promise<void>;
  /** Asynchronous invocations that failed to the last try, and messages that were received too often. */
  readonly givenUp: readonly string[];
  /** What the emulated SQS gets of a call of the functions: no delay, since it is kept here. */
  readonly rewrite: (call: AwsCall) => Readonly<Record<string, unknown>> | undefined;
}

interface Held {
  readonly messageId: string;
  readonly body: string;
  receiptHandle: string;
  receives: number;
  visibleAt: number;
}

interface Pending extends Invocation {
  readonly at: number;
  readonly tries: number;
}

export function createDelivery({ clock, sqs, dynamodb, tableName, queueUrl, work }: DeliveryOptions): Delivery {
  const held = new Map<string, Held>();
  const delays = new Map<string, number>();
  const visibilities = new Map<string, number>();
  const givenUp: string[] = [];
  let invocations: Pending[] = [];
  let runs = 0;
  /** Whether calls passed since that may have left something: looking each time would be half of a cell's calls. */
  const passed = { toQueue: true, toTable: true };
  let lastDue = Number.POSITIVE_INFINITY;
  let nextTick = clock.now() + SCHEDULE_MS;

  async function receive(): Promise<void> {
    if (!passed.toQueue) return;
    passed.toQueue = false;
    const command = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 0,
      VisibilityTimeout: HELD_S,
    });
    for (;;) {
      const { Messages = [] } = await sqs.send(command);
      for (const { MessageId = "", ReceiptHandle = "", Body = "" } of Messages) {
        held.set(MessageId, {
          messageId: MessageId,
          body: Body,
          receiptHandle: ReceiptHandle,
          receives: 0,
          visibleAt: delays.get(Body) ?? 0,
        });
      }
      if (Messages.length < 10) return;
    }
  }

  async function deliver(batch: readonly Held[]): Promise<void> {
    const startedAt = clock.now();
    for (const message of batch) {
      message.receives += 1;
      message.visibleAt = startedAt + VISIBILITY_MS;
    }
    const Records = batch.map(({ messageId, receiptHandle, body, receives }) => {
      return { messageId, receiptHandle, body, attributes: { ApproximateReceiveCount: String(receives) } };
    });
    visibilities.clear();
    const ending = await work<BatchResponse>((functions) => functions.sync({ Records }, lambdaContext(FUNCTION_MS)));
    for (const message of batch) {
      const visibleAt = visibilities.get(message.receiptHandle);
      if (visibleAt !== undefined) message.visibleAt = visibleAt;
      const isDone =
        ending.kind === "answered" && !ending.value.batchItemFailures.some(({ itemIdentifier }) => itemIdentifier === message.messageId);
      const isTooOften = message.receives >= MAX_RECEIVES;
      if (isTooOften && !isDone) givenUp.push(message.body);
      if (!isDone && !isTooOften) continue;
      held.delete(message.messageId);
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: message.receiptHandle }));
    }
  }

  async function deliverQueue(): Promise<void> {
    await receive();
    const visible = [...held.values()].filter(({ visibleAt }) => visibleAt <= clock.now()).slice(0, BATCH_SIZE);
    if (visible.length > 0) await deliver(visible);
  }

  async function invokeNow(invocation: Pending): Promise<void> {
    const context = lambdaContext(invocation.remainingMs ?? FUNCTION_MS);
    const ending = await work<void>((functions) => functions[invocation.name](invocation.event, context));
    if (ending.kind === "answered") return;
    const after = TRIES_AFTER_MS[invocation.tries];
    if (after === undefined) givenUp.push(JSON.stringify(invocation.event));
    else invocations.push({ ...invocation, at: clock.now() + after, tries: invocation.tries + 1 });
  }

  async function reconcile(): Promise<void> {
    runs += 1;
    await work<void>((functions) => functions.reconcile({}, lambdaContext(FUNCTION_MS)));
  }

  /** The first run of the schedule that finds anything to do: all others would do nothing, and only take time here. */
  async function nextReconcile(): Promise<number> {
    if (passed.toTable) lastDue = await firstDue();
    if (lastDue === Number.POSITIVE_INFINITY) return lastDue;
    return nextTick + Math.max(0, Math.floor((lastDue - nextTick) / SCHEDULE_MS) + 1) * SCHEDULE_MS;
  }

  async function firstDue(): Promise<number> {
    passed.toTable = false;
    const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName: tableName, ConsistentRead: true }));
    const moments = Items.flatMap((item) => {
      if (item["pk"]?.S === "CLUSTERS" && item["retired"]?.BOOL === true) return [0];
      if (item["duepk"]?.S === "PROPAGATION") return [0];
      return item["duepk"]?.S?.startsWith("DUE#") === true || item["duepk"]?.S === "CES" ? [Number(item["duesk"]?.N)] : [];
    });
    return Math.min(...moments);
  }

  return {
    givenUp,
    deliverQueue,
    reconcile,
    get runs() {
      return runs;
    },
    invoke: (invocation) => void invocations.push({ ...invocation, at: clock.now(), tries: 0 }),
    rewrite({ operation, input }) {
      if (operation === "ChangeMessageVisibility") {
        visibilities.set(String(input["ReceiptHandle"]), clock.now() + Number(input["VisibilityTimeout"]) * 1000);
        return { ...input, VisibilityTimeout: HELD_S };
      }
      if (/^(Update|Delete|Transact)/.test(operation)) passed.toTable = true;
      if (operation !== "SendMessageBatch" || input["QueueUrl"] !== queueUrl) return undefined;
      passed.toQueue = true;
      const entries = input["Entries"] as readonly { readonly MessageBody: string; readonly DelaySeconds: number }[];
      for (const { MessageBody, DelaySeconds } of entries) delays.set(MessageBody, clock.now() + DelaySeconds * 1000);
      return { ...input, Entries: entries.map((entry) => ({ ...entry, DelaySeconds: 0 })) };
    },
    async run(until) {
      for (;;) {
        await receive();
        const next = {
          message: Math.min(...[...held.values()].map(({ visibleAt }) => visibleAt)),
          invocation: Math.min(...invocations.map(({ at }) => at)),
          tick: await nextReconcile(),
        };
        const moment = Math.min(next.message, next.invocation, next.tick);
        if (moment > until) break;
        clock.advanceTo(moment);
        while (nextTick <= clock.now()) nextTick += SCHEDULE_MS;
        if (next.invocation === moment) {
          const due = invocations.filter(({ at }) => at <= clock.now());
          invocations = invocations.filter((one) => !due.includes(one));
          for (const invocation of due) await invokeNow(invocation);
        } else if (next.message === moment) {
          await deliverQueue();
        } else {
          await reconcile();
        }
      }
      clock.advanceTo(until);
    },
  };
}
