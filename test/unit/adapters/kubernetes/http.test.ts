/** How answers of an API server become our errors, without its text. */
import { describe, expect, it } from "@jest/globals";
import { errorOf, type HttpCall, isStale, METADATA_ONLY } from "../../../../src/adapters/kubernetes/http.ts";

const CALL: HttpCall = { operation: "apply", method: "PATCH", path: "/", accept: METADATA_ONLY, subject: "app/db" };
const causes = (...list: readonly object[]) => ({ reason: "Conflict", message: "canary", details: { causes: list } });

describe("errorOf", () => {
  it.each([
    [401, {}, "ClusterUnauthorized"],
    [403, {}, "Forbidden"],
    [404, {}, "NamespaceMissing"],
    [409, causes({ reason: "FieldManagerConflict" }), "TargetConflict"],
    [413, {}, "TargetInvalid"],
    [422, causes({ message: "canary: field is immutable when `immutable` is set" }), "TargetImmutable"],
    [422, causes({ message: "canary" }), "TargetInvalid"],
    [429, {}, "ClusterThrottled"],
    [500, undefined, "ClusterUnreachable"],
    [503, null, "ClusterUnreachable"],
  ])("classifies %i", (status, body, code) => {
    const error = errorOf(CALL, { status, body });
    expect(error).toMatchObject({ code, remote: { status } });
    expect(error.message).not.toContain("canary");
  });

  it("keeps only reasons that it knows", () => {
    expect(errorOf(CALL, { status: 403, body: { reason: "canary" } }).remote?.reason).toBeUndefined();
  });
});

describe("isStale", () => {
  it.each([
    [409, {}, true],
    [409, causes({ reason: "FieldManagerConflict" }), false],
    [422, causes({ field: "metadata.uid" }), true],
    [422, causes({ field: "data" }), false],
  ])("tells for %i", (status, body, stale) => {
    expect(isStale({ status, body })).toBe(stale);
  });
});
