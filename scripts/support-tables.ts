/** What is supported, as tables: from the schemas and refusals of the validation itself, so that they can't promise anything else. */
import { GENERATORS, UNBUILT_KINDS } from "../src/core/config/kinds.ts";
import { clusterExternalSecretSchema, clusterSchema, externalSecretSchema, externalSecretSpec } from "../src/core/config/schema.ts";
import { clusterSecretStoreSchema, secretStoreSchema, storeSpec } from "../src/core/config/store-schema.ts";
import { fieldsOf, type SchemaField } from "./schema-fields.ts";

/** Between these, README.md holds `readmeTable()`. */
export const MARKERS = ["<!-- support: begin, written by npm run docs -->", "<!-- support: end -->"] as const;

/** Why a field is refused, by its path; `*` stands for any other step. A test compares them with what is refused. */
export const REASONS: Readonly<Record<string, string>> = {
  "metadata.generateName": "a config names its objects",
  "spec.data[].sourceRef.generatorRef": "no generator is built",
  "spec.dataFrom[].sourceRef.generatorRef": "no generator is built",
  "spec.target.manifest": "only Secrets are written",
  "spec.provider.*": "AWS only",
};

interface KindTable {
  readonly kind: string;
  readonly fields: readonly SchemaField[];
}

const TABLES: readonly KindTable[] = [
  { kind: "Cluster", fields: fieldsOf(clusterSchema) },
  { kind: "ExternalSecret", fields: fieldsOf(externalSecretSchema) },
  {
    kind: "ClusterExternalSecret",
    fields: fieldsOf(clusterExternalSecretSchema, new Map([[externalSecretSpec, "all that the spec of an ExternalSecret takes"]])),
  },
  { kind: "SecretStore", fields: fieldsOf(secretStoreSchema) },
  {
    kind: "ClusterSecretStore",
    fields: fieldsOf(clusterSecretStoreSchema, new Map([[storeSpec, "all that the spec of a SecretStore takes"]])),
  },
];

/** Every refused field, by kind and path. */
export function refusedFields(): readonly string[] {
  return TABLES.flatMap(({ kind, fields }) => fields.filter(({ state }) => state === "refused").map(({ path }) => `${kind} ${path}`));
}

/** The key of `REASONS` that holds for a path; undefined where none does. */
export function reasonKeyOf(path: string): string | undefined {
  return Object.hasOwn(REASONS, path) ? path : Object.keys(REASONS).find((key) => key === path.replace(/\.[^.]+$/, ".*"));
}

/** README's table: a line for each kind, both kinds of stores in one, and what is refused as a whole. */
export function readmeTable(): string {
  const rows = TABLES.filter(({ kind }) => kind !== "ClusterSecretStore").map(({ kind, fields }) => {
    const told = fields.filter((field) => field.state !== "managed" && !isOtherProvider(field));
    const supported = told.filter(({ state }) => state === "supported").length;
    const name = kind === "SecretStore" ? "SecretStore, ClusterSecretStore" : kind;
    return `| ${name} | ${supported} of ${told.length} | ${refusedOf(fields)} |`;
  });
  const table = ["| kind | fields supported | refused by name: not built |", "| --- | --- | --- |", ...rows].join("\n");
  return `${table}\n\nNot built, and refused by name: the kinds ${UNBUILT_KINDS.join(", ")}, and all of \`${GENERATORS}\`.`;
}

function isOtherProvider({ path, state }: SchemaField): boolean {
  return state === "refused" && path.startsWith("spec.provider.");
}

function refusedOf(fields: readonly SchemaField[]): string {
  const others = fields.filter((field) => field.state === "refused" && !isOtherProvider(field));
  const named = others.map(({ path }) => `\`${path.replace(/^spec\./, "")}\``);
  const values = fields.flatMap(({ path, refusedValues }) => refusedValues.map((value) => `\`${path.split(".").at(-1)}: ${value}\``));
  const providers = fields.filter(isOtherProvider).length;
  return [...named, ...values, ...(providers > 0 ? [`${providers} other providers`] : [])].join(", ");
}

/** The whole of docs/support.md. */
export function supportPage(): string {
  return `# What is supported, field by field

Written by \`npm run docs\` from the schemas that validate the config: what is not here is an unknown field, and refused as such. All
kinds of external-secrets.io are taken as \`v1\` and \`v1beta1\`. \`[]\` stands for each element of a list; **bold** fields are needed where what
holds them is given.

Refused by name are the kinds ${UNBUILT_KINDS.join(", ")},
and all of \`${GENERATORS}\`.

${TABLES.map(tableOf).join("\n\n")}
`;
}

function tableOf({ kind, fields }: KindTable): string {
  const rows = fields
    .filter((field) => field.state !== "managed" && !isOtherProvider(field))
    .map((field) => `| ${nameOf(field)} | ${field.takes} | ${todayOf(field)} |`);
  const providers = fields.filter(isOtherProvider).map(({ path }) => `\`${path.split(".").at(-1)}\``);
  const managed = fields.filter(({ state }) => state === "managed").map(({ path }) => `\`${path}\``);
  return [
    `## ${kind}`,
    ["| field | takes | today |", "| --- | --- | --- |", ...rows].join("\n"),
    ...(providers.length === 0 ? [] : [`Refused by name, of \`spec.provider\` (${REASONS["spec.provider.*"]}): ${providers.join(", ")}.`]),
    ...(managed.length === 0 ? [] : [`Tolerated and not read, since Kubernetes manages them: ${managed.join(", ")}.`]),
  ].join("\n\n");
}

function nameOf({ path, isRequired }: SchemaField): string {
  return isRequired ? `**\`${path}\`**` : `\`${path}\``;
}

function todayOf({ path, state, harmless, refusedValues, why }: SchemaField): string {
  if (state === "without effect") return `taken, without effect: ${why}`;
  if (state === "supported") {
    return refusedValues.length === 0 ? "yes" : `yes; refused: ${refusedValues.map((value) => `\`${value}\``).join(", ")}`;
  }
  const reason = REASONS[reasonKeyOf(path) ?? ""] ?? "not built";
  const but =
    harmless.length === 0 ? "" : `; \`${harmless.map((value) => JSON.stringify(value)).join("`, `")}\` changes nothing, and is taken`;
  return `refused: ${reason}${but}`;
}

/** README.md with its table as it is now. @throws Error where it has no place for it */
export function withReadmeTable(readme: string): string {
  const [begin, end] = MARKERS;
  const from = readme.indexOf(begin);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) throw new Error(`README.md has no ${begin} … ${end}`);
  return `${readme.slice(0, from + begin.length)}\n\n${readmeTable()}\n\n${readme.slice(to)}`;
}
