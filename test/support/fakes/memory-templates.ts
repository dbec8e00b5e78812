/** ConfigMaps and Secrets that hold templates, in memory. It passes test/contract/template-reads.ts, as the real adapter does. */
import { RelayError } from "../../../src/core/errors.ts";
import type { ClusterTemplateReads, TemplateObject } from "../../../src/core/ports.ts";
import { SecretValue } from "../../../src/core/secret-value.ts";

export interface MemoryTemplates extends ClusterTemplateReads {
  /** Runs before each read; what it throws is the read's failure. */
  before: ((object: TemplateObject) => void) | undefined;
  put(kind: TemplateObject["kind"], namespace: string, name: string, data: Readonly<Record<string, string>>): void;
  drop(kind: TemplateObject["kind"], namespace: string, name: string): void;
}

export function createMemoryTemplates(): MemoryTemplates {
  const objects = new Map<string, Readonly<Record<string, string>>>();
  const at = (kind: string, namespace: string, name: string): string => `${kind} ${namespace}/${name}`;
  const templates: MemoryTemplates = {
    before: undefined,
    put: (kind, namespace, name, data) => void objects.set(at(kind, namespace, name), data),
    drop: (kind, namespace, name) => void objects.delete(at(kind, namespace, name)),
    async read(object) {
      templates.before?.(object);
      const subject = at(object.kind, object.namespace, object.name);
      const data = objects.get(subject);
      if (data === undefined) throw new RelayError("TemplateSourceMissing", subject, { detail: "it does not exist" });
      return new Map(
        object.keys.map((key) => {
          const text = Object.hasOwn(data, key) ? data[key] : undefined;
          if (text === undefined) throw new RelayError("TemplateSourceMissing", subject, { detail: `it has no key ${key}` });
          return [key, new SecretValue(text)] as const;
        }),
      );
    },
  };
  return templates;
}
