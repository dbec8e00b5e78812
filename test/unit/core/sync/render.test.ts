/** Rendering: what is copied, that equal inputs give equal bytes, and that different ones do not. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { RegistrationSpec, TargetTemplate } from "../../../../src/core/model.ts";
import type { SecretManifest } from "../../../../src/core/ports.ts";
import { SecretValue } from "../../../../src/core/secret-value.ts";
import { canonicalBytes, hasDataAlone, renderTarget, secretObject } from "../../../../src/core/sync/render.ts";

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

function specOf(template?: TargetTemplate): RegistrationSpec {
  return {
    cluster: "c",
    namespace: "n",
    name: "r",
    store: { kind: "SecretStore", name: "s", provider: "SecretsManager", account: "1", region: "r" },
    refreshPolicy: "Periodic",
    refreshIntervalMs: 1,
    labels: { z: "own", app: "own" },
    annotations: { note: "own", [LAST_APPLIED]: "{}" },
    target: { name: "t", creationPolicy: "Owner", deletionPolicy: "Retain", template },
    data: [],
    dataFrom: [],
  };
}

const manifestOf = (fields: Partial<SecretManifest>): SecretManifest => ({
  namespace: "n",
  name: "t",
  labels: {},
  annotations: {},
  data: new Map(),
  ...fields,
});
const dataOf = (entries: readonly (readonly [string, string])[]) => new Map(entries.map(([key, value]) => [key, new SecretValue(value)]));

describe("renderTarget", () => {
  it("copies labels and annotations without a template, but never kubectl's own", () => {
    const manifest = renderTarget(specOf(), new Map());

    expect(manifest).toEqual({
      namespace: "n",
      name: "t",
      labels: { app: "own", z: "own" },
      annotations: { note: "own" },
      data: new Map(),
    });
  });

  it("takes type, labels and annotations only from a template where there is one", () => {
    const manifest = renderTarget(specOf({ type: "kubernetes.io/tls", labels: { a: "1" }, annotations: {} }), new Map());

    expect(manifest).toMatchObject({ type: "kubernetes.io/tls", labels: { a: "1" }, annotations: {} });
    expect(manifest.labels).not.toHaveProperty("app");
  });

  it("gives the same bytes for the same labels and annotations, in whatever order the manifest has them", () => {
    const bookkeeping = { labels: { mark: "m", app: "relay" }, annotations: { mark: "m" } };
    const spec = specOf();
    const turned = { ...spec, labels: { app: "own", z: "own" }, annotations: { [LAST_APPLIED]: "{}", note: "own" } };

    expect(JSON.stringify(renderTarget(turned, new Map(), bookkeeping))).toBe(JSON.stringify(renderTarget(spec, new Map(), bookkeeping)));
  });

  it("puts the bookkeeping over the manifest's labels and annotations", () => {
    const manifest = renderTarget(specOf(), new Map(), { labels: { app: "relay" }, annotations: { hash: "h" } });

    expect(manifest.labels).toEqual({ app: "relay", z: "own" });
    expect(manifest.annotations).toEqual({ note: "own", hash: "h" });
  });
});

describe("canonicalBytes", () => {
  const record = fc.dictionary(fc.string({ maxLength: 3 }), fc.string({ maxLength: 3 }));
  const manifests = fc
    .record({ type: fc.option(fc.string({ maxLength: 2 }), { nil: undefined }), labels: record, annotations: record, data: record })
    .map(({ data, ...rest }) => manifestOf({ ...rest, data: dataOf(Object.entries(data)) }));
  const reversed = (manifest: SecretManifest): SecretManifest => ({
    ...manifest,
    labels: Object.fromEntries(Object.entries(manifest.labels).toReversed()),
    annotations: Object.fromEntries(Object.entries(manifest.annotations).toReversed()),
    data: new Map([...manifest.data].toReversed()),
  });

  it("gives equal bytes for equal manifests in any order", () => {
    fc.assert(
      fc.property(manifests, (manifest) => {
        expect(canonicalBytes(reversed(manifest))).toEqual(canonicalBytes(manifest));
      }),
    );
  });

  it("gives equal bytes for two manifests only where their printed objects are equal", () => {
    fc.assert(
      fc.property(manifests, manifests, (one, other) => {
        const equalObjects = JSON.stringify(secretObject(one)) === JSON.stringify(secretObject(other));

        expect(Buffer.from(canonicalBytes(one)).equals(canonicalBytes(other))).toBe(equalObjects);
      }),
    );
  });

  it("gives the bytes of the data alone just where there is nothing else", () => {
    const few = fc.constantFrom<Readonly<Record<string, string>>>({}, {}, {}, { a: "b" });
    const type = fc.constantFrom(undefined, undefined, "", "Opaque");
    const immutable = fc.constantFrom({}, {}, { immutable: true });

    fc.assert(
      fc.property(fc.record({ type, labels: few, annotations: few }), immutable, record, (rest, frozen, data) => {
        const manifest = { ...manifestOf({ ...rest, data: dataOf(Object.entries(data)) }), ...frozen };
        const { namespace, name, data: alone } = manifest;

        const bytes = canonicalBytes({ namespace, name, labels: {}, annotations: {}, data: alone });

        expect(Buffer.from(canonicalBytes(manifest)).equals(bytes)).toBe(hasDataAlone(manifest));
      }),
    );
  });

  it.each([
    { name: "a boundary moves", one: { data: dataOf([["a", "bc"]]) }, other: { data: dataOf([["ab", "c"]]) } },
    { name: "a label becomes an annotation", one: { labels: { a: "b" } }, other: { annotations: { a: "b" } } },
    { name: "an empty type appears", one: {}, other: { type: "" } },
  ])("differs when $name", ({ one, other }) => {
    expect(canonicalBytes(manifestOf(one))).not.toEqual(canonicalBytes(manifestOf(other)));
  });
});

describe("secretObject", () => {
  it("gives a v1 Secret with base64 data and sorted keys", () => {
    const manifest = manifestOf({
      type: "Opaque",
      labels: { z: "1", a: "2" },
      data: dataOf([
        ["z", "1"],
        ["a", "ÿ"],
      ]),
    });

    expect(JSON.stringify(secretObject(manifest))).toBe(
      '{"apiVersion":"v1","data":{"a":"w78=","z":"MQ=="},"kind":"Secret","metadata":{"labels":{"a":"2","z":"1"},"name":"t","namespace":"n"},"type":"Opaque"}',
    );
  });
});
