/** The AWS emulator comes up, works and goes without a trace. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateFunctionCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { CreateSecretCommand, GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "@jest/globals";
import { startMiniStack } from "../../../src/local/ministack.ts";
import { resolveMiniStackPython } from "../../../src/local/ministack-install.ts";
import { isAlive } from "../../../src/local/process-state.ts";

async function zipFunction(source: string): Promise<Uint8Array> {
  const directory = await mkdtemp(join(tmpdir(), "function-"));
  try {
    await writeFile(join(directory, "index.js"), source);
    spawnSync(await resolveMiniStackPython(), ["-m", "zipfile", "-c", "function.zip", "index.js"], { cwd: directory });
    return await readFile(join(directory, "function.zip"));
  } finally {
    await rm(directory, { recursive: true });
  }
}

describe("startMiniStack", () => {
  it("brings up an emulator that keeps a secret, and leaves no process and no port behind", async () => {
    const aws = await startMiniStack({ region: "eu-west-1", account: "111122223333" });
    const client = new SecretsManagerClient({
      endpoint: aws.endpoint,
      region: aws.region,
      credentials: { accessKeyId: aws.account, secretAccessKey: "local" },
    });

    const created = await client.send(new CreateSecretCommand({ Name: "orders/db", SecretString: "first" }));
    const read = await client.send(new GetSecretValueCommand({ SecretId: "orders/db" }));
    client.destroy();
    await aws.stop();

    expect(created.ARN).toMatch(/^arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders\/db-/);
    expect(read.SecretString).toBe("first");
    expect(isAlive(aws.pid)).toBe(false);
    await expect(fetch(aws.endpoint)).rejects.toThrow("fetch failed");
  });

  it("runs a function on this project's Node, and ends its process and removes its files too", async () => {
    const aws = await startMiniStack();
    const client = new LambdaClient({
      endpoint: aws.endpoint,
      region: aws.region,
      credentials: { accessKeyId: aws.account, secretAccessKey: "local" },
    });
    const source = "exports.handler = async () => ({ version: process.version, pid: process.pid, directory: process.env.TMPDIR });";

    await client.send(
      new CreateFunctionCommand({
        FunctionName: "probe",
        Runtime: "nodejs24.x",
        Handler: "index.handler",
        Role: `arn:aws:iam::${aws.account}:role/probe`,
        Code: { ZipFile: await zipFunction(source) },
      }),
    );
    const { Payload } = await client.send(new InvokeCommand({ FunctionName: "probe" }));
    client.destroy();
    await aws.stop();
    const probe = JSON.parse(Buffer.from(Payload ?? []).toString());

    expect(probe.version).toMatch(/^v24\./);
    expect(isAlive(probe.pid)).toBe(false);
    expect(existsSync(probe.directory)).toBe(false);
  });
});
