/** Tells what each document is: one of ours, one of ESO's, or somebody else's and none of our business. */
import { type Checked, check, valueAt } from "./check.ts";
import { checkClusterObjects } from "./cluster-object.ts";
import { checkClusterRules } from "./cluster-rules.ts";
import { type Diagnostic, type SourceFile } from "./diagnostics.ts";
import { NOT_YET } from "./fields.ts";
import { didYouMean, editDistance } from "./nearest.ts";
import { type FieldPath, type Finding, parseFile, type SourceDocument } from "./parse.ts";
import { checkExternalSecretRules } from "./rules.ts";
import {
  type ClusterExternalSecretManifest,
  type ClusterManifest,
  clusterExternalSecretSchema,
  clusterSchema,
  type ExternalSecretManifest,
  externalSecretSchema,
} from "./schema.ts";
import { checkSourceRules } from "./source-rules.ts";
import { type ClusterSecretStoreManifest, clusterSecretStoreSchema, type SecretStoreManifest, secretStoreSchema } from "./store-schema.ts";
import { checkTemplates } from "./template-rules.ts";

/** A document with its typed manifest. */
interface Typed<K extends string, M> {
  readonly kind: K;
  readonly manifest: M;
  readonly source: SourceDocument;
}

export type ClusterDocument = Typed<"Cluster", ClusterManifest>;
export type ExternalSecretDocument = Typed<"ExternalSecret", ExternalSecretManifest>;
export type ClusterExternalSecretDocument = Typed<"ClusterExternalSecret", ClusterExternalSecretManifest>;
export type StoreDocument = Typed<"SecretStore", SecretStoreManifest> | Typed<"ClusterSecretStore", ClusterSecretStoreManifest>;
export type ConfigDocument = ClusterDocument | ExternalSecretDocument | ClusterExternalSecretDocument | StoreDocument;

/** A document of a known kind that can't be used, with all its mistakes. */
export interface RefusedDocument {
  readonly kind: string;
  readonly source: SourceDocument;
  readonly diagnostics: readonly Diagnostic[];
}

/** Everything that the files hold for us; `diagnostics` are the mistakes of syntax, which belong to no document. */
export interface ReadConfig {
  readonly documents: readonly ConfigDocument[];
  readonly refused: readonly RefusedDocument[];
  readonly diagnostics: readonly Diagnostic[];
}

const OURS = "secret-relay.dev";
const ESO = "external-secrets.io";
/** The API group of ESO's generators, of which none is built. */
export const GENERATORS = "generators.external-secrets.io";
const ESO_KINDS = ["ExternalSecret", "ClusterExternalSecret", "SecretStore", "ClusterSecretStore"];
/** Kinds of ESO that are refused by name. */
export const UNBUILT_KINDS = [
  "PushSecret",
  "ClusterPushSecret",
  "ExternalSecretList",
  "ClusterExternalSecretList",
  "SecretStoreList",
  "ClusterSecretStoreList",
];

/** Parses and validates all files; documents of other API groups are left out without a word. */
export function readConfig(files: readonly SourceFile[]): ReadConfig {
  const documents: ConfigDocument[] = [];
  const refused: RefusedDocument[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const file of files) {
    const parsed = parseFile(file, isOfOthers);
    diagnostics.push(...parsed.diagnostics);
    for (const source of parsed.documents) {
      if (isForeign(source.value)) continue;
      const read = readDocument(source);
      if ("manifest" in read) documents.push(read);
      else refused.push({ kind: shown(valueAt(source.value, ["kind"])), source, diagnostics: read.findings.map(source.locate) });
    }
  }
  return { documents, refused, diagnostics };
}

/** Somebody else's document. A group that is ours but for a slip of the keyboard is not: it would be lost in silence. */
function isForeign(value: unknown): boolean {
  const group = groupOf(value);
  if (group === undefined) return true;
  return ![OURS, ESO, GENERATORS].some((known) => editDistance(group, known) <= 2);
}

/** For a document with broken syntax, of which only a part may be readable: only one that says so is somebody else's. */
function isOfOthers(value: unknown): boolean {
  return groupOf(value) !== undefined && isForeign(value);
}

function groupOf(value: unknown): string | undefined {
  const apiVersion = valueAt(value, ["apiVersion"]);
  return typeof apiVersion === "string" ? apiVersion.split("/")[0] : undefined;
}

/** Not every object can be made a string. */
function shown(value: unknown): string {
  return typeof value === "object" && value !== null ? "(an object)" : String(value);
}

function readDocument(source: SourceDocument): ConfigDocument | { readonly findings: readonly Finding[] } {
  const { value } = source;
  const group = groupOf(value);
  const apiVersion = shown(valueAt(value, ["apiVersion"]));
  const kind = shown(valueAt(value, ["kind"]));
  if (group === GENERATORS) return refuseKind(`${kind} of ${apiVersion} is ${NOT_YET}`);
  if (group === ESO) {
    if (UNBUILT_KINDS.includes(kind)) return refuseKind(`kind ${kind} is ${NOT_YET}`);
    if (!ESO_KINDS.includes(kind)) return refuseKind(`unknown kind ${kind} of ${ESO}`, didYouMean(kind, [...ESO_KINDS, ...UNBUILT_KINDS]));
    // v1beta1 differs from v1 only by its name, as far as these kinds are concerned.
    if (apiVersion !== `${ESO}/v1` && apiVersion !== `${ESO}/v1beta1`)
      return refuseVersion(`apiVersion ${apiVersion} is ${NOT_YET}`, `use ${ESO}/v1`);
    if (kind === "ExternalSecret") {
      const checked = check(externalSecretSchema, value);
      return typed("ExternalSecret", withFindings(checked, checkSpec(value, ["spec"])), source);
    }
    if (kind === "ClusterExternalSecret") {
      const checked = check(clusterExternalSecretSchema, value);
      return typed("ClusterExternalSecret", withFindings(checked, checkSpec(value, ["spec", "externalSecretSpec"])), source);
    }
    if (kind === "SecretStore")
      return typed("SecretStore", withFindings(check(secretStoreSchema, value), checkClusterObjects(value)), source);
    return typed("ClusterSecretStore", check(clusterSecretStoreSchema, value), source);
  }
  if (group === OURS) {
    if (kind !== "Cluster") return refuseKind(`unknown kind ${kind} of ${OURS}`, didYouMean(kind, ["Cluster"]));
    if (apiVersion !== `${OURS}/v1alpha1`) return refuseVersion(`unknown apiVersion ${apiVersion}`, `use ${OURS}/v1alpha1`);
    return typed("Cluster", withFindings(check(clusterSchema, value), checkClusterRules(value)), source);
  }
  return refuseVersion(`unknown apiVersion ${apiVersion}`, didYouMean(group ?? "", [OURS, ESO, GENERATORS]));
}

/** What the schema can't say of an ExternalSecret's spec, which lies at `at`. */
function checkSpec(manifest: unknown, at: FieldPath): readonly Finding[] {
  return [...checkExternalSecretRules(manifest, at), ...checkSourceRules(manifest, at), ...checkTemplates(manifest, at)];
}

function typed<K extends string, M>(kind: K, checked: Checked<M>, source: SourceDocument) {
  return "value" in checked ? { kind, manifest: checked.value, source } : checked;
}

function withFindings<T>(checked: Checked<T>, broken: readonly Finding[]): Checked<T> {
  if (broken.length === 0) return checked;
  return { findings: [...("findings" in checked ? checked.findings : []), ...broken] };
}

function refuseKind(message: string, hint?: string) {
  return { findings: [{ path: ["kind"], message, hint }] };
}

function refuseVersion(message: string, hint?: string) {
  return { findings: [{ path: ["apiVersion"], message, hint }] };
}
