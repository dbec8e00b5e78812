/** Takes a schema of the config apart into its fields, so that what the documentation says of them can't differ from what is accepted. */
import type * as z from "zod/mini";
import { editorNotes, effectNotes, managed, refusedValues } from "../src/core/config/fields.ts";

/** A field that holds a value, or that is refused as a whole. */
export interface SchemaField {
  /** `spec.data[].remoteRef.key` */
  readonly path: string;
  /** What it takes, in words. */
  readonly takes: string;
  /** Where the object that holds it is given. */
  readonly isRequired: boolean;
  /** `refused` but for `harmless` values; taken `without effect`; `managed` by Kubernetes: tolerated, and not read. */
  readonly state: "supported" | "refused" | "without effect" | "managed";
  /** Of one without effect. */
  readonly why?: string | undefined;
  readonly harmless: readonly unknown[];
  /** Values of ESO's API that are refused where others are taken. */
  readonly refusedValues: readonly string[];
}

type Schema = z.core.$ZodType;

/** Parts that are told elsewhere, by what is said of them instead. */
export type KnownParts = ReadonlyMap<Schema, string>;

/** All fields of a schema, in its order. */
export function fieldsOf(schema: Schema, known: KnownParts = new Map(), path = ""): readonly SchemaField[] {
  return walk(schema, { path, isRequired: true, known });
}

interface Place {
  readonly path: string;
  readonly isRequired: boolean;
  readonly known: KnownParts;
}

function walk(schema: Schema, place: Place): readonly SchemaField[] {
  const { path, isRequired, known } = place;
  const field = (takes: string, more: Partial<SchemaField> = {}): readonly SchemaField[] => [
    { path, takes, isRequired, state: "supported", harmless: [], refusedValues: [], ...more },
  ];
  const note = editorNotes.get(schema);
  if (note !== undefined) {
    return field("", { state: "refused", isRequired: false, harmless: note.enum.filter((value) => value !== null) });
  }
  if (schema === managed) return field("", { state: "managed", isRequired: false });
  const effect = effectNotes.get(schema);
  if (effect !== undefined) return field("", { state: "without effect", isRequired: false, why: effect.why });
  const elsewhere = known.get(schema);
  if (elsewhere !== undefined) return field(elsewhere);
  const def = defOf(schema);
  switch (def.type) {
    case "optional":
    case "nullable":
      return walk(def.innerType, { ...place, isRequired: false });
    case "object":
      return Object.entries(def.shape).flatMap(([name, inner]) =>
        walk(inner, { known, path: path === "" ? name : `${path}.${name}`, isRequired: true }),
      );
    case "array":
      return isCompound(def.element) ? walk(def.element, { ...place, path: `${path}[]` }) : field(`a list of ${takesOf(def.element)}`);
    default: {
      const values = refusedValues.get(schema)?.values ?? [];
      return field(takesOf(schema), { refusedValues: values });
    }
  }
}

/** What zod itself knows of a schema. */
function defOf(schema: Schema) {
  const { _zod: internals } = schema as z.core.$ZodTypes;
  return internals.def;
}

function isCompound(schema: Schema): boolean {
  return defOf(schema).type === "object";
}

function takesOf(schema: Schema): string {
  const def = defOf(schema);
  switch (def.type) {
    case "string":
      return "text";
    case "number":
      return "number";
    case "boolean":
      return "`true`, `false`";
    case "enum":
      return valuesOf(Object.values(def.entries));
    case "literal":
      return valuesOf(def.values);
    case "record":
      return `names to ${takesOf(def.valueType)}`;
    case "union":
      return takesOf(def.options.at(-1) as Schema);
    default:
      throw new Error(`a schema of type ${def.type} has no words yet`);
  }
}

/** An empty text means the default, and is no choice of its own. */
function valuesOf(values: readonly unknown[]): string {
  return values
    .filter((value) => value !== "")
    .map((value) => `\`${String(value)}\``)
    .join(", ");
}
