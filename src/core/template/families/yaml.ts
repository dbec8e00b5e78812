/** ESO's toYaml and fromYaml. */
import { type CallContext, type FunctionTable, fixed } from "../function-table.ts";
import { map, type Value } from "../go/values.ts";
import { FunctionFault } from "../template-error.ts";
import { printYaml } from "./yaml-emit.ts";
import { parseYaml, YAML_FAULT } from "./yaml-parse.ts";

function fromYaml(context: CallContext, text: string): Value {
  try {
    const value = parseYaml(context, text);
    if (value === null) return map();
    if (typeof value === "object" && value.kind === "map") return value;
  } catch (error) {
    if (!(error instanceof FunctionFault)) throw error;
  }
  return map([["Error", YAML_FAULT]]);
}

export const YAML_FUNCTIONS: FunctionTable = Object.freeze({
  toYaml: fixed(["any"], (context, value) => {
    try {
      return printYaml(context, value);
    } catch (error) {
      if (error instanceof FunctionFault) return "";
      throw error;
    }
  }),
  fromYaml: fixed(["string"], fromYaml),
});
