/** The last check before a write: each thing that it stops, and what it lets pass. */
import { describe, expect, it } from "@jest/globals";
import { isRelayError } from "../../../../src/core/errors.ts";
import type { ClusterSpec } from "../../../../src/core/model.ts";
import type { SecretManifest } from "../../../../src/core/ports.ts";
import { SecretValue } from "../../../../src/core/secret-value.ts";
import { guardTarget, namespaceAllowed } from "../../../../src/core/sync/guard.ts";

const cluster: ClusterSpec = {
  name: "tokyo",
  labels: {},
  kubeconfigSecretName: "k",
  allowedNamespaces: ["app-*"],
  concurrency: 1,
  requestsPerSecond: 1,
  drift: "probe",
};
const SERVICE_ACCOUNT = { "kubernetes.io/service-account.name": "admin" };
const TOKEN = "kubernetes.io/service-account-token";

const manifestOf = (fields: Partial<SecretManifest>): SecretManifest => ({
  namespace: "app-1",
  name: "t",
  labels: {},
  annotations: {},
  data: new Map(),
  ...fields,
});
const bytesOf = (...sizes: readonly number[]) => new Map(sizes.map((size, index) => [`k${index}`, new SecretValue(new Uint8Array(size))]));

function outcome(fields: Partial<SecretManifest>): string {
  try {
    guardTarget(manifestOf(fields), cluster);
    return "passes";
  } catch (error) {
    if (isRelayError(error) && !error.message.includes("canary")) return error.code;
    throw error;
  }
}

describe("guardTarget", () => {
  it.each<{ readonly name: string; readonly fields: Partial<SecretManifest>; readonly want: string }>([
    { name: "a plain Secret", fields: {}, want: "passes" },
    { name: "another namespace", fields: { namespace: "kube-system" }, want: "NamespaceNotAllowed" },
    { name: "a bootstrap token", fields: { type: "bootstrap.kubernetes.io/token" }, want: "TargetInvalid" },
    { name: "a service account's token", fields: { type: TOKEN, annotations: SERVICE_ACCOUNT }, want: "TargetInvalid" },
    { name: "a service account's name without a type", fields: { annotations: SERVICE_ACCOUNT }, want: "TargetInvalid" },
    { name: "a service account's name on another type", fields: { type: "Opaque", annotations: SERVICE_ACCOUNT }, want: "passes" },
    { name: "a token type without the name", fields: { type: TOKEN }, want: "passes" },
    { name: "exactly 1 MiB", fields: { data: bytesOf(1_048_000, 576) }, want: "passes" },
    { name: "a byte over 1 MiB", fields: { data: bytesOf(1_048_000, 577) }, want: "TargetInvalid" },
    { name: "a bad data key", fields: { data: new Map([["canary/x", new SecretValue("v")]]) }, want: "TargetInvalid" },
    { name: "a label with a prefix", fields: { labels: { "example.com/app_1": "v1.2-x_Y" } }, want: "passes" },
    { name: "an empty label value", fields: { labels: { app: "" } }, want: "passes" },
    { name: "a label value with a space", fields: { labels: { app: "canary x" } }, want: "TargetInvalid" },
    { name: "a label value ending in a line feed", fields: { labels: { app: "canary\n" } }, want: "TargetInvalid" },
    { name: "a bad value of a label whose key was rendered", fields: { labels: { canary: "a b" } }, want: "TargetInvalid" },
    { name: "a label value of 64", fields: { labels: { app: "v".repeat(64) } }, want: "TargetInvalid" },
    { name: "a label key of 64", fields: { labels: { ["k".repeat(64)]: "" } }, want: "TargetInvalid" },
    { name: "a label key of two slashes", fields: { labels: { "canary/b/c": "" } }, want: "TargetInvalid" },
    { name: "a label prefix in capitals", fields: { labels: { "Canary.io/x": "" } }, want: "TargetInvalid" },
    { name: "an annotation prefix in capitals", fields: { annotations: { "Example.io/x": "any text\n" } }, want: "passes" },
    { name: "an annotation key with a space", fields: { annotations: { "canary x": "" } }, want: "TargetInvalid" },
    { name: "annotations over 256 KiB", fields: { annotations: { a: "canary".repeat(50_000) } }, want: "TargetInvalid" },
  ])("answers $want to $name", ({ fields, want }) => {
    expect(outcome(fields)).toBe(want);
  });
});

describe("namespaceAllowed", () => {
  it.each([
    { globs: ["app-*"], namespace: "app-", want: true },
    { globs: ["app-*"], namespace: "my-app-1", want: false },
    { globs: ["*"], namespace: "anything", want: true },
    { globs: ["a?c"], namespace: "abc", want: true },
    { globs: ["a?c"], namespace: "ac", want: false },
    { globs: ["*-a*b"], namespace: "x-aab-ab", want: true },
    { globs: ["a.c"], namespace: "abc", want: false },
    { globs: ["x", "prod"], namespace: "prod", want: true },
    { globs: ["prod"], namespace: "prod2", want: false },
    { globs: [], namespace: "prod", want: false },
    { globs: [`${"*a".repeat(30)}b`], namespace: "a".repeat(63), want: false },
  ])("$globs with $namespace is $want", ({ globs, namespace, want }) => {
    expect(namespaceAllowed(globs, namespace)).toBe(want);
  });
});
