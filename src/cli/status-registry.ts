/** Finds the registry that `status` reads: by option, environment, the demonstration that is up, or the stack's output. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { createDynamoRegistry } from "../adapters/aws/dynamodb-registry.ts";
import { isRelayError } from "../core/errors.ts";
import type { Registry } from "../core/ports.ts";
import { clientOptions, errorName } from "../core/remote-calls.ts";
import { CommandFailed, type Io } from "./output.ts";

/** The stack's output that names the table. */
const OUTPUT = "RegistryTableName";

/** Which registry is meant. */
export interface RegistryChoice {
  readonly stack: string;
  readonly table?: string | undefined;
  /** The demonstration that `npm start` left up. */
  readonly local?: true | undefined;
}

/** Lets `read` work on the registry, and closes the connection after it. @throws CommandFailed that says what could not be read, and why */
export async function withRegistry<T>(choice: RegistryChoice, io: Io, read: (registry: Registry) => Promise<T>): Promise<T> {
  const place = choice.local === true ? await readLocal(io) : { environment: io.env, table: undefined };
  const options = clientConfig(place.environment);
  const table =
    choice.table ?? place.table ?? (place.environment["REGISTRY_TABLE"] || undefined) ?? (await tableOfStack(choice.stack, options));
  const client = new DynamoDBClient(options);
  try {
    return await read(createDynamoRegistry(client, table));
  } catch (error) {
    if (!isRelayError(error) || error.code !== "RegistryUnavailable") throw error;
    throw new CommandFailed(`can't read the registry table ${table}: ${reasonOf(error.remote?.reason)}`);
  } finally {
    client.destroy();
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What this environment says, where it says so; the SDK's own chain otherwise. Short tries: a person waits. */
function clientConfig(environment: Environment) {
  const { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment;
  const { AWS_SESSION_TOKEN: sessionToken } = environment;
  return {
    ...clientOptions(environment["AWS_REGION"] || environment["AWS_DEFAULT_REGION"]),
    ...(endpoint ? { endpoint } : {}),
    ...(accessKeyId && secretAccessKey ? { credentials: { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) } } : {}),
  };
}

async function tableOfStack(stack: string, options: ReturnType<typeof clientConfig>): Promise<string> {
  const client = new CloudFormationClient(options);
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: stack }));
    const table = Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === OUTPUT)?.OutputValue;
    if (table === undefined) throw new CommandFailed(`the stack ${stack} has no output ${OUTPUT}; name the table by --table`);
    return table;
  } catch (error) {
    if (error instanceof CommandFailed) throw error;
    // CloudFormation's word for a stack that is not there.
    const name = errorName(error);
    const why = name === "ValidationError" ? `there is no such stack in ${options.region ?? "this region"}` : reasonOf(name);
    throw new CommandFailed(`can't read the outputs of the stack ${stack}: ${why}; name another by --stack, or the table by --table`);
  } finally {
    client.destroy();
  }
}

/** In words where the SDK's name says too little; its message is never shown. */
function reasonOf(name: string | undefined): string {
  switch (name) {
    case undefined:
      return "unknown error";
    case "CredentialsProviderError":
      return "no AWS credentials are configured";
    case "ResourceNotFoundException":
      return "there is no such table in this account and region";
    case "Error":
      return "the AWS region or credentials are not configured, or there is no connection";
    default:
      return name;
  }
}

interface LocalFile {
  readonly environment?: Environment;
  readonly outputs?: Environment;
}

async function readLocal(io: Io): Promise<{ readonly environment: Environment; readonly table: string | undefined }> {
  const path = join(".secret-relay", "local.json");
  const text = await readFile(join(io.cwd, path), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") throw new CommandFailed(`there is no ${path} here; start the demonstration: npm start -- --detach`);
    throw new CommandFailed(`can't read ${path}: ${error.code ?? "unknown error"}`);
  });
  const { environment, outputs } = parseLocal(text, path);
  if (environment?.["AWS_ENDPOINT_URL"] === undefined || outputs?.[OUTPUT] === undefined) throw unusable(path);
  return { environment, table: outputs[OUTPUT] };
}

function parseLocal(text: string, path: string): LocalFile {
  try {
    return (JSON.parse(text) as LocalFile | null) ?? {};
  } catch {
    throw unusable(path);
  }
}

function unusable(path: string): CommandFailed {
  return new CommandFailed(`${path} is damaged; start the demonstration again: npm start -- --detach`);
}
