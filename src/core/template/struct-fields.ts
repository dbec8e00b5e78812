/** What templates may read of the structs that sprig's functions give: fields, and the methods without arguments of a version. */
import type { GoStruct, GoTime, Value } from "./go/values.ts";
import { FunctionFault } from "./template-error.ts";

/** @throws FunctionFault for all else: methods of a time are not supported, `date` formats it */
export function fieldOfStruct(receiver: GoStruct | GoTime, name: string, hasArguments: boolean): Value {
  const value = receiver.kind === "struct" ? receiver.fields.get(name) : undefined;
  if (value === undefined) throw new FunctionFault("can't evaluate a field in a value of this type");
  if (hasArguments) throw new FunctionFault("a field has arguments but cannot be invoked as function");
  return value;
}
