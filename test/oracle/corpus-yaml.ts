/** Documents of YAML, right and wrong: what they mean, and how a value that was read is printed again. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { OracleCase } from "./corpus.ts";

/** The words of an error are not compared: ours are fixed, Go's quote the text. */
const TEMPLATE = '{{ $y := fromYaml .y }}{{ if hasKey $y "Error" }}an error{{ else }}{{ toJson $y }}\n{{ toYaml $y }}{{ end }}';

export function yamlDocuments(): readonly OracleCase[] {
  const documents = JSON.parse(readFileSync(join(import.meta.dirname, "corpus-yaml.json"), "utf8")) as readonly string[];
  return documents.map((document) => ({ template: TEMPLATE, data: { y: document } }));
}
