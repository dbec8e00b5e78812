/** ESO's refusals that look at more than one field. They read raw values, so that they speak up beside mistakes of shape. */
import { formatPath, valueAt } from "./check.ts";
import type { FieldPath, Finding } from "./parse.ts";

type Rule = (manifest: unknown, at: FieldPath) => readonly Finding[];

/** All refusals that concern an ExternalSecret, whose spec lies at `at` (ESO's externalsecret_validator.go). */
export function checkExternalSecretRules(manifest: unknown, at: FieldPath): readonly Finding[] {
  return RULES.flatMap((rule) => rule(manifest, at));
}

const nothingToFetch: Rule = (manifest, at) => {
  if (typeof valueAt(manifest, at) !== "object") return [];
  if (isFilled(valueAt(manifest, [...at, "data"])) || isFilled(valueAt(manifest, [...at, "dataFrom"]))) return [];
  return [
    {
      path: at,
      message: `${formatPath(at)} has neither data nor dataFrom`,
      hint: "give at least one entry of data or dataFrom",
      at: "key",
    },
  ];
};

const policiesDisagree: Rule = (manifest, at) => {
  const creation = valueAt(manifest, [...at, "target", "creationPolicy"]);
  const deletion = valueAt(manifest, [...at, "target", "deletionPolicy"]);
  const refused =
    (deletion === "Delete" && (creation === "Merge" || creation === "None" || creation === "CreateOrMerge")) ||
    (deletion === "Merge" && creation === "None");
  if (!refused) return [];
  const hint = deletion === "Delete" ? "Delete needs creationPolicy Owner or Orphan" : "use deletionPolicy Retain";
  return [
    { path: [...at, "target", "deletionPolicy"], message: `deletionPolicy ${deletion} can't go with creationPolicy ${creation}`, hint },
  ];
};

const keyTwice: Rule = (manifest, at) => {
  const deletion = valueAt(manifest, [...at, "target", "deletionPolicy"]) ?? "Retain";
  if (deletion !== "Retain") return [];
  const seen = new Set<unknown>();
  return list(valueAt(manifest, [...at, "data"])).flatMap((entry, index) => {
    const key = valueAt(entry, ["secretKey"]);
    if (typeof key !== "string") return [];
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [
      { path: [...at, "data", index, "secretKey"], message: `secretKey ${key} is given twice`, hint: "each secretKey may be set once" },
    ];
  });
};

const mintsTokens: Rule = (manifest, at) => {
  const path = [...at, "target", "template", "type"];
  const type = valueAt(manifest, path);
  if (type === "bootstrap.kubernetes.io/token") {
    return [{ path, message: `template.type ${type} is refused`, hint: "it would create a bootstrap token" }];
  }
  const account = [...at, "target", "template", "metadata", "annotations", "kubernetes.io/service-account.name"];
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
