/** Compares a document with the schema of its kind and says each mistake in our own words. */
import * as z from "zod/mini";
import { NAME_SEPARATOR, NOT_YET } from "./fields.ts";
import { didYouMean } from "./nearest.ts";
import type { FieldPath, Finding } from "./parse.ts";

/** The typed value, or all that is wrong with it. */
export type Checked<T> = { readonly value: T } | { readonly findings: readonly Finding[] };

/** Validates a value; unknown fields, missing ones and those not built yet are all named. */
export function check<T>(schema: z.ZodMiniType<T>, value: unknown): Checked<T> {
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data };
  return { findings: result.error.issues.flatMap((issue) => describeIssue(issue, value)) };
}

/** Writes a path as people say it: `spec.data[1].remoteRef`. */
export function formatPath(path: FieldPath): string {
  return path.map((step, index) => (typeof step === "number" ? `[${step}]` : `${index === 0 ? "" : "."}${String(step)}`)).join("");
}

/** What a value holds at a path; undefined where the path does not exist. */
export function valueAt(value: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>(
    (at, step) =>
      typeof at === "object" && at !== null && Object.hasOwn(at, step) ? (at as Record<PropertyKey, unknown>)[step] : undefined,
    value,
  );
}

function describeIssue(issue: z.core.$ZodIssue, whole: unknown): readonly Finding[] {
  const path = issue.path;
  const name = path.length === 0 ? "the document" : formatPath(path);
  if (issue.message === NOT_YET) {
    const value = valueAt(whole, path);
    const shown = typeof value === "string" && issue.code === "invalid_value" ? ` ${value}` : "";
    const hint = issue.code === "invalid_value" ? `supported: ${issue.values.map(String).join(", ")}` : undefined;
    return [{ path, message: `${name}${shown} is ${NOT_YET}`, hint, at: issue.code === "invalid_value" ? "value" : "key" }];
  }
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = issue.message.split(NAME_SEPARATOR);
      return issue.keys.map((key) => {
        const field: FieldPath = [...path, key];
        return { path: field, message: `unknown field ${formatPath(field)}`, hint: didYouMean(key, known), at: "key" as const };
      });
    }
    case "invalid_type": {
      const value = valueAt(whole, path);
      if (value === undefined || value === null) return [{ path, message: `${name} is required`, at: "key" }];
      return [{ path, message: `${name} must be ${article(issue.expected)}`, hint: quoteHint(issue.expected, value) }];
    }
    case "invalid_value": {
      const value = valueAt(whole, path);
      const allowed = issue.values.map(String).filter((text) => text !== "");
      if (value === undefined || value === null)
        return [{ path, message: `${name} is required`, hint: `allowed: ${allowed.join(", ")}`, at: "key" }];
      const near = typeof value === "string" ? didYouMean(value, allowed) : undefined;
      return [{ path, message: `${name} must be one of ${allowed.join(", ")}`, hint: near?.startsWith("did") ? near : undefined }];
    }
    case "invalid_key":
      return [{ path, message: `${name} is no valid label or annotation name`, hint: "write it like app or example.com/app", at: "key" }];
    default:
      return [{ path, message: `${name}: ${issue.message}` }];
  }
}

function article(expected: string): string {
  const words: Readonly<Record<string, string>> = { object: "a mapping", record: "a mapping", array: "a list", int: "a whole number" };
  return words[expected] ?? `a ${expected}`;
}

function quoteHint(expected: string, value: unknown): string | undefined {
  return expected === "string" && (typeof value === "number" || typeof value === "boolean") ? "put it in quotes" : undefined;
}
