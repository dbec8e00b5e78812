/** What the entries of a manifest become in a registration: only what differs from ESO's defaults, in a fixed order. */
import { describe, expect, it } from "@jest/globals";
import { parse } from "yaml";
import { check } from "../../../../src/core/config/check.ts";
import { readConfig } from "../../../../src/core/config/kinds.ts";
import { toRegistration } from "../../../../src/core/config/registration.ts";
import { resolveConfig } from "../../../../src/core/config/resolve.ts";
import { externalSecretSchema } from "../../../../src/core/config/schema.ts";
import { clusterFile, defaults, secretFile, storeFile } from "./gen.ts";

const [store] = readConfig([storeFile()]).documents;

/** The registration of a manifest whose fields may not be wired yet. */
function registered(rest: string) {
  const value: unknown = parse(secretFile(rest).text);
  const checked = check(externalSecretSchema, value);
  if (!("value" in checked) || store?.kind !== "ClusterSecretStore") throw new Error(JSON.stringify(checked));
  return toRegistration("c", { kind: "ExternalSecret", manifest: checked.value }, { main: store, data: [], dataFrom: [] }, defaults);
}

describe("a registration's sources", () => {
  it("leave out what ESO takes for its default", () => {
    const rest = `  data:
  - secretKey: a
    remoteRef: { key: k, property: "", version: "", conversionStrategy: "", decodingStrategy: None, metadataPolicy: "", nullBytePolicy: Ignore }
  dataFrom:
  - extract: { key: k, conversionStrategy: Default }
    rewrite: []`;

    expect(registered(rest)).toMatchObject({
      data: [{ secretKey: "a", remoteRef: { key: "k" } }],
      dataFrom: [{ extract: { key: "k" } }],
    });
    expect(Object.keys(registered(rest).data[0]?.remoteRef ?? {})).toEqual(["key"]);
  });

  it("keep strategies, rewrites and finds", () => {
    const rest = `  dataFrom:
  - extract: { key: k, nullBytePolicy: Fail, decodingStrategy: Auto, conversionStrategy: Unicode, metadataPolicy: Fetch }
    rewrite:
    - regexp: { source: "^a", target: "" }
    - transform: { template: "{{ .value }}" }
    - merge: { strategy: JSON, into: all, priority: [b, a], priorityPolicy: IgnoreNotFound, conflictPolicy: Ignore }
    - merge: { strategy: Extract, priorityPolicy: Strict, conflictPolicy: Error, into: "", priority: [] }
  - find: { path: app/, name: { regexp: "x$" }, tags: { b: "2", a: "1" }, decodingStrategy: Base64 }
  - find: { name: {} }`;

    expect(registered(rest).dataFrom).toEqual([
      {
        extract: { key: "k", metadataPolicy: "Fetch", conversionStrategy: "Unicode", decodingStrategy: "Auto", nullBytePolicy: "Fail" },
        rewrite: [
          { regexp: { source: "^a", target: "" } },
          { transform: { template: "{{ .value }}" } },
          {
            merge: { into: "all", priority: ["b", "a"], priorityPolicy: "IgnoreNotFound", conflictPolicy: "Ignore", strategy: "JSON" },
          },
          { merge: {} },
        ],
      },
      { find: { path: "app/", nameRegexp: "x$", tags: { a: "1", b: "2" }, decodingStrategy: "Base64" } },
      { find: { nameRegexp: "" } },
    ]);
  });

  it("keep a store's retrySettings, and only what they say", () => {
    const storeOf = (settings: string) => {
      const text = storeFile().text.replace("spec: {", `spec: { retrySettings: ${settings},`);
      const { config } = resolveConfig(
        [{ path: "apps/store.yaml", text }, clusterFile(), secretFile("  data: [{ secretKey: a, remoteRef: { key: k } }]")],
        defaults,
      );
      return config?.registrations[0]?.store;
    };

    expect(storeOf("{ maxRetries: 5, retryInterval: 10s }")).toMatchObject({ retry: { maxRetries: 5, intervalMs: 10_000 } });
    expect(storeOf("{ maxRetries: 0 }")).toMatchObject({ retry: { maxRetries: 0 } });
    expect(storeOf("{}")).not.toHaveProperty("retry");
  });

  it("are the same in v1beta1", () => {
    const v1 = [clusterFile(), storeFile(), secretFile()];
    const v1beta1 = v1.map((file) => ({ ...file, text: file.text.replace("external-secrets.io/v1", "external-secrets.io/v1beta1") }));

    expect(resolveConfig(v1beta1, defaults)).toEqual(resolveConfig(v1, defaults));
  });
});
