/** A secret value shows itself only where it is asked to by name, and so do the credentials that hold one. */
/* oxlint-disable typescript/restrict-template-expressions, typescript/no-base-to-string, typescript/no-unnecessary-template-expression -- implicit conversion is what is tested here */
import { format, inspect } from "node:util";
import { serialize } from "node:v8";
import { describe, expect, it } from "@jest/globals";
import { parseCredentials } from "../../../src/adapters/kubernetes/credentials.ts";
import { opaqueCredentials } from "../../../src/adapters/providers/source-credentials.ts";
import { SecretValue } from "../../../src/core/secret-value.ts";
import { canary } from "../../support/canary/canary.ts";
import { createScanner } from "../../support/canary/scanner.ts";

const CANARY = canary("an opaque value");
// A token of a kubeconfig has no spaces; a canary has none either.
const PEM = `-----BEGIN CERTIFICATE-----\n${CANARY}\n-----END CERTIFICATE-----\n`;
const scan = createScanner([{ label: "value", value: Buffer.from(CANARY) }]);
const plain = { server: "https://k.example", caData: "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n" };

const HOLDERS: readonly (readonly [string, object])[] = [
  ["a value", new SecretValue(CANARY)],
  ["values in a map", new Map([["password", new SecretValue(CANARY)]])],
  ["a cluster's token", await parseCredentials(JSON.stringify({ ...plain, token: CANARY }), "tokyo")],
  [
    "a cluster's client key",
    await parseCredentials(JSON.stringify({ ...plain, clientCertificate: plain.caData, clientKey: PEM }), "tokyo"),
  ],
  ["AWS credentials", opaqueCredentials({ accessKeyId: "AKIA", secretAccessKey: CANARY, sessionToken: CANARY })],
];

const thrownWith = (holder: object): Error => Object.assign(new Error(`failed with ${holder}`, { cause: holder }), { holder });

const WAYS: readonly (readonly [string, (holder: object) => string | Uint8Array])[] = [
  ["String()", String],
  ["template text", (holder) => `${holder}`],
  ["concatenation", (holder) => `${"" + holder}`],
  ["JSON", (holder) => JSON.stringify({ holder, entries: holder instanceof Map ? [...holder] : [] })],
  ["inspect", (holder) => inspect({ nested: { holder } }, { depth: null, showHidden: true, getters: true })],
  ["inspect without its own methods", (holder) => inspect(holder, { depth: null, showHidden: true, customInspect: false })],
  ["format", (holder) => format("%s %j %o %O", holder, holder, holder, holder)],
  ["an error's message, cause and fields", (holder) => inspect(thrownWith(holder), { depth: null, showHidden: true })],
  ["spread", (holder) => inspect({ ...holder }, { depth: null })],
  ["Object.entries", (holder) => inspect(Object.entries(holder), { depth: null })],
  ["a clone", (holder) => inspect(structuredClone(withoutMethods(holder)), { depth: null })],
  ["v8's serialisation", (holder) => serialize(withoutMethods(holder))],
];

/** What can be cloned of it at all: symbols and functions can't. */
function withoutMethods(holder: object): object {
  return holder instanceof Map ? new Map(holder) : { holder };
}

describe.each(HOLDERS)("%s", (_name, holder) => {
  it.each(WAYS)("shows nothing by %s", (_way, show) => {
    expect(scan(Buffer.from(show(holder)))).toEqual([]);
  });
});

describe("SecretValue", () => {
  it.each([
    ["String()", String(new SecretValue(CANARY))],
    ["JSON", JSON.stringify({ value: new SecretValue(CANARY) })],
    ["inspect", inspect({ value: new SecretValue(CANARY) })],
  ])("says by %s that there is one", (_way, shown) => {
    expect(shown).toContain("[secret]");
  });

  it("gives bytes and text when asked by name", () => {
    expect(new SecretValue(CANARY).exposeText()).toBe(CANARY);
    expect(new SecretValue(new Uint8Array([0, 255])).expose()).toEqual(new Uint8Array([0, 255]));
  });
});

describe("credentials of AWS", () => {
  it("give each field when asked by name, as an SDK asks", () => {
    const { accessKeyId, secretAccessKey, sessionToken } = opaqueCredentials({ accessKeyId: "AKIA", secretAccessKey: CANARY });

    expect([accessKeyId, secretAccessKey, sessionToken]).toEqual(["AKIA", CANARY, undefined]);
  });
});
