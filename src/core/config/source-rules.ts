/** ESO's refusals of what an entry of data or dataFrom reads, and of its rewrite; regular expressions are compiled here, so that a broken one is seen at its place. */
import { compileGoRegexp } from "../text/go-regexp.ts";
import { formatPath, valueAt } from "./check.ts";
import type { FieldPath, Finding } from "./parse.ts";

/** An element of a list, and its place in the manifest. */
interface Element {
  readonly value: unknown;
  readonly path: FieldPath;
}

/** All refusals that concern the entries of an ExternalSecret, whose spec lies at `at`. Reads raw values, so that they speak up beside mistakes of shape. */
export function checkSourceRules(manifest: unknown, at: FieldPath): readonly Finding[] {
  const spec = { value: valueAt(manifest, at), path: at };
  const dataFrom = elementsOf(spec, "dataFrom");
  return [
    ...dataFrom.flatMap((entry) => [...sourceCount(entry), ...findWithoutOperator(entry), ...brokenName(entry), ...checkRewrite(entry)]),
    ...[...elementsOf(spec, "data"), ...dataFrom].flatMap(sourceRefWithoutSource),
  ];
}

function elementsOf({ value, path }: Element, field: string): readonly Element[] {
  const list = valueAt(value, [field]);
  return Array.isArray(list) ? list.map((element: unknown, index) => ({ value: element, path: [...path, field, index] })) : [];
}

function isGiven(value: unknown, path: FieldPath): boolean {
  return (valueAt(value, path) ?? undefined) !== undefined;
}

/** `extract`, `find` and `generatorRef` exclude each other, and one of them is needed. */
function sourceCount({ value, path }: Element): readonly Finding[] {
  const sources = ["extract", "find"].filter((source) => isGiven(value, [source]));
  if (isGiven(value, ["sourceRef", "generatorRef"])) sources.push("sourceRef.generatorRef");
  if (sources.length === 1) return [];
  const message = sources.length === 0 ? "has neither extract nor find" : `has ${sources.join(" and ")} at once`;
  return [{ path, message: `${formatPath(path)} ${message}`, hint: "each entry needs exactly one source" }];
}

function sourceRefWithoutSource({ value, path }: Element): readonly Finding[] {
  if (!isGiven(value, ["sourceRef"])) return [];
  const given = ["storeRef", "generatorRef"].filter((source) => isGiven(value, ["sourceRef", source]));
  if (given.length === 1) return [];
  const message = given.length === 0 ? "has neither storeRef nor generatorRef" : "has storeRef and generatorRef at once";
  return [{ path: [...path, "sourceRef"], message: `${formatPath(path)}.sourceRef ${message}`, hint: "give one of the two", at: "key" }];
}

/** ESO answers such a find with an error at every refresh. */
function findWithoutOperator({ value, path }: Element): readonly Finding[] {
  if (!isGiven(value, ["find"]) || isGiven(value, ["find", "name"])) return [];
  const tags = valueAt(value, ["find", "tags"]);
  if (typeof tags === "object" && tags !== null && Object.keys(tags).length > 0) return [];
  return [
    {
      path: [...path, "find"],
      message: `${formatPath(path)}.find has neither name nor tags`,
      hint: "a path alone finds nothing",
      at: "key",
    },
  ];
}

function brokenName(entry: Element): readonly Finding[] {
  return brokenRegexp(entry, ["find", "name", "regexp"]);
}

function brokenRegexp({ value, path }: Element, field: readonly string[]): readonly Finding[] {
  const pattern = valueAt(value, field);
  if (typeof pattern !== "string") return [];
  const compiled = compileGoRegexp(pattern);
  if (compiled.kind === "compiled") return [];
  const place = compiled.offset === undefined ? "" : ` at character ${compiled.offset + 1}`;
  return [
    {
      path: [...path, ...field],
      message: `${formatPath([...path, ...field])} is no regular expression: ${compiled.what}${place}`,
      hint: "the syntax is that of Go (RE2)",
    },
  ];
}

const OPERATIONS = ["regexp", "transform", "merge"];

function checkRewrite(entry: Element): readonly Finding[] {
  return elementsOf(entry, "rewrite").flatMap((operation) => [
    ...operationCount(operation),
    ...brokenRegexp(operation, ["regexp", "source"]),
    ...mergeWithoutInto(operation),
  ]);
}

function operationCount({ value, path }: Element): readonly Finding[] {
  const given = OPERATIONS.filter((operation) => isGiven(value, [operation]));
  if (given.length === 1) return [];
  const message = given.length === 0 ? "has no operation" : `has ${given.join(" and ")} at once`;
  return [{ path, message: `${formatPath(path)} ${message}`, hint: "each rewrite is one of regexp, transform and merge" }];
}

/** ESO fails at every refresh. */
function mergeWithoutInto({ value, path }: Element): readonly Finding[] {
  if (valueAt(value, ["merge", "strategy"]) !== "JSON" || valueAt(value, ["merge", "into"])) return [];
  const message = `${formatPath(path)}.merge has strategy JSON, but no into`;
  return [{ path: [...path, "merge"], message, hint: "into names the key that holds the merged object", at: "key" }];
}
