/** The small parts of config: globs, durations, nearest names, and the diff. */
import { describe, expect, it } from "@jest/globals";
import { canonicalJson, diffRegistrations } from "../../../../src/core/config/diff.ts";
import { parseDuration } from "../../../../src/core/config/duration.ts";
import { matchesGlob, nearestPath } from "../../../../src/core/config/glob.ts";
import { nearest } from "../../../../src/core/config/nearest.ts";
import { resolveManifests } from "../../../../src/core/config/resolve-manifests.ts";
import type { Registration, RegistrationSpec } from "../../../../src/core/model.ts";
import { defaults, secretFile, storeFile } from "./gen.ts";

describe("matchesGlob", () => {
  it.each([
    ["apps/**/*.yaml", "apps/a.yaml", true],
    ["apps/**/*.yaml", "apps/b/c/a.yaml", true],
    ["apps/*.yaml", "apps/b/a.yaml", false],
    ["apps/**", "apps/b/a.json", true],
    ["./apps/?.{yaml,yml}", "apps/a.yml", true],
    ["apps/?.{yaml,yml}", "apps/ab.yml", false],
    ["a.b", "axb", false],
    ["app-*", "app-shop", true],
    ["app-*", "my-app-shop", false],
    ["a{b", "ab", true],
    ["a(b", "a(b", true],
  ])("tells whether %s matches %s: %s", (glob, text, want) => {
    expect(matchesGlob(glob, text)).toBe(want);
  });
});

describe("nearestPath", () => {
  it.each([
    ["aps/**/*.yaml", "apps/a/b.yaml"],
    ["./clusers/*.yaml", "clusters/tokyo.yaml"],
    ["apps/{x,y}/*.yml", "apps/a/b.yaml"],
    ["apps/sto.yaml", "apps/store.yaml"],
  ])("takes the glob %s for %s", (glob, want) => {
    expect(nearestPath(glob, ["apps/a/b.yaml", "apps/store.yaml", "clusters/tokyo.yaml"])).toBe(want);
  });

  it("has no path where there is none", () => {
    expect(nearestPath("apps/*.yaml", [])).toBeUndefined();
  });
});

describe("parseDuration", () => {
  it.each([
    ["1h", 3_600_000],
    ["1h30m", 5_400_000],
    ["1.5h", 5_400_000],
    ["90s", 90_000],
    ["0", 0],
    ["0s", 0],
    ["-1h", 0],
    ["1ns", 1],
    ["300ms", 300],
    ["1d", undefined],
    ["1 h", undefined],
    ["", undefined],
    ["5", undefined],
  ])("reads %s as %s ms", (text, want) => {
    expect(parseDuration(text)).toBe(want);
  });
});

describe("nearest", () => {
  it.each([
    ["secretkey", "secretKey"],
    ["remoteref", "remoteRef"],
    ["zzzzzz", undefined],
  ])("takes %s for %s", (name, want) => {
    expect(nearest(name, ["secretKey", "remoteRef"])).toBe(want);
  });
});

describe("diffRegistrations", () => {
  const spec = (name: string): RegistrationSpec => {
    const [first] = resolveManifests([storeFile(), secretFile(undefined, { name })], defaults, []).manifests;
    if (first?.kind !== "resolved") throw new Error("the builder's manifest is broken");
    return first.spec;
  };
  const registered = (of: RegistrationSpec, phase: Registration["phase"] = "live"): Registration => ({
    id: `/${of.namespace}/${of.name}`,
    generation: 1,
    spec: of,
    phase,
    registeredAt: 0,
    rev: 1,
    applied: {},
    status: { state: "Synced", since: 0, failures: 0 },
  });

  it("sorts into added, changed, removed and unchanged; a tombstone counts as absent", () => {
    const wanted = [spec("same"), { ...spec("moved"), refreshIntervalMs: 1 }, spec("new"), spec("back")];
    const existing = [registered(spec("same")), registered(spec("moved")), registered(spec("gone")), registered(spec("back"), "tombstone")];

    const diff = diffRegistrations(wanted, existing);

    expect(diff.added.map((one) => one.name)).toEqual(["back", "new"]);
    expect(diff.changed.map((one) => one.spec.name)).toEqual(["moved"]);
    expect(diff.removed.map((one) => one.spec.name)).toEqual(["gone"]);
    expect(diff.unchanged.map((one) => one.spec.name)).toEqual(["same"]);
  });

  it("compares without regard to the order of keys", () => {
    expect(canonicalJson({ b: [{ d: 1, c: undefined }], a: 2 })).toBe(canonicalJson({ a: 2, b: [{ d: 1 }] }));
  });
});
