/** `local rotate`: rotates a sample secret of what is up, from another terminal. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { secretsManagerOf } from "./aws-clients.ts";
import { readLocalConfig } from "./expected-targets.ts";
import { namespacesOf } from "./parts.ts";
import { rotate } from "./rotation.ts";
import { SAMPLE_NAMES } from "./samples.ts";
import { type LocalState, PROJECT, readState, type StateFiles } from "./state.ts";
import { watchTargets } from "./target-watch.ts";

/** @throws Error where nothing is up, or a target does not get the new value */
export async function rotateRunning(files: StateFiles, secret: string, write: (line: string) => void): Promise<void> {
  const state = await readState(files);
  if (state === undefined) throw new Error("nothing is up here; start it by: npm start");
  const { environment, outputs } = state;
  const place = { account: environment["AWS_ACCESS_KEY_ID"] ?? "", region: environment["AWS_REGION"] ?? "" };
  const config = await readLocalConfig(join(PROJECT, "config"), place);
  const clusters = await Promise.all(
    Object.entries(state.kubeconfigs).map(async ([name, path]) => [name, { kubeconfig: await readFile(path, "utf8") }] as const),
  );
  const ending = new AbortController();
  try {
    const watch = watchTargets(new Map(clusters), namespacesOf(config), ending.signal);
    const values = await readSamples(state);
    await rotate({ environment, outputs, config, watch, values }, secret, write);
  } finally {
    ending.abort();
  }
}

async function readSamples({ environment }: LocalState): Promise<ReadonlyMap<string, string>> {
  const client = secretsManagerOf(environment);
  try {
    const read = SAMPLE_NAMES.map(async (name) => {
      const { SecretString = "" } = await client.send(new GetSecretValueCommand({ SecretId: name }));
      return [name, SecretString] as const;
    });
    return new Map(await Promise.all(read));
  } finally {
    client.destroy();
  }
}
