/** The modifiers that gjson has; any other `@name` is an ordinary key (`@type` of JSON-LD). */
export const MODIFIER_NAMES: ReadonlySet<string> = new Set([
  "pretty",
  "ugly",
  "reverse",
  "this",
  "flatten",
  "join",
  "valid",
  "keys",
  "values",
  "tostr",
  "fromstr",
  "group",
  "dig",
]);
