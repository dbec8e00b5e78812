/** Which ConfigMaps and Secrets of the target cluster a registration takes templates from. */
import type { RegistrationSpec, TemplateItems } from "../model.ts";
import type { TemplateObject } from "../ports.ts";

type Kind = TemplateObject["kind"];

/** Identifies an object within a namespace. */
export function templateObjectKey({ kind, name }: Pick<TemplateObject, "kind" | "name">): string {
  return `${kind}/${name}`;
}

/** Each object once, with all keys that are needed of it; what creationPolicy None never renders needs none. */
export function templateObjectsOf({ namespace, target }: RegistrationSpec): readonly TemplateObject[] {
  if (target.creationPolicy === "None") return [];
  const keys = new Map<string, { readonly kind: Kind; readonly name: string; readonly keys: Set<string> }>();
  const add = (kind: Kind, from: TemplateItems | undefined): void => {
    if (from === undefined) return;
    const id = templateObjectKey({ kind, name: from.name });
    const known = keys.get(id) ?? { kind, name: from.name, keys: new Set<string>() };
    keys.set(id, known);
    for (const { key } of from.items) known.keys.add(key);
  };
  for (const { configMap, secret } of target.template?.templateFrom ?? []) {
    add("ConfigMap", configMap);
    add("Secret", secret);
  }
  return [...keys.values()].map((object) => ({ ...object, namespace, keys: [...object.keys] }));
}
