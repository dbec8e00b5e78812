/** What is wrong with templates as far as the manifest tells: versions and targets that are refused, and texts that do not parse. */
import { parseTemplate } from "../template/parser.ts";
import { isTemplateError, type TemplateError } from "../template/template-error.ts";
import { formatPath, valueAt } from "./check.ts";
import type { FieldPath, Finding } from "./parse.ts";
import type { TextPlace } from "./scalar-place.ts";

const SECTIONS = ["data", "labels", "annotations"];
const SERVICE_ACCOUNT_TOKEN = "kubernetes.io/service-account-token";

/**
 * All findings about an ExternalSecret's templates; its spec lies at `spec`. Reads raw values, so that they speak up beside mistakes of
 * shape.
 */
export function checkTemplates(manifest: unknown, spec: FieldPath): readonly Finding[] {
  const template = [...spec, "target", "template"];
  const type = valueAt(manifest, [...template, "type"]);
  return [
    ...engineVersion(manifest, [...template, "engineVersion"]),
    ...indexes(manifest, [...template, "templateFrom"]).flatMap((path) => [
      ...wrongTarget(manifest, path),
      ...mintsTokens(manifest, type, path),
    ]),
    ...keysAt(manifest, [...template, "data"]).flatMap((key) => wrongKey(key, [...template, "data", key])),
    ...templatePaths(manifest, spec).flatMap((path) => brokenTemplate(manifest, path)),
  ];
}

function engineVersion(manifest: unknown, path: FieldPath): readonly Finding[] {
  const version = valueAt(manifest, path);
  if (typeof version !== "string" || version === "v2") return [];
  const hint =
    version === "v1" ? "ESO has dropped v1 too: write v2, and {{ .key }} where v1 has {{ .key | toString }}" : "v2 is the only engine";
  return [{ path, message: `engineVersion ${version} is not supported`, hint }];
}

function wrongTarget(manifest: unknown, entry: FieldPath): readonly Finding[] {
  const path = [...entry, "target"];
  const target = valueAt(manifest, path);
  if (typeof target !== "string" || SECTIONS.includes(target.toLowerCase())) return [];
  return [{ path, message: `${formatPath(path)} must be one of Data, Labels, Annotations`, hint: "a Secret has no other field to fill" }];
}

function wrongKey(key: string, path: FieldPath): readonly Finding[] {
  if (/^[-._a-zA-Z0-9]{1,253}$/.test(key)) return [];
  return [
    { path, message: `${formatPath(path)} is no valid key`, hint: "a key is letters, digits, '-', '_' and '.', at most 253", at: "key" },
  ];
}

/** As ESO: what a templateFrom makes is not known before it is rendered. */
function mintsTokens(manifest: unknown, type: unknown, entry: FieldPath): readonly Finding[] {
  const target = valueAt(manifest, [...entry, "target"]);
  if (type !== SERVICE_ACCOUNT_TOKEN || typeof target !== "string" || target.toLowerCase() !== "annotations") return [];
  const message = `template.type ${type} with a templateFrom into Annotations is refused`;
  return [{ path: [...entry, "target"], message, hint: "it could mint a token of a service account" }];
}

function templatePaths(manifest: unknown, spec: FieldPath): readonly FieldPath[] {
  const template = [...spec, "target", "template"];
  const maps = [["data"], ["metadata", "labels"], ["metadata", "annotations"]].map((path) => [...template, ...path]);
  const rewrites = indexes(manifest, [...spec, "dataFrom"]).flatMap((entry) => indexes(manifest, [...entry, "rewrite"]));
  return [
    ...maps.flatMap((path) => keysAt(manifest, path).map((key) => [...path, key])),
    ...indexes(manifest, [...template, "templateFrom"]).map((path) => [...path, "literal"]),
    ...rewrites.map((path) => [...path, "transform", "template"]),
  ];
}

function brokenTemplate(manifest: unknown, path: FieldPath): readonly Finding[] {
  const text = valueAt(manifest, path);
  if (typeof text !== "string") return [];
  try {
    parseTemplate("manifest", text);
    return [];
  } catch (error) {
    if (!isTemplateError(error)) throw error;
    return [{ path, message: `${formatPath(path)} is no template: ${error.phrase}`, within: placeIn(text, error) }];
  }
}

/** A template's columns count bytes. */
function placeIn(text: string, { line = 1, column = 1 }: TemplateError): TextPlace {
  const before = Buffer.from(text.split("\n")[line - 1] ?? "").subarray(0, column - 1);
  return { line, column: before.toString().length + 1 };
}

function indexes(manifest: unknown, path: FieldPath): readonly FieldPath[] {
  const list = valueAt(manifest, path);
  return Array.isArray(list) ? list.map((_, index) => [...path, index]) : [];
}

function keysAt(manifest: unknown, path: FieldPath): readonly string[] {
  const map = valueAt(manifest, path);
  return typeof map === "object" && map !== null && !Array.isArray(map) ? Object.keys(map) : [];
}
