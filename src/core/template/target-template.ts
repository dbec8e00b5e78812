/** `spec.target.template`: from what was fetched to the Secret's data, labels and annotations, in ESO's order and with its refusals. */
import type { DecodingStrategy } from "../model.ts";
import { decodeValue } from "../source/decoding.ts";
import { secretKeyFault } from "../source/keys.ts";
import { executeTemplate } from "./execute.ts";
import { loadFunctions } from "./families/load.ts";
import { MAKES_KEYS } from "./families/names.ts";
import type { CallContext, Environment, FunctionTable } from "./function-table.ts";
import { fromBytes, fromText, toBytes, toText } from "./go/strings.ts";
import { type GoMap, map, type Value } from "./go/values.ts";
import { createBudget, DEFAULT_LIMITS, type Limits } from "./limits.ts";
import type { ParsedTemplate } from "./nodes.ts";
import { parseTemplate } from "./parser.ts";
import { refuseTokens, sectionOf, type TargetSection, type TargetTemplate, type TemplateFrom } from "./target-rules.ts";
import { FunctionFault, TemplateError } from "./template-error.ts";

/** One template of the target: where its result goes, and under which key. */
interface Step {
  /** Its place in the manifest: what errors call it. */
  readonly place: string;
  readonly section: TargetSection;
  /** Undefined for KeysAndValues: the text is a YAML map of keys and values. */
  readonly key: string | undefined;
  readonly parsed: ParsedTemplate;
  /** Of the rendered values. @default none */
  readonly decoding?: DecodingStrategy | undefined;
}

type ParseYaml = (context: CallContext, text: string) => Value;

/** A target's templates, parsed, with the functions that they call. Immutable: it may be kept, and rendered many times. */
export interface PreparedTargetTemplate {
  readonly template: TargetTemplate;
  readonly steps: readonly Step[];
  readonly functions: FunctionTable;
  readonly parseYaml: ParseYaml | undefined;
}

/** What the Secret is to hold. */
export interface RenderedTarget {
  readonly data: ReadonlyMap<string, Uint8Array>;
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  /** Undefined where the template names none: an existing Secret then keeps its type. */
  readonly type: string | undefined;
  /** What clock or chance had a part in; undefined where another rendering of the same inputs would give the same. */
  readonly varying: Varying | undefined;
}

/** Names of labels and annotations whose values another rendering may give otherwise. */
export interface Varying {
  readonly labels: ReadonlySet<string>;
  readonly annotations: ReadonlySet<string>;
}

function stepsOfSource(source: TemplateFrom): readonly Step[] {
  const section = sectionOf(source);
  return source.items.map(({ place, key, text, templateAs }) => ({
    place,
    section,
    key: templateAs === "Values" ? key : undefined,
    parsed: parseTemplate(place, text),
    decoding: source.valuesDecodingStrategy,
  }));
}

function stepsOfMap(place: string, section: TargetSection, templates: Readonly<Record<string, string>>): readonly Step[] {
  return Object.entries(templates).map(([key, text]) => {
    const own = `${place}.${key}`;
    return { place: own, section, key, parsed: parseTemplate(own, text) };
  });
}

/**
 * Parses a target's templates and loads what they call: templateFrom first, in list order, then data, labels and annotations.
 * @throws TemplateError for what does not parse, and for what is refused whatever the data
 */
export async function prepareTargetTemplate(template: TargetTemplate): Promise<PreparedTargetTemplate> {
  if (template.engineVersion !== undefined && template.engineVersion !== "v2") {
    const phrase = "engine v1 is not supported: set engineVersion to v2, and write {{ .key }} where v1 has {{ .key | toString }}";
    throw new TemplateError("spec.target.template.engineVersion", undefined, phrase);
  }
  refuseTokens(template, new Map());
  const steps = [
    ...template.templateFrom.flatMap(stepsOfSource),
    ...stepsOfMap("spec.target.template.data", "data", template.data),
    ...stepsOfMap("spec.target.template.metadata.labels", "labels", template.labels),
    ...stepsOfMap("spec.target.template.metadata.annotations", "annotations", template.annotations),
  ];
  const functions = await loadFunctions(steps.map(({ parsed }) => parsed));
  const needsYaml = steps.some(({ key }) => key === undefined);
  const parseYaml = needsYaml ? (await import("./families/yaml-parse.ts")).parseYaml : undefined;
  return { template, steps, functions, parseYaml };
}

/** The entries of a rendered YAML map of strings. @throws TemplateError for anything else */
function keysAndValues(
  prepared: PreparedTargetTemplate,
  step: Step,
  text: string,
  environment: Environment,
  limits: Limits,
): readonly (readonly [string, string])[] {
  const fail = (phrase: string): never => {
    throw new TemplateError(step.place, undefined, phrase);
  };
  try {
    const value = prepared.parseYaml?.({ environment, budget: createBudget(limits) }, text) ?? null;
    if (value === null) return [];
    if (typeof value !== "object" || value.kind !== "map") return fail("the rendered text is no YAML map");
    return [...value.entries].map(([key, entry]) => {
      // JSON's null leaves Go's string empty.
      if (entry !== null && typeof entry !== "string") return fail("a value of the rendered YAML map is no string: quote it");
      return [key, entry ?? ""] as const;
    });
  } catch (error) {
    return error instanceof FunctionFault ? fail("the rendered text is no YAML map") : rethrow(error);
  }
}

function rethrow(error: unknown): never {
  throw error;
}

function inputOf(data: ReadonlyMap<string, Uint8Array>): GoMap {
  return map(
    [...data].map(([key, value]) => [fromText(key), fromBytes(value)] as const),
    "map[string]string",
  );
}

/** Tells whether a rendering asked for the time or for chance. */
function watch({ nowMs, randomBytes }: Environment): { readonly environment: Environment; readonly wasAsked: () => boolean } {
  let asked = false;
  const environment: Environment = {
    get nowMs() {
      asked = true;
      return nowMs;
    },
    randomBytes(count) {
      asked = true;
      return randomBytes(count);
    },
  };
  return { environment, wasAsked: () => asked };
}

function decoded({ place, decoding = "None" }: Step, value: string): string {
  if (decoding === "None") return value;
  const bytes = decodeValue(toBytes(value), decoding);
  if (bytes === undefined)
    throw new TemplateError(place, undefined, `a rendered value is not what valuesDecodingStrategy ${decoding} decodes`);
  return fromBytes(bytes);
}

function checkKey(place: string, key: string): void {
  const fault = secretKeyFault(key);
  if (fault !== undefined) throw new TemplateError(place, undefined, `a key of the data ${fault}`);
}

/**
 * Renders a target. `mergePolicy: Merge`, and a template with neither data nor templateFrom, keep what was fetched; later steps win.
 * @throws TemplateError; nothing in it comes from the data
 */
export function renderTargetTemplate(
  prepared: PreparedTargetTemplate,
  fetched: ReadonlyMap<string, Uint8Array>,
  environment: Environment,
  limits: Limits = DEFAULT_LIMITS,
): RenderedTarget {
  const { template } = prepared;
  const hasTemplates = template.templateFrom.length > 0 || Object.keys(template.data).length > 0;
  const data = new Map(template.mergePolicy === "Merge" || !hasTemplates ? fetched : []);
  const texts = { labels: new Map<string, string>(), annotations: new Map<string, string>() };
  const varying = { labels: new Set<string>(), annotations: new Set<string>() };
  let isVarying = false;
  for (const step of prepared.steps) {
    const watched = watch(environment);
    // Each template has its own map: a template that changes it would else be seen by the next one.
    const text = executeTemplate(step.parsed, inputOf(fetched), {
      functions: prepared.functions,
      environment: watched.environment,
      limits,
    });
    const varies = watched.wasAsked() || MAKES_KEYS.some((name) => step.parsed.functions.has(name));
    isVarying ||= varies;
    const entries =
      step.key === undefined ? keysAndValues(prepared, step, text, environment, limits) : [[fromText(step.key), text] as const];
    for (const [key, rendered] of entries) {
      const value = decoded(step, rendered);
      if (step.section === "data") {
        checkKey(step.place, toText(key));
        data.set(toText(key), toBytes(value));
      } else {
        texts[step.section].set(toText(key), toText(value));
        if (varies) varying[step.section].add(toText(key));
        else varying[step.section].delete(toText(key));
      }
    }
  }
  refuseTokens(template, texts.annotations);
  return { data, labels: texts.labels, annotations: texts.annotations, type: template.type, varying: isVarying ? varying : undefined };
}
