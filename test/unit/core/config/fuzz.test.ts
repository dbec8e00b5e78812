/** Random manifests: each becomes a registration or a diagnostic, and none a crash or a long wait. `FUZZ_RUNS=100000` runs the long form. */
import { describe, expect, it } from "@jest/globals";
import { readConfig } from "../../../../src/core/config/kinds.ts";
import { toRegistration } from "../../../../src/core/config/registration.ts";
import { defaults, storeFile } from "./gen.ts";

const RUNS = Number(process.env["FUZZ_RUNS"] ?? 5_000);
const SEED = Number(process.env["FUZZ_SEED"] ?? 20_261_124);

/** mulberry32: a fast-check arbitrary of whole manifests would take most of the time for itself. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const random = createRandom(SEED);
const chance = (share: number): boolean => random() < share;
const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
const several = <T>(make: () => T, most = 3): T[] => Array.from({ length: Math.floor(random() * (most + 1)) }, make);

const TEXTS = [
  "a",
  "app/db",
  "",
  "*",
  "__proto__",
  "constructor",
  "é😀",
  "a[",
  "(?=x)",
  "(a{900}){900}",
  "^x-(.*)$",
  "$1",
  "x".repeat(300),
  "\u0000",
  "1h",
];

const TEMPLATES = [
  "{{ .a }}",
  "{{ .a | b64enc | quote }}",
  "{{ if .a }}x{{ else }}y{{ end }}",
  "{{ range $k, $v := . }}{{ $k }}{{ end }}",
  '{{ regexReplaceAll "(a{900}){900}" .a "" }}',
  "{{ .a",
  "{{ nothing }}",
  "{{ end }}",
  "plain",
];

function anything(depth = 0): unknown {
  if (depth < 3 && chance(0.3)) {
    return chance(0.5) ? several(() => anything(depth + 1)) : Object.fromEntries(several(() => [pick(TEXTS), anything(depth + 1)]));
  }
  return pick<unknown>([...TEXTS, 0, -1, 1e300, true, false, null, [], {}]);
}

/** What a field should be, or now and then anything. */
const some = (make: () => unknown): unknown => (chance(0.01) ? anything() : make());

/** An object of some of the fields, and now and then one that nobody knows. */
function fields(all: Readonly<Record<string, () => unknown>>, share = 0.5): unknown {
  const given = Object.entries(all).flatMap(([name, make]) => (chance(share) ? [[name, some(make)] as const] : []));
  return Object.fromEntries(chance(0.02) ? [...given, [pick(["keyy", "__proto__", "constructor"]), anything()] as const] : given);
}

const text = (): unknown => pick(TEXTS);
const strategies = {
  conversionStrategy: () => pick(["Default", "Unicode", ""]),
  decodingStrategy: () => pick(["None", "Base64", "Base64URL", "Auto", "Base46"]),
  nullBytePolicy: () => pick(["Ignore", "Fail"]),
};
const remoteRef = (): unknown => ({
  key: some(() => "k"),
  ...(fields({ property: text, version: text, metadataPolicy: () => pick(["None", "Fetch"]), ...strategies }, 0.3) as object),
});
const find = (): unknown =>
  fields({
    path: text,
    name: () => fields({ regexp: text }, 0.9),
    tags: () => Object.fromEntries(several(() => [text(), text()])),
    ...strategies,
  });
const rewrite = (): unknown =>
  fields(
    {
      regexp: () => fields({ source: text, target: text }, 0.95),
      transform: () => ({ template: text() }),
      merge: () =>
        fields({
          into: text,
          priority: () => several(text),
          priorityPolicy: () => pick(["Strict", "IgnoreNotFound"]),
          strategy: () => pick(["Extract", "JSON"]),
        }),
    },
    0.4,
  );
const templateText = (): unknown => pick(TEMPLATES);
const texts = (): unknown => Object.fromEntries(several(() => [pick(["a", "b-c", "x/y", "__proto__", ""]), templateText()]));
const templateItems = (): unknown => ({
  name: "templates",
  items: several(() => fields({ key: text, templateAs: () => pick(["Values", "KeysAndValues"]) }, 0.8)),
});
const template = (): unknown =>
  fields(
    {
      type: () => pick(["Opaque", "kubernetes.io/tls", "kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token"]),
      engineVersion: () => pick(["v2", "v2", "v1"]),
      mergePolicy: () => pick(["Replace", "Merge"]),
      metadata: () => fields({ labels: texts, annotations: texts, finalizers: () => several(text) }, 0.3),
      data: texts,
      templateFrom: () =>
        several(() =>
          fields(
            { literal: templateText, configMap: templateItems, secret: templateItems, target: () => pick(["Data", "Labels", "spec"]) },
            0.4,
          ),
        ),
    },
    0.4,
  );
const syncWindows = (): unknown => ({
  kind: some(() => pick(["allow", "deny"])),
  windows: several(() => ({ schedule: pick(["@daily", "0 9 * * 1-5", "CRON_TZ=Asia/Tokyo 0 3 * * *", "x"]), duration: some(() => "1h") })),
});
const sourceRef = (): unknown => fields({ storeRef: () => ({ name: "aws" }), generatorRef: anything }, 0.5);

function manifest(): Readonly<Record<string, unknown>> {
  const apiVersion = pick(["external-secrets.io/v1", "external-secrets.io/v1beta1"]);
  const spec = externalSecretSpec();
  if (chance(0.9)) return { apiVersion, kind: "ExternalSecret", metadata: some(() => ({ name: "shop", namespace: "app-shop" })), spec };
  const selector = (): unknown => fields({ matchLabels: () => ({ team: "shop" }), matchExpressions: () => several(anything) }, 0.4);
  const others = fields(
    { namespaces: () => ["app"], namespaceSelectors: () => several(selector), refreshTime: text, externalSecretName: text },
    0.3,
  );
  const metadata = some(() => ({ name: "shop" }));
  return { apiVersion, kind: "ClusterExternalSecret", metadata, spec: { externalSecretSpec: spec, ...(others as object) } };
}

function externalSecretSpec(): unknown {
  return some(() => ({
    secretStoreRef: some(() => ({ name: "aws", kind: "ClusterSecretStore" })),
    ...(fields(
      {
        data: () =>
          several(() => ({
            secretKey: some(() => "a"),
            remoteRef: some(remoteRef),
            ...(chance(0.05) ? { sourceRef: sourceRef() } : {}),
          })),
        dataFrom: () =>
          several(() =>
            fields({
              extract: remoteRef,
              find: () => (chance(0.3) ? find() : undefined),
              rewrite: () => several(rewrite, 2),
              sourceRef: () => (chance(0.2) ? sourceRef() : undefined),
            }),
          ),
        target: () =>
          fields(
            {
              name: () => "t",
              creationPolicy: () => pick(["Owner", "Orphan", "Merge", "CreateOrMerge", "None"]),
              deletionPolicy: () => pick(["Retain", "Delete", "Merge"]),
              immutable: () => chance(0.5),
              template,
            },
            0.3,
          ),
        refreshInterval: text,
        syncWindows: () => (chance(0.2) ? syncWindows() : undefined),
      },
      0.6,
    ) as object),
  }));
}

/** A slip of the keyboard anywhere in the text. */
function slipped(yaml: string): string {
  const at = Math.floor(random() * yaml.length);
  return (
    yaml.slice(0, at) +
    pick(["", " ", "\n", "\t", '"', "{", "}", "&a", "*a", "!!binary ", "#", ":", "- ", "\u0000"]) +
    yaml.slice(at + pick([0, 1, 5]))
  );
}

const [store] = readConfig([storeFile()]).documents;

/** How many registrations and diagnostics a text gives. */
function outcome(yaml: string): { readonly registrations: number; readonly diagnostics: number } {
  const { documents, refused, diagnostics } = readConfig([{ path: "apps/a.yaml", text: yaml }]);
  const registrations = documents.flatMap((document): readonly unknown[] => {
    if (document.kind === "ClusterExternalSecret") return [document.manifest];
    if (document.kind !== "ExternalSecret" || store?.kind !== "ClusterSecretStore") return [];
    return [toRegistration("c", document, { main: store, data: [], dataFrom: [] }, defaults)];
  });
  return { registrations: registrations.length, diagnostics: diagnostics.length + refused.flatMap((one) => one.diagnostics).length };
}

describe("random manifests", () => {
  it("each give one registration or at least one diagnostic, never a crash, and soon", () => {
    let registered = 0;
    let slowestMs = 0;
    for (let run = 0; run < RUNS; run++) {
      const isSlipped = chance(0.1);
      const yaml = JSON.stringify(manifest(), undefined, isSlipped ? 1 : undefined);
      const start = process.cpuUsage();
      const { registrations, diagnostics } = outcome(isSlipped ? slipped(yaml) : yaml);
      // Of the processor, since a busy machine may hold up any run.
      const { user, system } = process.cpuUsage(start);
      slowestMs = Math.max(slowestMs, (user + system) / 1000);
      registered += registrations;
      // A slip may make the document somebody else's.
      if (!isSlipped && (registrations === 1) === diagnostics > 0) throw new Error(`seed ${SEED}, run ${run}: ${yaml}`);
    }

    // Both outcomes are frequent, or the test tests nothing.
    expect(registered).toBeGreaterThan(RUNS / 50);
    expect(registered).toBeLessThan(RUNS / 2);
    // The goal is 50 ms; the first runs include the compiler's work, and any the collector's.
    expect(slowestMs).toBeLessThan(1_000);
  }, 600_000);
});
