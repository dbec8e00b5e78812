/** What of requests and answers goes to the sinks: all of it but the few places where a value or a credential belongs. */
import type { IncomingMessage } from "node:http";
import type { ClusterCall, RecordedAnswer } from "../cluster-proxy.ts";
import { registerCanary, registerToken } from "./canary.ts";
import { record, type SinkName } from "./sinks.ts";

/** By the prefix of `x-amz-target`; whatever has another one, or none, is a further request. */
const SINK_OF_SERVICE: Readonly<Record<string, SinkName>> = {
  AmazonSQS: "queue",
  DynamoDB_20120810: "table",
  AWSEvents: "event",
  GraniteServiceVersion20100801: "metric",
};

const headersOf = (headers: IncomingMessage["headers"], credentials: readonly string[]): string =>
  JSON.stringify(Object.entries(headers).filter(([name]) => !credentials.includes(name)));

/** One request of the relay to AWS. A session's token is what signs it; a service account's token is what STS is asked with. */
export function recordAwsRequest({ method, url = "", headers }: IncomingMessage, body: Uint8Array): void {
  const service = String(headers["x-amz-target"] ?? "").split(".")[0] ?? "";
  const isForm = (headers["content-type"] ?? "").includes("x-www-form-urlencoded");
  const isTrace = /^\/(?:TraceSegments|TelemetryRecords)/.test(url);
  const text = Buffer.from(body).toString("latin1");
  const shown = isForm ? text.replace(/\bWebIdentityToken=[^&]*/, "WebIdentityToken=") : text;
  const head = `${method} ${url}\n${headersOf(headers, ["x-amz-security-token"])}\n`;
  record(isTrace ? "trace" : (SINK_OF_SERVICE[service] ?? "aws-request"), Buffer.from(`${head}${shown}`, "latin1"));
}

/** Makes canaries of the credentials in an answer of STS: nothing but a signature may ever show of them. */
export function registerSession(answer: string): void {
  for (const field of ["SecretAccessKey", "SessionToken"]) {
    const value = new RegExp(`<${field}>([^<]{8,})</${field}>`).exec(answer)?.[1];
    if (value !== undefined) registerCanary(`${field} of an assumed role`, value);
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A Secret's own values lie in its data; its annotations and labels are for all to see. */
function withoutData(body: string): string {
  if (body === "") return body;
  const object: unknown = JSON.parse(body);
  if (!isObject(object)) return body;
  const { data, stringData, ...rest } = object;
  const keys = [data, stringData].flatMap((map) => (isObject(map) ? Object.keys(map) : []));
  return JSON.stringify({ ...rest, keys });
}

export function recordClusterRequest({ method, path, headers, body }: ClusterCall): void {
  record("cluster-request", `${method} ${path}\n${headersOf(headers, ["authorization"])}\n${withoutData(body)}`);
}

/** Not of reads that ask for a whole object: those are granted by name, for their values. */
export function recordClusterAnswer({ call, status, text }: RecordedAnswer): void {
  if (!(call.headers.accept ?? "").includes("as=PartialObjectMetadata") && status < 300) {
    const token = /"token"\s*:\s*"([^"]+)"/.exec(text)?.[1];
    if (call.path.endsWith("/token") && token !== undefined) registerToken("the token of a service account", token);
    return;
  }
  for (const part of partsOf(text)) record("cluster-answer", part);
}

const seenItems = new Set<string>();

/** A list without the items that were recorded before as they are: a run lists the same Secrets a thousand times. */
function partsOf(text: string): readonly string[] {
  const [head = "", body = ""] = splitOnce(text, "\n\n");
  if (!body.startsWith('{"kind":"PartialObjectMetadataList"')) return [text];
  let list: unknown;
  try {
    list = JSON.parse(body);
  } catch {
    // Cut by a fault.
    return [text];
  }
  const { items, ...rest } = list as { readonly items?: readonly unknown[] | null };
  const fresh = (items ?? []).map((item) => JSON.stringify(item)).filter((item) => !seenItems.has(item));
  for (const item of fresh) seenItems.add(item);
  return [`${head}\n\n${JSON.stringify(rest)}`, ...fresh];
}

function splitOnce(text: string, by: string): readonly string[] {
  const at = text.indexOf(by);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + by.length)];
}
