/** The fixed corpus of templates that the vectors are made of: each construct of the language, and each function with many arguments. */

import { calls } from "./corpus-calls.ts";
import { language } from "./corpus-language.ts";
import { manifests } from "./corpus-manifests.ts";
import { yamlDocuments } from "./corpus-yaml.ts";

export interface OracleCase {
  readonly template: string;
  readonly data: Readonly<Record<string, string>>;
}

/** Data that every case of the language and of the functions has. */
const DATA: Readonly<Record<string, string>> = {
  a: "alpha",
  b: "Beta Gamma",
  empty: "",
  number: "42",
  float: "1.50",
  json: '{"name":"x","port":5432,"tags":["b","a"],"nested":{"ok":true,"none":null,"big":1e21}}',
  yaml: "name: x\nport: 5432\nlist:\n- 1\n- two\n",
  lines: "one\ntwo\n\nthree",
  unicode: "Grüße, 世界 ß é 😀",
  quotes: "a \"quoted\" 'text' \\ <b>&</b>",
  b64: "aGVsbG8=",
  url: "https://user:p%40ss@example.com:8443/path/to?q=1&r=a%20b#frag",
  spaces: "  padded\t",
  list: "c,a,b,a",
  version: "v1.2.3-beta.1+build",
  __proto__x: "proto",
  constructor: "ctor",
  "dashed-key": "dash",
};

/** At least 1,500 cases, in a fixed order. */
export function corpus(): readonly OracleCase[] {
  const templates = [...language(), ...calls()];
  const unique = [...new Set(templates)];
  return [...unique.map((template) => ({ template, data: DATA })), ...manifests(), ...yamlDocuments()];
}
