/** Random stores: each gives a registration or a diagnostic, none a crash, and none an access to another namespace of a SecretStore. */
import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { resolveManifests } from "../../../../src/core/config/resolve-manifests.ts";
import { defaults } from "./gen.ts";

const FIELDS = [
  ["conditions"],
  ["conditions", "namespaceSelector"],
  ["controller"],
  ["retrySettings"],
  ["refreshInterval"],
  ...[
    "region",
    "role",
    "additionalRoles",
    "externalID",
    "sessionTags",
    "transitiveTagKeys",
    "sessionTagsPolicy",
    "customSessionTags",
    "prefix",
    "auth",
  ].map((field) => ["provider", "aws", field]),
  ["provider", "aws", "auth", "secretRef", "accessKeyIDSecretRef"],
  ["provider", "aws", "auth", "jwt", "serviceAccountRef"],
];

const role = "arn:aws:iam::222222222222:role/r";
const keyRef = { name: "aws", key: "id", namespace: "kube-system" };
const likely = fc.constantFrom(
  role,
  [role],
  "",
  "app",
  "Custom",
  { a: "b" },
  [{ key: "a", value: "b" }],
  keyRef,
  { jwt: { serviceAccountRef: { name: "irsa", namespace: "kube-system" } } },
  { secretRef: { accessKeyIDSecretRef: keyRef, secretAccessKeySecretRef: { ...keyRef, namespace: "app" } } },
  [{ namespaces: ["app"] }, { namespaceSelector: {} }, { namespaceRegexes: ["^a"] }],
  ["__proto__"],
);

const change = fc.tuple(fc.constantFrom(...FIELDS), fc.oneof(likely, fc.jsonValue()));

function placed(root: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [step = "", ...rest] = path;
  if (rest.length === 0) {
    root[step] = value;
    return;
  }
  const next = root[step];
  const below = typeof next === "object" && next !== null ? (next as Record<string, unknown>) : {};
  root[step] = below;
  placed(below, rest, value);
}

it("gives a registration or a diagnostic for whatever a store says", () => {
  fc.assert(
    fc.property(fc.constantFrom("SecretStore", "ClusterSecretStore"), fc.array(change, { maxLength: 4 }), (kind, changes) => {
      const spec: Record<string, unknown> = { provider: { aws: { service: "ParameterStore" } } };
      for (const [path, value] of changes) placed(spec, path, structuredClone(value));
      const metadata = kind === "SecretStore" ? { name: "s", namespace: "app" } : { name: "s" };
      const secret = { secretStoreRef: { name: "s", kind }, data: [{ secretKey: "a", remoteRef: { key: "k" } }] };
      const documents = [
        { apiVersion: "external-secrets.io/v1", kind, metadata, spec },
        { apiVersion: "external-secrets.io/v1", kind: "ExternalSecret", metadata: { name: "one", namespace: "app" }, spec: secret },
      ];
      const text = documents.map((document) => JSON.stringify(document)).join("\n---\n");

      const { manifests, diagnostics } = resolveManifests([{ path: "all.yaml", text }], defaults, []);

      const [manifest] = manifests;
      const isLeftAlone = manifest === undefined && diagnostics.length === 0;
      expect(isLeftAlone ? typeof spec["controller"] : "string").toBe("string");
      if (manifest?.kind !== "resolved" || kind !== "SecretStore") return;
      // Whatever it names of its cluster is of its own namespace.
      expect(JSON.stringify(manifest.spec.store)).not.toContain("kube-system");
    }),
    // It was made a string, which that can't be.
    { numRuns: 2_000, examples: [["SecretStore", [[["provider", "aws", "sessionTagsPolicy"], { toString: {} }]]]] },
  );
});
