/** Synthesises the stack in this process and reads its template: tokens become text, so that a test can name what it expects. */
import { readFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createRelayApp } from "../../infra/relay-app.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface Resource {
  readonly Type: string;
  readonly Properties: { readonly [key: string]: Json };
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, unknown>>;
}

const ROOT = resolve(import.meta.dirname, "../..");
const { context: DEFAULTS } = JSON.parse(readFileSync(join(ROOT, "cdk.json"), "utf8")) as {
  readonly context: Readonly<Record<string, unknown>>;
};

/** No bundling: the code assets are then the sources' own, which is quick and enough for whoever looks at other resources. */
export const WITHOUT_BUNDLES = { "aws:cdk:bundling-stacks": [] };

/** The app with cdk.json's context and these overrides, into a new folder. */
export async function relayApp(context: Readonly<Record<string, unknown>>) {
  const outdir = await mkdtemp(join(tmpdir(), "secret-relay-synth-"));
  return { outdir, app: await createRelayApp({ outdir, context: { ...DEFAULTS, ...context } }) };
}

export async function synthesise(context: Readonly<Record<string, unknown>>, stack = "secret-relay") {
  const { app, outdir } = await relayApp(context);
  app.synth();
  const template = JSON.parse(readFileSync(join(outdir, `${stack}.template.json`), "utf8")) as Template;
  return { template, outdir };
}

/** Properties as they are once deployed there, as far as `plain` leaves it open; of own resources the names given. */
export function deployed(
  value: Json,
  place: { readonly account: string; readonly region: string; readonly names?: Readonly<Record<string, string>> },
): unknown {
  const names: Readonly<Record<string, string>> = {
    "AWS::AccountId": place.account,
    "AWS::Region": place.region,
    "AWS::Partition": "aws",
    ...place.names,
  };
  const text = JSON.stringify(value).replace(/<([\w:.]+)>/g, (whole, name: string) => names[name] ?? whole);
  return JSON.parse(text);
}

/** A value with its intrinsic functions as text: `<Logical.Attribute>`, `<Logical>`, joined texts. */
export function plain(value: Json): Json {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const { Ref, "Fn::GetAtt": attribute, "Fn::Sub": pattern, "Fn::Join": joined } = value as Readonly<Record<string, Json>>;
  if (typeof Ref === "string") return `<${withoutHash(Ref)}>`;
  if (Array.isArray(attribute)) return `<${withoutHash(`${attribute[0]}`)}.${attribute[1]}>`;
  if (typeof pattern === "string") return pattern;
  if (Array.isArray(joined)) return (joined[1] as readonly Json[]).map((part) => plain(part) as string).join("");
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, plain(of)]));
}

/** CDK ends a logical id with eight characters of a hash. */
function withoutHash(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, "");
}

/** Resources of a type by logical id without its hash, their properties as text. */
export function resourcesOf(template: Template, type: string): Readonly<Record<string, Readonly<Record<string, Json>>>> {
  const found = Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);
  return Object.fromEntries(found.map(([id, { Properties }]) => [withoutHash(id), plain(Properties) as Readonly<Record<string, Json>>]));
}
