/** Rotates a sample secret and shows each target as it gets the new value. The value itself is compared, never shown. */
import { PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import type { ResolvedConfig, TargetKey } from "../../core/model.ts";
import { secretsManagerOf } from "./aws-clients.ts";
import { type ExpectedTargets, expectedTargets } from "./expected-targets.ts";
import { sampleValue } from "./samples.ts";
import { describeMissing } from "./statuses.ts";
import type { TargetWatch } from "./target-watch.ts";

const ARRIVAL_TIMEOUT_MS = 60_000;

export interface RotationParts {
  readonly environment: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly config: ResolvedConfig;
  readonly watch: TargetWatch;
  /** The sample secrets before the rotation, by name. */
  readonly values: ReadonlyMap<string, string>;
}

/**
 * Gives the secret a new value and waits for its targets; times count from just before the call that rotates.
 * @throws Error that names each target that did not get it within a minute, and why
 */
export async function rotate(parts: RotationParts, secret: string, write: (line: string) => void): Promise<void> {
  const value = sampleValue(secret);
  const expected = await expectedTargets(parts.config, new Map([...parts.values, [secret, value]]), [secret]);
  if (expected.size === 0) throw new Error(`no target of the config reads ${secret} and sample secrets only`);
  const width = Math.max(...[...expected.keys()].map((target) => target.length));
  const client = secretsManagerOf(parts.environment);
  let rotatedAt: number;
  try {
    rotatedAt = performance.now();
    await client.send(new PutSecretValueCommand({ SecretId: secret, SecretString: value }));
  } finally {
    client.destroy();
  }
  write(`${secret} has a new value; waiting for ${describeTargets(expected)}`);
  const missing = await parts.watch.waitFor(expected, ARRIVAL_TIMEOUT_MS, (target: TargetKey) => {
    write(`  ${target.padEnd(width)}  has it after ${seconds(performance.now() - rotatedAt)}`);
  });
  if (missing.length > 0) throw new Error(await describeMissing(parts.environment, parts.outputs, missing));
}

function describeTargets(expected: ExpectedTargets): string {
  const clusters = new Set([...expected.keys()].map((target) => target.slice(0, target.indexOf("/"))));
  return `${expected.size} targets in ${clusters.size} clusters`;
}

function seconds(elapsedMs: number): string {
  return `${(elapsedMs / 1000).toFixed(2)} s`;
}
