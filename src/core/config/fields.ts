/** The building stones of the schemas: closed objects, fields that are not built yet, choices, and Kubernetes' name formats. */
import * as z from "zod/mini";
import { parseDuration } from "./duration.ts";

/** What is said of a field or value of ESO's API that exists but is not built. */
export const NOT_YET = "not supported yet";

/** Parts the known field names in a closed object's message; check.ts takes them apart to find the nearest. */
export const NAME_SEPARATOR = " ";

/** An object that refuses any other field; its message lists the fields that it knows. */
export function closed<const T extends Readonly<Record<string, z.core.$ZodType>>>(shape: T) {
  const names = Object.keys(shape).join(NAME_SEPARATOR);
  return z.strictObject(shape, { error: (issue) => (issue.code === "unrecognized_keys" ? names : undefined) });
}

/** What JSON Schemas for editors say of schemas whose checks are code. */
export const editorNotes = z.registry<{ readonly description: string; readonly enum: readonly unknown[] }>();

/** A field of ESO's API that is not built: refused by name unless it is absent, null, or one of the values that change nothing. */
export function notYet(...harmless: readonly unknown[]) {
  const allowed = new Set(harmless.map((value) => JSON.stringify(value)));
  const changesNothing = (value: unknown) => value === undefined || value === null || allowed.has(JSON.stringify(value));
  const schema = z.optional(z.unknown().check(z.refine(changesNothing, { error: NOT_YET })));
  editorNotes.add(schema, { description: NOT_YET, enum: [...harmless, null] });
  return schema;
}

/** Several fields that are not built, without a harmless value. */
export function notYetAll<const N extends string>(names: readonly N[]): Readonly<Record<N, ReturnType<typeof notYet>>> {
  return Object.fromEntries(names.map((name) => [name, notYet()])) as unknown as Readonly<Record<N, ReturnType<typeof notYet>>>;
}

/** One of the built values; the unbuilt ones are refused as such. */
export function choice<const T extends readonly string[]>(built: T, unbuilt: readonly string[] = []) {
  const schema = z.enum(built, { error: (issue) => (unbuilt.some((value) => value === issue.input) ? NOT_YET : undefined) });
  if (unbuilt.length > 0) refusedValues.add(schema, { values: unbuilt });
  return schema;
}

/** Text of which a rule beside the schema refuses some values, and says what to write instead. */
export function textWithout(...values: readonly string[]) {
  const schema = z.string();
  refusedValues.add(schema, { values });
  return schema;
}

/** A duration as Go writes it. */
export const duration = z
  .string()
  .check(z.refine((text) => parseDuration(text) !== undefined, { error: "this is no duration; write it like 1h, 90s or 1h30m" }));

/** Why a field is taken although nothing here follows it, for the documentation. */
export const effectNotes = z.registry<{ readonly why: string }>();

/** A field of ESO's API that has nothing to say to the relay: taken, and not followed. */
export function withoutEffect<S extends z.core.$ZodType>(why: string, schema: S): S {
  effectNotes.add(schema, { why });
  return schema;
}

/** The unbuilt values of a choice, for the documentation. */
export const refusedValues = z.registry<{ readonly values: readonly string[] }>();

/** Anything: a field that Kubernetes manages itself, which is tolerated and not read. */
export const managed = z.optional(z.unknown());

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED = /^(?:[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/** The name of an object: DNS-1123 subdomain. */
export const objectName = z
  .string()
  .check(
    z.maxLength(253, "a name has at most 253 characters"),
    z.regex(SUBDOMAIN, "a name is lower-case letters, digits, '-' and '.', and begins and ends with a letter or digit"),
  );

/** The name of a namespace or of a Cluster: DNS-1123 label. */
export const labelName = z
  .string()
  .check(
    z.maxLength(63, "this name has at most 63 characters"),
    z.regex(LABEL, "this name is lower-case letters, digits and '-', and begins and ends with a letter or digit"),
  );

const qualifiedName = z.string().check(z.regex(QUALIFIED));

/** Labels as Kubernetes allows them. */
export const labels = z.record(
  qualifiedName,
  z.string().check(z.regex(LABEL_VALUE, "a label's value is at most 63 letters, digits, '-', '_' and '.', or empty")),
);

/** The same where the values may be templates: what they render to is checked before it is written. */
export const labelTemplates = z.record(
  qualifiedName,
  z.string().check(
    z.refine((text) => text.includes("{{") || LABEL_VALUE.test(text), {
      error: "a label's value is a template, or at most 63 letters, digits, '-', '_' and '.', or empty",
    }),
  ),
);

/** Annotations: any text under a qualified name. */
export const annotations = z.record(qualifiedName, z.string());

/** Kubernetes has finalizers without a domain too, but none for a Secret to hold. */
export const finalizerName = z
  .string()
  .check(z.refine((name) => name.includes("/") && QUALIFIED.test(name), { error: "a finalizer is written like example.com/cleanup" }));

/** A text that says something. */
export const filled = z.string().check(z.minLength(1, "this must not be empty"));

/** Kubernetes' LabelSelector. */
export const labelSelector = closed({
  matchLabels: z.nullish(labels),
  matchExpressions: z.nullish(
    z.array(
      closed({ key: filled, operator: choice(["In", "NotIn", "Exists", "DoesNotExist"]), values: z.nullish(z.array(z.string())) }).check(
        z.refine(({ operator, values }) => (values ?? []).length > 0 === (operator === "In" || operator === "NotIn"), {
          error: "In and NotIn need values, Exists and DoesNotExist have none",
        }),
      ),
    ),
  ),
});

const SERVER_MANAGED = {
  creationTimestamp: managed,
  deletionGracePeriodSeconds: managed,
  deletionTimestamp: managed,
  finalizers: managed,
  generation: managed,
  managedFields: managed,
  ownerReferences: managed,
  resourceVersion: managed,
  selfLink: managed,
  uid: managed,
};

/** Metadata of an object in a namespace; what the API server manages is tolerated, so that exported objects can be used. */
export const namespacedMetadata = closed({
  name: objectName,
  namespace: z.nullish(labelName),
  labels: z.nullish(labels),
  annotations: z.nullish(annotations),
  generateName: notYet(""),
  ...SERVER_MANAGED,
});

/** Metadata of an object that belongs to a whole cluster. */
export const clusterMetadata = closed({
  name: objectName,
  labels: z.nullish(labels),
  annotations: z.nullish(annotations),
  generateName: notYet(""),
  ...SERVER_MANAGED,
});

/** The kinds below are the same in both. */
export const esoVersion = z.enum(["external-secrets.io/v1", "external-secrets.io/v1beta1"]);

export type LabelSelectorManifest = z.infer<typeof labelSelector>;

/** The code of a region. */
export const awsRegion = z.string().check(z.regex(/^[a-z]{2}(-[a-z]+)+-\d+$/, "this is no AWS region; write it like us-east-1"));

/** The ARN of an IAM role, or nothing. */
export const roleArn = z
  .string()
  .check(
    z.regex(
      /^(arn:[\w-]+:iam::\d{12}:role\/[\w+=,.@/-]{1,512})?$/,
      "this is no role's ARN; write it like arn:aws:iam::111122223333:role/name",
    ),
  );

/** Limits of STS, so that a wrong one is seen here and not at each call. */
export const externalId = z
  .string()
  .check(z.regex(/^([\w+=,.@:/-]{2,1224})?$/, "an external id is 2 to 1224 letters, digits and characters of _+=,.@:/-"));
