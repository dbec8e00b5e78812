/** The error table: each code documented, each message free of foreign text. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { ERRORS, type ErrorCode, isRelayError, RelayError } from "../../../src/core/errors.ts";

describe("ERRORS", () => {
  it("has one heading in docs/errors.md for each code, and none besides", () => {
    const headings = readFileSync("docs/errors.md", "utf8")
      .split("\n")
      .flatMap((line) => /^## (.+)$/.exec(line)?.slice(1) ?? []);

    expect(headings).toEqual(Object.keys(ERRORS).toSorted());
  });

  it.each(Object.keys(ERRORS) as ErrorCode[])("%s carries its code, policy and advice", (code) => {
    const error = new RelayError(code, "tokyo/app-shop/db", { detail: "spec.data[1]" });

    expect(isRelayError(error)).toBe(true);
    expect(error).toMatchObject({
      code,
      policy: ERRORS[code].policy,
      message: `${code}: tokyo/app-shop/db: spec.data[1] (${ERRORS[code].help})`,
    });
    expect(error.cause).toBeUndefined();
  });
});
