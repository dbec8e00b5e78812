/** The values file of `render`: what stores and cluster hold, as far as a render may know. Its lines are never quoted: they hold secrets. */
import * as z from "zod/mini";
import { check } from "../core/config/check.ts";
import { type Diagnostic, type SourceFile, sortDiagnostics } from "../core/config/diagnostics.ts";
import { closed, filled } from "../core/config/fields.ts";
import { didYouMean } from "../core/config/nearest.ts";
import { type FieldPath, type Finding, parseFile, type SourceDocument } from "../core/config/parse.ts";
import type { ProviderKind } from "../core/model.ts";

/** One version of a remote secret. */
export interface WorldVersion {
  readonly id: string;
  readonly stages: readonly string[];
  readonly value: Uint8Array;
}

/** What FILE says there is; whatever it does not name is proven to be absent. */
export interface World {
  /** By provider and remote key. */
  readonly remote: ReadonlyMap<ProviderKind, ReadonlyMap<string, readonly WorldVersion[]>>;
  /** By provider and remote key; of what `remote` names, those that have any. */
  readonly tags: ReadonlyMap<ProviderKind, ReadonlyMap<string, Readonly<Record<string, string>>>>;
  /** The target cluster's Secrets: `namespace/name` to key to text. */
  readonly secrets: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** The target cluster's ConfigMaps, as `secrets`. */
  readonly configMaps: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** The target cluster's namespaces with their labels. */
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** The version that a value without versions is. */
const ONLY_VERSION = "current";
const CURRENT = "AWSCURRENT";

const text = z.string("this must be a text; put it in quotes");
const base64 = text.check(z.refine(isBase64, "this is no base64"));
const content = { value: z.optional(text), binary: z.optional(base64) };
const texts = z.record(z.string(), text);

const versionSchema = closed({
  // Parameter Store counts its versions.
  id: z.union([filled, z.int()], { error: "this must be a text or a whole number" }),
  stages: z.nullish(z.array(filled)),
  // As Parameter Store calls them.
  labels: z.nullish(z.array(filled)),
  ...content,
});
const entrySchema = closed({ ...content, tags: z.nullish(texts), versions: z.nullish(z.array(versionSchema)) });

type Version = z.infer<typeof versionSchema>;
type Entry = z.infer<typeof entrySchema>;

const SECTIONS = ["SecretsManager", "ParameterStore", "configMaps", "secrets", "namespaces"] as const;
const PROVIDERS: readonly ProviderKind[] = ["SecretsManager", "ParameterStore"];

/** Reads the file's text, YAML or JSON; an empty one is an empty world. All mistakes are given at once. */
export function readWorld(file: SourceFile): { readonly world: World } | { readonly diagnostics: readonly Diagnostic[] } {
  const parsed = parseFile(file, () => false);
  const [document, second] = parsed.documents;
  const findings: Finding[] = [];
  const world = document === undefined ? EMPTY : readDocument(document.value, findings);
  const diagnostics = [
    ...parsed.diagnostics,
    ...(second === undefined ? [] : [second.locate({ path: [], message: "a values file has one document", hint: "join the two" })]),
    ...findings.flatMap((finding) => (document === undefined ? [] : [document.locate(finding)])),
  ];
  return diagnostics.length > 0 ? { diagnostics: withoutLines(diagnostics) } : { world };
}

const EMPTY: World = { remote: new Map(), tags: new Map(), secrets: new Map(), configMaps: new Map(), namespaces: new Map() };

function withoutLines(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return sortDiagnostics(diagnostics).map((diagnostic) => ({ ...diagnostic, lineText: "" }));
}

function readDocument(value: SourceDocument["value"], findings: Finding[]): World {
  for (const [name, , path] of entries(value, [], findings)) {
    if (!SECTIONS.some((known) => known === name)) {
      findings.push({ path, message: `unknown field ${name}`, hint: didYouMean(name, SECTIONS), at: "key" });
    }
  }
  const section = (name: (typeof SECTIONS)[number]) => {
    const given = isMapping(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    return entries(given ?? {}, [name], findings);
  };
  const stores = PROVIDERS.map((provider) => ({
    provider,
    entries: section(provider).map(([key, entry, path]) => ({ key, ...readEntry(provider, entry, path, findings) })),
  }));
  const remote = new Map(
    stores.map((one) => [one.provider, new Map(one.entries.map(({ key, versions }) => [key, versions] as const))] as const),
  );
  const tags = new Map(
    stores.map(
      (one) => [one.provider, new Map(one.entries.flatMap((entry) => (entry.tags ? [[entry.key, entry.tags] as const] : [])))] as const,
    ),
  );
  const textsOf = (name: "configMaps" | "secrets") =>
    new Map(
      section(name).map(([key, held, path]) => {
        if (!/^[^/]+\/[^/]+$/.test(key)) findings.push({ path, message: `${name} names each by namespace/name, not ${key}`, at: "key" });
        return [key, new Map(Object.entries(checked(texts, held ?? {}, path, findings) ?? {}))] as const;
      }),
    );
  const namespaces = new Map(
    section("namespaces").map(([name, labels, path]) => [name, checked(texts, labels ?? {}, path, findings) ?? {}] as const),
  );
  return { remote, tags, secrets: textsOf("secrets"), configMaps: textsOf("configMaps"), namespaces };
}

interface WorldEntry {
  readonly versions: readonly WorldVersion[];
  readonly tags?: Readonly<Record<string, string>> | null | undefined;
}

/** A remote secret's versions; a value of its own is the current one. */
function readEntry(provider: ProviderKind, value: unknown, path: FieldPath, findings: Finding[]): WorldEntry {
  if (typeof value === "string") return { versions: versionsOf(provider, { value }, path, findings) };
  if (!isMapping(value)) {
    findings.push({
      path,
      message: `${place(path)} must be a text or a mapping`,
      ...(value === null || Array.isArray(value) ? {} : { hint: "put it in quotes" }),
    });
    return { versions: [] };
  }
  const entry = checked(entrySchema, value, path, findings);
  if (entry === undefined) return { versions: [] };
  return { versions: versionsOf(provider, entry, path, findings), tags: entry.tags };
}

function versionsOf(provider: ProviderKind, entry: Entry, path: FieldPath, findings: Finding[]): readonly WorldVersion[] {
  const listed = (entry.versions ?? []).map((version, index) => ({ version, at: [...path, "versions", index] as FieldPath }));
  const own = provider === "SecretsManager" ? ownVersion(entry) : ownParameter(entry);
  if (own === undefined && entry.versions == null) {
    findings.push({ path, message: `${place(path)} needs a value, binary or versions`, at: "key" });
  }
  const isListed = own !== undefined && listed.some(({ version }) => isSameCurrent(version, own));
  const all = own === undefined || isListed ? listed : [{ version: own, at: path }, ...listed];
  const ids = new Set<string>();
  const stages = new Set<string>();
  for (const { version, at } of all) {
    if ((version.value === undefined) === (version.binary === undefined)) {
      findings.push({ path: at, message: `${place(at)} needs exactly one of value and binary`, at: "key" });
    }
    if (ids.has(String(version.id))) findings.push({ path: [...at, "id"], message: `${place(at)}: id ${version.id} is given twice` });
    ids.add(String(version.id));
    for (const stage of stagesOf(version)) {
      if (stages.has(stage)) findings.push({ path: at, message: `${place(at)}: stage ${stage} is on another version already`, at: "key" });
      stages.add(stage);
    }
  }
  return all.map(({ version }) => toVersion(version));
}

function ownVersion({ value, binary }: Pick<Entry, "value" | "binary">): Version | undefined {
  if (value === undefined && binary === undefined) return undefined;
  return { id: ONLY_VERSION, stages: [CURRENT], ...(value === undefined ? {} : { value }), ...(binary === undefined ? {} : { binary }) };
}

/** Parameter Store counts its versions, and a new one has no label. */
function ownParameter({ value, binary, versions }: Entry): Version | undefined {
  const last = Math.max(0, ...(versions ?? []).map(({ id }) => Number(id)).filter(Number.isSafeInteger));
  const own = ownVersion({ value, binary });
  return own === undefined ? undefined : { ...own, id: last + 1, stages: [] };
}

function stagesOf({ stages, labels }: Version): readonly string[] {
  return [...(stages ?? []), ...(labels ?? [])];
}

/** The value of the entry may be listed among its versions once more. */
function isSameCurrent(version: Version, own: Version): boolean {
  return version.stages?.includes(CURRENT) === true && Buffer.from(toVersion(version).value).equals(toVersion(own).value);
}

function toVersion(version: Version): WorldVersion {
  const { value, binary } = version;
  const bytes = value === undefined ? Buffer.from(binary ?? "", "base64") : Buffer.from(value, "utf8");
  return { id: String(version.id), stages: stagesOf(version), value: new Uint8Array(bytes) };
}

/** Validates a part; its findings are placed below `path`. */
function checked<T>(schema: z.ZodMiniType<T>, value: unknown, path: FieldPath, findings: Finding[]): T | undefined {
  const result = check(schema, value);
  if ("value" in result) return result.value;
  findings.push(
    ...result.findings.map((finding) => ({
      ...finding,
      path: [...path, ...finding.path],
      message: `${place(path)}: ${finding.message.replace(/^the document /, "this ")}`,
    })),
  );
  return undefined;
}

function entries(value: unknown, path: FieldPath, findings: Finding[]): readonly (readonly [string, unknown, FieldPath])[] {
  if (isMapping(value)) return Object.entries(value).map(([key, held]) => [key, held, [...path, key]] as const);
  findings.push({ path, message: `${path.length === 0 ? "the document" : place(path)} must be a mapping` });
  return [];
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `SecretsManager["shop/db"].versions[0]`: remote keys hold dots and slashes. */
function place([section, key, ...rest]: FieldPath): string {
  const below = rest.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("");
  return `${String(section)}${key === undefined ? "" : `[${JSON.stringify(key)}]`}${below}`;
}

function isBase64(encoded: string): boolean {
  const compact = encoded.replace(/\s/g, "");
  return Buffer.from(compact, "base64").toString("base64") === compact;
}
