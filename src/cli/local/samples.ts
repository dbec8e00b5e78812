/** The sample secrets that the sample config reads: where they are, and a fresh random value each time. */
import { randomBytes } from "node:crypto";

/** By the secret's name in the store. */
const SAMPLES: Readonly<Record<string, { readonly fixed: Readonly<Record<string, string>>; readonly random: readonly string[] }>> = {
  "shop/database": { fixed: { username: "shop" }, random: ["password"] },
  "shop/payment": { fixed: {}, random: ["apiKey", "webhookKey"] },
};

export const SAMPLE_NAMES: readonly string[] = Object.keys(SAMPLES);

/** The one that a rotation is shown with. */
export const ROTATED_SAMPLE = "shop/database";

/** A new value of a sample, as JSON; it never equals an earlier one. @throws Error where there is no such sample */
export function sampleValue(name: string): string {
  const sample = SAMPLES[name];
  if (sample === undefined) {
    throw new Error(`${name} is no sample secret, there are ${SAMPLE_NAMES.join(" and ")}; rotate others by put-secret-value`);
  }
  const random = sample.random.map((key) => [key, randomBytes(24).toString("base64url")]);
  return JSON.stringify({ ...sample.fixed, ...Object.fromEntries(random) });
}
