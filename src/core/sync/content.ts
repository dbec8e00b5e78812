/** From the answers to what a target shall hold: fetched data, then what the templates make of it. The engine is loaded only where one is given. */
import { RelayError } from "../errors.ts";
import { type ReferenceKey, type RegistrationSpec, registrationId, type TargetTemplate } from "../model.ts";
import type { SecretManifest, SourceAnswer } from "../ports.ts";
import { SecretValue } from "../secret-value.ts";
import type { SecretMap } from "../source/merge.ts";
import type { Environment } from "../template/function-table.ts";
import type * as target from "../template/target-rules.ts";
import type { Varying } from "../template/target-template.ts";
import { isTemplateError } from "../template/template-error.ts";
import { type CollectInputs, collectData } from "./data.ts";
import { templateObjectKey } from "./template-objects.ts";

/** What `templateFrom` names, by `templateObjectKey`, then by key. */
export type TemplateTexts = ReadonlyMap<string, ReadonlyMap<string, SecretValue>>;

/** What a rendering needs beside the answers. */
export interface ContentInputs extends Omit<CollectInputs, "renderKey"> {
  readonly environment: Environment;
  /** One for each of `templateObjectsOf(spec)`. */
  readonly texts: TemplateTexts;
}

export interface TargetContent {
  /** With what the templates made of labels and annotations in it. */
  readonly spec: RegistrationSpec;
  readonly data: SecretMap;
  /** Nothing was fetched: whether the target stays is for deletionPolicy to say, whatever a template would make of nothing. */
  readonly isSourceGone: boolean;
  /** Set where clock or chance had a part in it. */
  readonly varying?: Varying | undefined;
  /** What it was made of beside the spec; of two contents that vary, whether they are of the same inputs is all that can be told. */
  readonly inputs: ReadonlyMap<string, SecretValue>;
}

type Engine = typeof import("../template/target-template.ts");

let engine: Promise<Engine> | undefined;

/** Loads what renders targets, once a process: for the first registration that has a template. */
export function loadEngine(): Promise<Engine> {
  return (engine ??= import("../template/target-template.ts"));
}

/** Whether any text of a template is more than text. */
function needsEngine({ labels, annotations, data, templateFrom }: TargetTemplate): boolean {
  if (data !== undefined || templateFrom !== undefined) return true;
  return [...Object.values(labels), ...Object.values(annotations)].some((text) => text.includes("{{"));
}

/** @throws as collectData; TemplateError, which names a place and holds no value */
export async function renderContent(
  spec: RegistrationSpec,
  answers: ReadonlyMap<ReferenceKey, SourceAnswer>,
  { environment, texts, ...inputs }: ContentInputs,
): Promise<TargetContent> {
  const transforms = spec.dataFrom.flatMap(({ rewrite = [] }) => rewrite.flatMap(({ transform }) => transform?.template ?? []));
  const renderKey =
    transforms.length === 0
      ? undefined
      : await classified(spec, async () => (await import("../template/rewrite-keys.ts")).prepareKeyTemplates(transforms, environment));
  const fetched = collectData(spec, answers, { ...inputs, renderKey });
  const { template, creationPolicy, deletionPolicy } = spec.target;
  const content = { spec, data: fetched, isSourceGone: fetched.size === 0, inputs: fetched };
  if (template === undefined || !needsEngine(template)) return content;
  // Nothing is written: then a template that misses its data is no failure.
  const isUnwritten = creationPolicy === "None" || (fetched.size === 0 && deletionPolicy !== "Merge");
  if (isUnwritten) return { ...content, spec: withMetadata(spec, template, new Map(), new Map()) };
  return classified(spec, async () => {
    const { prepareTargetTemplate, renderTargetTemplate } = await loadEngine();
    const resolved = resolveTexts(template, texts);
    const prepared = await prepareTargetTemplate(resolved);
    const bytes = new Map([...fetched].map(([key, value]) => [key, value.expose()]));
    const { data, labels, annotations, varying } = renderTargetTemplate(prepared, bytes, environment);
    return {
      spec: withMetadata(spec, template, labels, annotations),
      data: new Map([...data].map(([key, value]) => [key, new SecretValue(value)])),
      isSourceGone: content.isSourceGone,
      varying,
      inputs: new Map([
        ...[...fetched].map(([key, value]) => [`fetched ${key}`, value] as const),
        ...[...texts].flatMap(([object, held]) => [...held].map(([key, value]) => [`${object} ${key}`, value] as const)),
      ]),
    };
  });
}

/** Stands for a content that varies where it is compared: the same for the same inputs. */
export function inputsManifest({ spec, inputs }: TargetContent): SecretManifest {
  return { namespace: spec.namespace, name: spec.target.name, labels: {}, annotations: {}, data: inputs };
}

function withMetadata(
  spec: RegistrationSpec,
  { type, finalizers }: TargetTemplate,
  labels: ReadonlyMap<string, string>,
  annotations: ReadonlyMap<string, string>,
): RegistrationSpec {
  const template = {
    ...(type === undefined ? {} : { type }),
    labels: Object.fromEntries(labels),
    annotations: Object.fromEntries(annotations),
    ...(finalizers === undefined ? {} : { finalizers }),
  };
  return { ...spec, target: { ...spec.target, template } };
}

/** The template with the texts of `templateFrom` in it, in ESO's order: of each entry the configMap, the secret, the literal. */
function resolveTexts(template: TargetTemplate, texts: TemplateTexts): target.TargetTemplate {
  return {
    type: template.type,
    mergePolicy: template.mergePolicy ?? "Replace",
    data: template.data ?? {},
    labels: template.labels,
    annotations: template.annotations,
    templateFrom: (template.templateFrom ?? []).map((source, index) => {
      const place = `spec.target.template.templateFrom[${index}]`;
      const itemsOf = (kind: "ConfigMap" | "Secret", field: "configMap" | "secret"): readonly target.TemplateItem[] =>
        (source[field]?.items ?? []).map(({ key, templateAs }, item) => {
          const text = texts.get(templateObjectKey({ kind, name: source[field]?.name ?? "" }))?.get(key);
          // Never taken for an empty template: that would blank the target (rule 5).
          if (text === undefined) throw new Error("renderContent was called without a text that templateFrom names");
          return { place: `${place}.${field}.items[${item}]`, key, text: text.exposeText(), templateAs: templateAs ?? "Values" };
        });
      const literal =
        source.literal === undefined
          ? []
          : [{ place: `${place}.literal`, key: "", text: source.literal, templateAs: "KeysAndValues" as const }];
      return {
        place,
        target: source.target ?? "Data",
        valuesDecodingStrategy: source.valuesDecodingStrategy ?? "None",
        items: [...itemsOf("ConfigMap", "configMap"), ...itemsOf("Secret", "secret"), ...literal],
      };
    }),
  };
}

async function classified<T>(spec: RegistrationSpec, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isTemplateError(error)) throw new RelayError("TemplateError", registrationId(spec), { detail: error.message });
    throw error;
  }
}
