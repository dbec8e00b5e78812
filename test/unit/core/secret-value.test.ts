/** A secret value shows itself only where it is asked to by name. */
/* oxlint-disable typescript/restrict-template-expressions -- implicit conversion is what is tested here */
import { inspect } from "node:util";
import { describe, expect, it } from "@jest/globals";
import { SecretValue } from "../../../src/core/secret-value.ts";

const CANARY = "canary-7f3a";
const value = new SecretValue(CANARY);

describe("SecretValue", () => {
  it.each([
    { name: "String()", shown: String(value) },
    { name: "template text", shown: `${value}` },
    { name: "concatenation", shown: "" + value },
    { name: "JSON", shown: JSON.stringify({ value }) },
    { name: "inspect", shown: inspect({ nested: { value } }, { depth: null, showHidden: true }) },
    { name: "an error's message", shown: new Error(`failed with ${value}`).message },
  ])("shows nothing by $name", ({ shown }) => {
    expect(shown).toContain("[secret]");
    expect(shown).not.toContain(CANARY);
  });

  it("gives bytes and text when asked by name", () => {
    expect(value.exposeText()).toBe(CANARY);
    expect(new SecretValue(new Uint8Array([0, 255])).expose()).toEqual(new Uint8Array([0, 255]));
  });
});
