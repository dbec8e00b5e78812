/** Random templates from a grammar: mostly right, sometimes wrong in type or form; the same seed gives the same ones. */
import type { OracleCase } from "./corpus.ts";
import { DEFINITIONS, FLOATS, FORMATS, INTS, JSONS, KEYS, WORDS } from "./grammar-words.ts";
import { seededRandom } from "./seeded-random.ts";

interface Grammar {
  readonly random: () => number;
  /** Variables in reach. */
  readonly variables: string[];
  depth: number;
}

type Kind = "any" | "bool" | "dict" | "float" | "int" | "list" | "string";

function pick<T>(grammar: Grammar, choices: readonly T[]): T {
  return choices[Math.floor(grammar.random() * choices.length)] as T;
}

type Rule = (grammar: Grammar) => string;

function callOf(name: string, ...kinds: readonly Kind[]): Rule {
  return (grammar) => `${name}${kinds.map((kind) => ` ${operand(grammar, kind)}`).join("")}`;
}

const STRING_CALLS: readonly Rule[] = [
  ...[
    "trim",
    "upper",
    "lower",
    "title",
    "untitle",
    "nospace",
    "initials",
    "swapcase",
    "snakecase",
    "camelcase",
    "kebabcase",
    "b64enc",
    "b64dec",
    "b32enc",
    "b32dec",
    "sha1sum",
    "sha256sum",
    "adler32sum",
    "base",
    "dir",
    "clean",
    "ext",
    "regexQuoteMeta",
  ].map((name) => callOf(name, "string")),
  ...["trimAll", "trimSuffix", "trimPrefix", "cat"].map((name) => callOf(name, "string", "string")),
  ...[
    "quote",
    "squote",
    "toString",
    "toJson",
    "toPrettyJson",
    "toRawJson",
    "toYaml",
    "html",
    "js",
    "urlquery",
    "typeOf",
    "kindOf",
    "print",
  ].map((name) => callOf(name, "any")),
  callOf("replace", "string", "string", "string"),
  callOf("join", "string", "list"),
  callOf("print", "any", "any"),
  callOf("println", "any", "any"),
  callOf("cat", "any", "any", "any"),
  callOf("quote", "any", "any"),
  (grammar) => `trunc ${pick(grammar, ["0", "1", "3", "-2", "20"])} ${operand(grammar, "string")}`,
  (grammar) => `abbrev ${pick(grammar, ["3", "5", "8"])} ${operand(grammar, "string")}`,
  (grammar) => `abbrevboth ${pick(grammar, ["0", "5"])} ${pick(grammar, ["5", "9"])} ${operand(grammar, "string")}`,
  (grammar) => `substr ${pick(grammar, ["0", "1", "-1"])} ${pick(grammar, ["2", "4", "-1"])} ${operand(grammar, "string")}`,
  (grammar) => `repeat ${pick(grammar, ["0", "1", "3"])} ${operand(grammar, "string")}`,
  (grammar) => `indent ${pick(grammar, ["0", "2"])} ${operand(grammar, "string")}`,
  (grammar) => `nindent ${pick(grammar, ["1", "4"])} ${operand(grammar, "string")}`,
  (grammar) => `wrap ${pick(grammar, ["1", "4", "10"])} ${operand(grammar, "string")}`,
  (grammar) => `wrapWith ${pick(grammar, ["2", "5"])} ${operand(grammar, "string")} ${operand(grammar, "string")}`,
  (grammar) =>
    `printf "${pick(grammar, FORMATS)}" ${operand(grammar, "any")}${grammar.random() < 0.3 ? ` ${operand(grammar, "any")}` : ""}`,
  (grammar) => `seq ${pick(grammar, ["3", "-2", "1 5", "5 1", "0 2 8", "9 -3 0"])}`,
  (grammar) => `plural "one" "many" ${operand(grammar, "int")}`,
  (grammar) =>
    `regexReplaceAll "${pick(grammar, ["[a-z]+", "(.)(.)", "", "\\\\s", "[[:upper:]]"])}" ${operand(grammar, "string")} "${pick(grammar, ["", "-", "$1", "${1}x", "$$"])}"`,
  (grammar) => `regexFind "${pick(grammar, ["[a-z]+", "[0-9]+", "^.", "x*$"])}" ${operand(grammar, "string")}`,
  (grammar) =>
    `date "${pick(grammar, ["2006-01-02", "Mon Jan _2 15:04:05", "03:04 PM"])}" ${pick(grammar, ["0", "86399", "1700000000", "-1"])}`,
  (grammar) => `get ${operand(grammar, "dict")} "k"`,
];
const INT_CALLS: readonly Rule[] = [
  callOf("len", "string"),
  callOf("len", "list"),
  callOf("len", "dict"),
  callOf("int", "any"),
  callOf("int64", "any"),
  callOf("atoi", "string"),
  ...["add", "sub", "mul", "div", "mod", "max", "min"].map((name) => callOf(name, "int", "int")),
  callOf("add", "any", "any", "any"),
  callOf("add1", "any"),
  callOf("toDecimal", "any"),
];
const FLOAT_CALLS: readonly Rule[] = [
  callOf("float64", "any"),
  ...["addf", "subf", "mulf", "divf", "maxf", "minf"].map((name) => callOf(name, "float", "float")),
  ...["floor", "ceil"].map((name) => callOf(name, "any")),
  (grammar) => `round ${operand(grammar, "float")} ${pick(grammar, ["0", "1", "2"])}`,
];
const BOOL_CALLS: readonly Rule[] = [
  ...["eq", "ne"].flatMap((name) => (["int", "string", "float", "any"] as const).map((kind) => callOf(name, kind, kind))),
  ...["lt", "le", "gt", "ge"].flatMap((name) => (["int", "string", "float"] as const).map((kind) => callOf(name, kind, kind))),
  ...["contains", "hasPrefix", "hasSuffix"].map((name) => callOf(name, "string", "string")),
  callOf("not", "any"),
  callOf("empty", "any"),
  callOf("has", "any", "list"),
  callOf("hasKey", "dict", "string"),
  callOf("deepEqual", "any", "any"),
  callOf("all", "any", "any"),
  callOf("any", "any", "any"),
  callOf("typeIs", "string", "any"),
  (grammar) => `regexMatch "${pick(grammar, ["[a-z]", "^$", "(", "(?i)A"])}" ${operand(grammar, "string")}`,
  (grammar) =>
    `semverCompare "${pick(grammar, ["^1.2", ">=1.0, <2", "~1", "*", "1.x || 2.x", "!=1.2.3"])}" "${pick(grammar, ["1.2.3", "2.0.0", "1.0.0-rc.1", "v1"])}"`,
];
const LIST_CALLS: readonly Rule[] = [
  (grammar) => `list${Array.from({ length: Math.floor(grammar.random() * 4) }, () => ` ${operand(grammar, "any")}`).join("")}`,
  callOf("append", "list", "any"),
  callOf("prepend", "list", "any"),
  ...["rest", "initial", "reverse", "uniq", "compact", "sortAlpha", "toStrings"].map((name) => callOf(name, "list")),
  callOf("without", "list", "any"),
  callOf("concat", "list", "list"),
  callOf("splitList", "string", "string"),
  (grammar) => `until ${pick(grammar, ["0", "3", "-2", "5"])}`,
  (grammar) => `untilStep ${pick(grammar, ["0 6 2", "5 0 -2", "0 3 0"])}`,
  // An end beyond a list may lie inside Go's capacity of it, which differs with how the list was made.
  (grammar) =>
    grammar.random() < 0.5
      ? `slice ${operand(grammar, "list")} ${pick(grammar, ["0", "1", "2"])}`
      : `slice (list 1 "a" nil) ${pick(grammar, ["0 1", "1 2", "2 5", "2 1"])}`,
  (grammar) => `chunk ${pick(grammar, ["1", "2", "3"])} ${operand(grammar, "list")}`,
  (grammar) => `regexFindAll "${pick(grammar, ["[a-z]", "."])}" ${operand(grammar, "string")} ${pick(grammar, ["-1", "2", "0"])}`,
  (grammar) => `regexSplit "${pick(grammar, ["[, ]", "o"])}" ${operand(grammar, "string")} ${pick(grammar, ["-1", "2"])}`,
];
const DICT_CALLS: readonly Rule[] = [
  (grammar) =>
    `dict${Array.from({ length: Math.floor(grammar.random() * 3) }, () => ` ${pick(grammar, ['"k"', '"z"', '"a"', '"10"', '"9"'])} ${operand(grammar, "any")}`).join("")}`,
  // What is changed is never a variable's: a dict that comes to hold itself overflows Go's stack, and ends the oracle.
  (grammar) => `merge ${leaf(grammar, "dict")} ${operand(grammar, "dict")}`,
  (grammar) => `mergeOverwrite ${leaf(grammar, "dict")} ${operand(grammar, "dict")}`,
  callOf("deepCopy", "dict"),
  (grammar) => `set ${leaf(grammar, "dict")} "k" ${operand(grammar, "any")}`,
  (grammar) => `unset ${operand(grammar, "dict")} "k"`,
  (grammar) => `pick ${operand(grammar, "dict")} "k" "z"`,
  (grammar) => `omit ${operand(grammar, "dict")} "k"`,
  (grammar) => `split "," ${operand(grammar, "string")}`,
  () => "fromJson .json",
  (grammar) => `urlParse "${pick(grammar, ["http://u:p@h:1/p?q#f", "/x", "mailto:a@b"])}"`,
];
const ANY_CALLS: readonly Rule[] = [
  callOf("default", "any", "any"),
  callOf("coalesce", "any", "any"),
  callOf("ternary", "any", "any", "bool"),
  callOf("and", "any", "any"),
  callOf("or", "any", "any"),
  callOf("first", "list"),
  callOf("last", "list"),
  callOf("index", "list", "int"),
  callOf("index", "dict", "string"),
  callOf("index", "string", "int"),
  callOf("dig", "string", "any", "dict"),
  callOf("fromJson", "string"),
  callOf("semver", "string"),
];
const CALLS: Readonly<Record<Exclude<Kind, "any">, readonly Rule[]>> = {
  string: STRING_CALLS,
  int: INT_CALLS,
  float: FLOAT_CALLS,
  bool: BOOL_CALLS,
  list: LIST_CALLS,
  dict: DICT_CALLS,
};
const KINDS = ["string", "int", "float", "bool", "list", "dict"] as const;

function leaf(grammar: Grammar, kind: Exclude<Kind, "any">): string {
  switch (kind) {
    case "string":
      return grammar.random() < 0.5 ? `"${pick(grammar, WORDS)}"` : `.${pick(grammar, KEYS)}`;
    case "int":
      return pick(grammar, INTS);
    case "float":
      return pick(grammar, FLOATS);
    case "bool":
      return pick(grammar, ["true", "false"]);
    case "list":
      return pick(grammar, ["(list)", '(list 1 "a" nil)', "(until 3)", '(splitList "," "b,a")']);
    case "dict":
      return pick(grammar, ["(dict)", '(dict "k" 1)', '(dict "k" (list 1) "z" (dict "k" "v"))', "(fromJson .json)"]);
  }
}

function operand(grammar: Grammar, wanted: Kind): string {
  // Now and then a kind that does not fit, so that the checks of types are compared too.
  const kind = wanted === "any" || grammar.random() < 0.04 ? pick(grammar, KINDS) : wanted;
  const variable = grammar.variables.length > 0 && grammar.random() < 0.15 ? pick(grammar, grammar.variables) : undefined;
  if (variable !== undefined) return variable;
  if (wanted === "any" && grammar.random() < 0.06) return pick(grammar, ["nil", ".", "$", ".missing", '(index . "missing")']);
  if (grammar.depth >= 3 || grammar.random() < 0.5) return leaf(grammar, kind);
  return `(${pipeline(grammar, kind)})`;
}

function pipeline(grammar: Grammar, kind: Kind): string {
  grammar.depth++;
  const rules = kind === "any" ? [...ANY_CALLS, ...CALLS[pick(grammar, KINDS)]] : grammar.random() < 0.08 ? ANY_CALLS : CALLS[kind];
  const call = pick(grammar, rules)(grammar);
  grammar.depth--;
  if (grammar.random() > 0.2) return call;
  return `${call} | ${pick(grammar, ["toString", "quote", "toJson", "len", "typeOf", 'printf "%v|%T" 1', "print", "default 5", "not", "upper", "int", 'join "-"', "list 1", "first"])}`;
}

function body(grammar: Grammar): string {
  const variables = grammar.variables.length;
  const count = 1 + Math.floor(grammar.random() * 2);
  const parts = Array.from({ length: count }, () => node(grammar));
  grammar.variables.length = variables;
  return parts.join(pick(grammar, ["", " ", "\n", ","]));
}

function open(grammar: Grammar): string {
  return grammar.random() < 0.1 ? "{{- " : "{{ ";
}

function close(grammar: Grammar): string {
  return grammar.random() < 0.1 ? " -}}" : " }}";
}

function action(grammar: Grammar, text: string): string {
  return open(grammar) + text + close(grammar);
}

function loop(grammar: Grammar): string {
  const hasIndex = grammar.random() < 0.5;
  const source = operand(grammar, pick(grammar, ["list", "dict", "list", "int"]));
  // A range over a large number would take the limits, and Go much time.
  const fit = /^[0-9'-]/.test(source) ? "4" : source;
  const isSafe = !fit.startsWith("(") || !/\b(int|int64|add|add1|mul|sub|max|atoi|len|toDecimal|div|min|mod)\b/.test(fit);
  const over = isSafe ? fit : "(list 1 2)";
  const outer = grammar.variables.length;
  if (hasIndex) grammar.variables.push("$i", "$v");
  const inner = `${body(grammar)}${grammar.random() < 0.2 ? `{{ ${pick(grammar, ["break", "continue"])} }}` : ""}`;
  grammar.variables.length = outer;
  const otherwise = grammar.random() < 0.3 ? `{{ else }}${body(grammar)}` : "";
  return `${action(grammar, `range ${hasIndex ? "$i, $v := " : ""}${over}`)}${inner}${otherwise}${action(grammar, "end")}`;
}

function node(grammar: Grammar): string {
  if (grammar.depth >= 3) return action(grammar, pipeline(grammar, "any"));
  grammar.depth++;
  const text = compound(grammar);
  grammar.depth--;
  return text;
}

function compound(grammar: Grammar): string {
  const choice = grammar.random();
  if (choice < 0.5) return action(grammar, pipeline(grammar, "any"));
  if (choice < 0.58) return pick(grammar, ["text", " spaced \n", "日本", "}}", "{", "{{/* note */}}", "{{- /* note */ -}}"]);
  if (choice < 0.7) {
    const name = pick(grammar, ["$x", "$y"]);
    const isNew = !grammar.variables.includes(name) || grammar.random() < 0.5;
    const text = action(grammar, `${name} ${isNew ? ":=" : "="} ${pipeline(grammar, "any")}`);
    if (isNew) grammar.variables.push(name);
    return text;
  }
  if (choice < 0.8) return loop(grammar);
  if (choice < 0.9)
    return `${action(grammar, `if ${pipeline(grammar, "bool")}`)}${body(grammar)}${grammar.random() < 0.3 ? `{{ else if ${pipeline(grammar, "bool")} }}${body(grammar)}` : ""}{{ else }}${body(grammar)}{{ end }}`;
  if (choice < 0.96)
    return `${action(grammar, `with ${pipeline(grammar, "any")}`)}{{ . }}${body(grammar)}{{ else }}${body(grammar)}{{ end }}`;
  return `{{ template "${pick(grammar, ["t", "u", "missing"])}" ${operand(grammar, "any")} }}`;
}

/** Case `index` of a seed. */
export function randomCase(seed: number, index: number): OracleCase {
  const grammar: Grammar = { random: seededRandom(seed * 1_000_003 + index), variables: [], depth: 0 };
  const definitions = DEFINITIONS.map((definition) => (grammar.random() < 0.2 ? definition : "")).join("");
  const template =
    definitions + Array.from({ length: 1 + Math.floor(grammar.random() * 3) }, () => node(grammar)).join(pick(grammar, ["", "\n", " "]));
  const data: Record<string, string> = {
    json: pick(grammar, JSONS),
    empty: "",
    number: pick(grammar, ["42", "-1.5", "x"]),
    lines: "one\n two \n\nthree",
  };
  for (const key of ["a", "b", "c"]) data[key] = pick(grammar, ["alpha", "Beta Gamma", "ünï 世界", "", "1", "x,y", "null", "{}", "key: v"]);
  return { template, data };
}
