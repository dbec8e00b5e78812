/** Looks up `remoteRef.property` in a secret's value as ESO does: the literal key first, then a gjson path. */
import { createBudget } from "./gjson/budget.ts";
import { get } from "./gjson/get.ts";
import { byteText, textBytes, utf8Text } from "./gjson/text.ts";
import { isThere, printed } from "./gjson/value.ts";
import { scanJson } from "./json.ts";
import { type PropertyResult, properties } from "./properties.ts";

/** As `propertyOf`, which is asked. */
export function lookUpProperty(bytes: Uint8Array, path: string): PropertyResult {
  const text = byteText(bytes);
  const written = utf8Text(path);
  const attempts = written.includes(".") ? [written.replaceAll(".", "\\."), written] : [written];
  const budget = createBudget();
  for (const attempt of attempts) {
    const value = get(text, attempt, budget);
    if (budget.isExhausted()) return { kind: "too-costly" };
    if (isThere(value)) return { kind: "found", bytes: textBytes(printed(value)) };
  }
  const root = scanJson(bytes);
  return root.kind === "fault" ? { kind: "not-json", fault: root } : { kind: "missing" };
}

properties.provide(lookUpProperty);
