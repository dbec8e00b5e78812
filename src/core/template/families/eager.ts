/** The families that cost nothing to have: every template may use them. */
import type { FunctionTable } from "../function-table.ts";
import { BUILTINS } from "./builtins.ts";
import { DATES } from "./dates.ts";
import { DICTS } from "./dicts.ts";
import { ENCODING } from "./encoding.ts";
import { JSON_FUNCTIONS } from "./json.ts";
import { LISTS } from "./lists.ts";
import { MATH } from "./math.ts";
import { REFLECTION } from "./reflection.ts";
import { STRINGS } from "./strings.ts";
import { URLS } from "./urls.ts";
import { UUIDS } from "./uuids.ts";

// Later ones win: sprig's `slice` hides text/template's own, as in ESO.
export const EAGER_FUNCTIONS: FunctionTable = Object.freeze({
  ...BUILTINS,
  ...STRINGS,
  ...LISTS,
  ...DICTS,
  ...MATH,
  ...DATES,
  ...ENCODING,
  ...JSON_FUNCTIONS,
  ...REFLECTION,
  ...UUIDS,
  ...URLS,
});
