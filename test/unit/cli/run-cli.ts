/** Runs the command line inside the test, in a folder of its own, and gives what it printed. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { run } from "../../../src/cli/main.ts";
import { record } from "../../support/canary/sinks.ts";

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Setting {
  /** Path below the working directory to text. @default none */
  readonly files?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly isTTY?: boolean;
}

export async function runCli(args: readonly string[], { files = {}, stdin = "", env = {}, isTTY = false }: Setting = {}): Promise<Ran> {
  const cwd = await mkdtemp(join(tmpdir(), "secret-relay-cli-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(cwd, path)), { recursive: true });
      await writeFile(join(cwd, path), text);
    }
    const stdout: string[] = [];
    const stderr: string[] = [];
    const status = await run(args, {
      stdout: { write: (text) => stdout.push(text), isTTY },
      stderr: { write: (text) => stderr.push(text), isTTY },
      stdin: Readable.from([stdin]),
      env,
      cwd,
    });
    // To show values on standard output is what render is for.
    for (const text of args[0] === "render" ? stderr : [...stdout, ...stderr]) record("cli-output", text);
    return { status, stdout: stdout.join(""), stderr: stderr.join("") };
  } finally {
    await rm(cwd, { recursive: true });
  }
}

/** A store named `aws` in the namespace `app`. */
export const STORE = `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: { name: aws, namespace: app }
spec: { provider: { aws: { service: SecretsManager, region: eu-west-1 } } }
`;

/** An ExternalSecret in the namespace `app`; `spec` is the rest of its spec, in flow style lines. */
export function externalSecret(name: string, spec: readonly string[], metadata = ""): string {
  return `---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: ${name}, namespace: app${metadata} }
spec:
  secretStoreRef: { name: aws }
${spec.map((line) => `  ${line}\n`).join("")}`;
}
