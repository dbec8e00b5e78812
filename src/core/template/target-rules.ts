/** What a target's template may say, and what is refused: sections other than a Secret's own, and types that mint tokens. */
import type { DecodingStrategy } from "../model.ts";
import { TemplateError } from "./template-error.ts";

export type TargetSection = "annotations" | "data" | "labels";

/** One template of a ConfigMap, a Secret or a literal, its text already read. */
export interface TemplateItem {
  /** What errors call it, such as `spec.target.template.templateFrom[0].configMap.items[1]`; no value, and no text of a Secret. */
  readonly place: string;
  /** The item's key, under which a result of `Values` is put. A literal has none: it is always KeysAndValues. */
  readonly key: string;
  readonly text: string;
  readonly templateAs: "KeysAndValues" | "Values";
}

/** One entry of `templateFrom`; its items in the manifest's order: those of the configMap, of the secret, the literal. */
export interface TemplateFrom {
  readonly place: string;
  /** Data, Labels or Annotations, in any case. @default Data, filled in by the schema */
  readonly target: string;
  /** Of each rendered value. @default "None" */
  readonly valuesDecodingStrategy?: DecodingStrategy | undefined;
  readonly items: readonly TemplateItem[];
}

/** `spec.target.template`, the texts of templateFrom resolved, and the defaults of the manifest filled in. */
export interface TargetTemplate {
  readonly engineVersion?: string | undefined;
  readonly type?: string | undefined;
  readonly mergePolicy: "Merge" | "Replace";
  readonly data: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly templateFrom: readonly TemplateFrom[];
}

const SECTIONS: ReadonlySet<string> = new Set<TargetSection>(["annotations", "data", "labels"]);
const BOOTSTRAP_TOKEN = "bootstrap.kubernetes.io/token";
const SERVICE_ACCOUNT_TOKEN = "kubernetes.io/service-account-token";
const SERVICE_ACCOUNT_NAME = "kubernetes.io/service-account.name";

function isSection(name: string): name is TargetSection {
  return SECTIONS.has(name);
}

/** @throws TemplateError for a path into another object: a Secret has no other field to fill */
export function sectionOf({ place, target }: TemplateFrom): TargetSection {
  const section = target.toLowerCase();
  if (isSection(section)) return section;
  throw new TemplateError(place, undefined, "the target of a Secret's template must be Data, Labels or Annotations");
}

/**
 * Refuses Secrets that would make a token: called before rendering for what the manifest says, and after it for what came out.
 * @throws TemplateError
 */
export function refuseTokens(template: TargetTemplate, rendered: ReadonlyMap<string, string>): void {
  const place = "spec.target.template.type";
  if (template.type === BOOTSTRAP_TOKEN) {
    throw new TemplateError(
      place,
      undefined,
      `a Secret of type ${BOOTSTRAP_TOKEN} is a credential for joining the cluster, and is never written`,
    );
  }
  if (template.type !== SERVICE_ACCOUNT_TOKEN) return;
  const hasAnnotation = Object.hasOwn(template.annotations, SERVICE_ACCOUNT_NAME) || rendered.has(SERVICE_ACCOUNT_NAME);
  const mayAnnotate = template.templateFrom.some(({ target }) => target.toLowerCase() === "annotations");
  if (hasAnnotation || mayAnnotate) {
    throw new TemplateError(
      place,
      undefined,
      `a Secret of type ${SERVICE_ACCOUNT_TOKEN} with ${SERVICE_ACCOUNT_NAME} would mint a token, and is never written`,
    );
  }
}
