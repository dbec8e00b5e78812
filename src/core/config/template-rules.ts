/** What is wrong with templates as far as the manifest tells: versions and targets that are refused, and texts that do not parse. */
import { parseTemplate } from "../template/parser.ts";
import { isTemplateError, type TemplateError } from "../template/template-error.ts";
import { formatPath, valueAt } from "./check.ts";
import type { FieldPath, Finding } from "./parse.ts";
import type { TextPlace } from "./scalar-place.ts";

const TEMPLATE: FieldPath = ["spec", "target", "template"];
const SECTIONS = ["data", "labels", "annotations"];
const SERVICE_ACCOUNT_TOKEN = "kubernetes.io/service-account-token";

/** All findings about an ExternalSecret's templates. Reads raw values, so that they speak up beside mistakes of shape. */
export function checkTemplates(manifest: unknown): readonly Finding[] {
  return [
    ...engineVersion(manifest),
    ...indexes(manifest, [...TEMPLATE, "templateFrom"]).flatMap((path) => [...wrongTarget(manifest, path), ...mintsTokens(manifest, path)]),
    ...keysAt(manifest, [...TEMPLATE, "data"]).flatMap(wrongKey),
    ...templatePaths(manifest).flatMap((path) => brokenTemplate(manifest, path)),
  ];
}

function engineVersion(manifest: unknown): readonly Finding[] {
  const path = [...TEMPLATE, "engineVersion"];
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

function wrongKey(key: string): readonly Finding[] {
  if (/^[-._a-zA-Z0-9]{1,253}$/.test(key)) return [];
  const path = [...TEMPLATE, "data", key];
  return [
    { path, message: `${formatPath(path)} is no valid key`, hint: "a key is letters, digits, '-', '_' and '.', at most 253", at: "key" },
  ];
}

/** As ESO: what a templateFrom makes is not known before it is rendered. */
function mintsTokens(manifest: unknown, entry: FieldPath): readonly Finding[] {
  const type = valueAt(manifest, [...TEMPLATE, "type"]);
  const target = valueAt(manifest, [...entry, "target"]);
  if (type !== SERVICE_ACCOUNT_TOKEN || typeof target !== "string" || target.toLowerCase() !== "annotations") return [];
  const message = `template.type ${type} with a templateFrom into Annotations is refused`;
  return [{ path: [...entry, "target"], message, hint: "it could mint a token of a service account" }];
}

function templatePaths(manifest: unknown): readonly FieldPath[] {
  const maps = [["data"], ["metadata", "labels"], ["metadata", "annotations"]].map((path) => [...TEMPLATE, ...path]);
  const rewrites = indexes(manifest, ["spec", "dataFrom"]).flatMap((entry) => indexes(manifest, [...entry, "rewrite"]));
  return [
    ...maps.flatMap((path) => keysAt(manifest, path).map((key) => [...path, key])),
    ...indexes(manifest, [...TEMPLATE, "templateFrom"]).map((path) => [...path, "literal"]),
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
