/** The hasher is keyed by what lies in Secrets Manager, and refuses a key that could be guessed. */
import { describe, expect, it } from "@jest/globals";
import { loadHasher } from "../../../src/adapters/aws/hash-key.ts";
import { SecretValue } from "../../../src/core/secret-value.ts";

const bytes = new TextEncoder().encode("content");
const hashUnder = async (key: string) => (await loadHasher(async () => new SecretValue(key), "hash-key")).hash(bytes);

describe("hasher", () => {
  it("gives 22 characters of base64url, by the content and by the key", async () => {
    const hasher = await loadHasher(async () => new SecretValue("k".repeat(64)), "hash-key");

    expect(hasher.hash(bytes)).toMatch(/^[\w-]{22}$/);
    expect(hasher.hash(bytes)).toBe(await hashUnder("k".repeat(64)));
    expect(hasher.hash(bytes)).not.toBe(await hashUnder("l".repeat(64)));
    expect(hasher.hash(bytes)).not.toBe(hasher.hash(new TextEncoder().encode("other")));
  });

  it("reads the key once, however often it hashes", async () => {
    const read: string[] = [];
    const hasher = await loadHasher(async (name) => {
      read.push(name);
      return new SecretValue("k".repeat(64));
    }, "hash-key");

    hasher.hash(bytes);
    hasher.hash(bytes);

    expect(read).toEqual(["hash-key"]);
  });

  it("refuses a short key, and does not show it", async () => {
    const key = "canary-7f3a91";

    await expect(hashUnder(key)).rejects.toMatchObject({ code: "StoreInvalidRequest", subject: "hash-key" });
    await expect(hashUnder(key)).rejects.not.toThrow(key);
  });
});
