/** Every call that leaves the process has its row in the fault matrix: read from the sources, so that a new call without cells fails here. */
import { readFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { DOCUMENTED_ERRORS } from "../support/faults/errors.ts";
import { CELLS, ROWS, SOCKET_COLUMNS } from "../support/faults/matrix.ts";

const ROOT = join(import.meta.dirname, "../..");

interface Source {
  readonly path: string;
  readonly text: string;
}

async function readSources(): Promise<readonly Source[]> {
  const sources: Source[] = [];
  for (const folder of ["src/adapters", "functions"]) {
    for await (const file of glob(`${folder}/**/*.ts`, { cwd: ROOT })) {
      sources.push({ path: file, text: readFileSync(join(ROOT, file), "utf8") });
    }
  }
  return sources;
}

/** `GetSecretValue` for each `new GetSecretValueCommand(`. */
function commandsOf({ text }: Source): readonly string[] {
  return [...text.matchAll(/\bnew (\w+)Command\(/g)].map(([, name]) => name ?? "");
}

/** The union of `HttpCall.operation`: the only calls to an API server. */
function operationsOf({ text }: Source): readonly string[] {
  const union = /readonly operation:((?:[\s|]*"\w+")+);/.exec(text)?.[1] ?? "";
  return [...union.matchAll(/"(\w+)"/g)].map(([, name]) => name ?? "");
}

/** What may open a socket, or start something that does, beside the AWS SDK: where, and by which row it is in the matrix. */
const OUTLETS: Readonly<Record<string, readonly string[]>> = {
  "src/adapters/kubernetes/send.ts": ["node:http", "node:https"],
  // For the check of a certificate only.
  "src/adapters/kubernetes/clusters.ts": ["node:tls"],
  // Names are resolved as Node would, for the same connections; of node:net isIP only.
  "src/adapters/kubernetes/addresses.ts": ["node:dns", "node:net"],
  // The answer to CloudFormation: PutAnswer.
  "functions/register/compose.ts": ["fetch"],
  "functions/register/custom-resource.ts": ["fetch"],
  "functions/runtime.ts": ["fetch"],
};

const OPENS_SOCKETS = /^(node:)?(http2?|https|net|tls|dgram|dns|child_process|worker_threads|undici)(\/|$)/;

function outletsOf({ text }: Source): readonly string[] {
  const imported = [...text.matchAll(/ from "([^"]+)";|(?:import|getBuiltinModule)\("([^"]+)"\)/g)]
    .map(([, name, called]) => name ?? called ?? "")
    .filter((name) => OPENS_SOCKETS.test(name));
  const fetches = /\bfetch\b(?!")/.test(text.replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, ""));
  return [...new Set(imported), ...(fetches ? ["fetch"] : [])].toSorted();
}

const ANSWER = "PutAnswer";

describe("the fault matrix", () => {
  it("has a row for every command of the AWS SDK and every operation on a cluster that the sources make, and for no other", async () => {
    const sources = await readSources();

    const made = new Set([...sources.flatMap(commandsOf), ...sources.flatMap(operationsOf), ANSWER]);

    const known = ROWS.map(({ call }) => call);
    expect([...new Set<string>(known)].toSorted()).toEqual([...made].toSorted());
  });

  it("knows every place that could open a connection of its own", async () => {
    const sources = await readSources();

    const found = Object.fromEntries(
      sources.map((source) => [source.path, outletsOf(source)] as const).filter(([, some]) => some.length > 0),
    );

    expect(found).toEqual(OUTLETS);
  });

  it("reads no source that calls a client by another way than a command", async () => {
    const sources = await readSources();
    const aws = sources.flatMap(({ text }) => [...text.matchAll(/from "(@aws-sdk\/[^"]+)"/g)].map(([, name]) => name ?? ""));

    expect(aws.filter((name) => !/^@aws-sdk\/client-(dynamodb|eks|eventbridge|lambda|s3|secrets-manager|sqs|ssm|sts)$/.test(name))).toEqual(
      [],
    );
    // The aggregated clients (`new S3({})`) have a method for each command, which the rows would not see.
    expect(
      sources.filter(({ text }) =>
        /import \{[^}]*\b(DynamoDB|EKS|EventBridge|Lambda|S3|SecretsManager|SQS|SSM|STS)\b[^}]*\} from "@aws-sdk/.test(text),
      ),
    ).toEqual([]);
  });

  it("has each row once, with all columns of the socket", () => {
    expect(new Set(ROWS.map(({ row }) => row)).size).toBe(ROWS.length);
    for (const { row } of ROWS) {
      const columns = CELLS.filter((cell) => cell.row === row).map(({ column }) => column);
      expect(columns).toEqual(expect.arrayContaining([...SOCKET_COLUMNS]));
      expect(new Set(columns).size).toBe(columns.length);
    }
  });

  it("plants the documented errors of each call at one of its rows", () => {
    for (const call of Object.keys(DOCUMENTED_ERRORS)) {
      expect([call, ROWS.filter((row) => row.call === call && row.hasErrors === true).length]).toEqual([call, 1]);
    }
  });
});
