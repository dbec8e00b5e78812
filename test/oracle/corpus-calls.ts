/** Calls of every function, with arguments that fit and that do not; and of printf with every verb. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

interface Calls {
  /** Arguments of each function, one string a call. */
  readonly calls: Readonly<Record<string, readonly string[]>>;
  readonly verbs: readonly string[];
  readonly values: readonly string[];
  readonly formats: readonly string[];
  readonly arguments: readonly string[];
}

function call(name: string, values: string): string {
  return `${name} ${values}`.trim();
}

/** Each call alone, and some into `%T`, which tells kinds that print alike; then each verb with each value, and odd formats. */
export function calls(): readonly string[] {
  const data = JSON.parse(readFileSync(join(import.meta.dirname, "corpus-calls.json"), "utf8")) as Calls;
  const all = Object.entries(data.calls);
  return [
    ...all.flatMap(([name, each]) => each.map((values) => `{{ ${call(name, values)} }}`)),
    ...all.flatMap(([name, each]) => each.slice(0, 2).map((values) => `{{ ${call(name, values)} | printf "%T %[1]v" }}`)),
    ...data.verbs.flatMap((verb) => data.values.map((value) => `{{ printf ${JSON.stringify(verb)} ${value} }}`)),
    ...data.formats.flatMap((format) => data.arguments.map((values) => `{{ printf ${JSON.stringify(format)} ${values} }}`)),
  ];
}
