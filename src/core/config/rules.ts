/** ESO's refusals that look at more than one field. They read raw values, so that they speak up beside mistakes of shape. */
import { valueAt } from "./check.ts";
import type { Finding } from "./parse.ts";

type Rule = (manifest: unknown) => readonly Finding[];

/** All refusals that concern an ExternalSecret (ESO's externalsecret_validator.go). */
export function checkExternalSecretRules(manifest: unknown): readonly Finding[] {
  return RULES.flatMap((rule) => rule(manifest));
}

const nothingToFetch: Rule = (manifest) => {
  if (typeof valueAt(manifest, ["spec"]) !== "object") return [];
  if (isFilled(valueAt(manifest, ["spec", "data"])) || isFilled(valueAt(manifest, ["spec", "dataFrom"]))) return [];
  return [
    { path: ["spec"], message: "spec has neither data nor dataFrom", hint: "give at least one entry of data or dataFrom", at: "key" },
  ];
};

const policiesDisagree: Rule = (manifest) => {
  const creation = valueAt(manifest, ["spec", "target", "creationPolicy"]);
  const deletion = valueAt(manifest, ["spec", "target", "deletionPolicy"]);
  const refused =
    (deletion === "Delete" && (creation === "Merge" || creation === "None" || creation === "CreateOrMerge")) ||
    (deletion === "Merge" && creation === "None");
  if (!refused) return [];
  const hint = deletion === "Delete" ? "Delete needs creationPolicy Owner or Orphan" : "use deletionPolicy Retain";
  return [
    { path: ["spec", "target", "deletionPolicy"], message: `deletionPolicy ${deletion} can't go with creationPolicy ${creation}`, hint },
  ];
};

const keyTwice: Rule = (manifest) => {
  const deletion = valueAt(manifest, ["spec", "target", "deletionPolicy"]) ?? "Retain";
  if (deletion !== "Retain") return [];
  const seen = new Set<unknown>();
  return list(valueAt(manifest, ["spec", "data"])).flatMap((entry, index) => {
    const key = valueAt(entry, ["secretKey"]);
    if (typeof key !== "string") return [];
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [
      { path: ["spec", "data", index, "secretKey"], message: `secretKey ${key} is given twice`, hint: "each secretKey may be set once" },
    ];
  });
};

const mintsTokens: Rule = (manifest) => {
  const path = ["spec", "target", "template", "type"];
  const type = valueAt(manifest, path);
  if (type === "bootstrap.kubernetes.io/token") {
    return [{ path, message: `template.type ${type} is refused`, hint: "it would create a bootstrap token" }];
  }
  const account = ["spec", "target", "template", "metadata", "annotations", "kubernetes.io/service-account.name"];
  if (type === "kubernetes.io/service-account-token" && valueAt(manifest, account) !== undefined) {
    return [
      {
        path: account,
        message: `template.type ${type} with this annotation is refused`,
        hint: "it would mint a token of that service account",
        at: "key",
      },
    ];
  }
  return [];
};

const RULES: readonly Rule[] = [nothingToFetch, policiesDisagree, keyTwice, mintsTokens];

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isFilled(value: unknown): boolean {
  return list(value).length > 0;
}
