/** Answers a real AWS SDK client in its service's wire format (AWS JSON) in this process, in place of the network. */
import { Readable } from "node:stream";
import { clientOptions } from "../../../src/core/remote-calls.ts";
import { noPauses } from "../faults/retries.ts";

/** The body of a request or of an answer. */
export type Body = Readonly<Record<string, unknown>>;

/** What each operation of a service answers. @throws WireError for an error of the service */
export type Operations = Readonly<Record<string, (body: Body) => Promise<Body>>>;

/** An error as the service documents it. */
export class WireError extends Error {
  readonly status: number;
  constructor(name: string, status = 400) {
    super(name);
    this.name = name;
    this.status = status;
  }
}

/** Every call of a service fails while it is set. */
export interface Outage {
  readonly when: "before" | "after";
  readonly error: WireError;
}

/** What a test says of a client's service. */
export interface Wiring {
  /** Asked at each request. @default - none */
  readonly outage?: () => Outage | undefined;
  /** Told of what is no error of the service: the caller can't tell it from an unreachable one, and it is a mistake of the test. */
  readonly mistake: (error: unknown) => void;
}

/** As far as it needs to be known here. */
interface Request {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What an SDK client is made with, so that `operations` answer it. */
export function clientFor(operations: Operations, { outage, mistake }: Wiring) {
  const { maxAttempts } = clientOptions();
  return {
    region: "eu-west-1",
    credentials: { accessKeyId: "model", secretAccessKey: "model" },
    maxAttempts,
    retryStrategy: noPauses(maxAttempts),
    requestHandler: {
      async handle({ headers, body }: Request) {
        const operation = (headers["x-amz-target"] ?? "").split(".")[1] ?? "";
        try {
          return { response: await answered(operations, operation, body, outage?.()) };
        } catch (error) {
          mistake(error);
          throw error;
        }
      },
      updateHttpClientConfig: () => {},
      httpHandlerConfigs: () => ({}),
    },
  };
}

async function answered(operations: Operations, operation: string, body: unknown, outage: Outage | undefined) {
  const answer = operations[operation];
  if (answer === undefined) throw new Error(`no answer to ${operation}`);
  try {
    if (outage?.when === "before") throw outage.error;
    const result = await answer(JSON.parse(textOf(body)) as Body);
    if (outage?.when === "after") throw outage.error;
    return responseOf(200, result);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return responseOf(error.status, { __type: error.name, message: "by the model" });
  }
}

function textOf(body: unknown): string {
  // Not by its own methods: the SDK warns of those that a string has too.
  return typeof body === "string" ? body : new TextDecoder().decode(body as Uint8Array);
}

function responseOf(statusCode: number, body: Body) {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": "00000000-0000-4000-8000-000000000000" };
  return { statusCode, headers, body: Readable.from([Buffer.from(JSON.stringify(body))]) };
}
