/**
 * Makes test/vectors/template.json: the corpus of test/oracle, rendered by Go's own text/template with sprig.
 * Run by `node scripts/make-template-vectors.ts` after a change of the corpus or of the oracle; it needs Go 1.26.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { corpus } from "../test/oracle/corpus.ts";
import { askOracle } from "../test/oracle/go-oracle.ts";

const cases = corpus();
const answers = await askOracle(cases);
const sets = [...new Set(cases.map(({ data }) => data))];
const vectors = cases.map(({ template, data }, index) => {
  const { output, error } = answers[index] ?? {};
  const bytes = Buffer.from(output ?? "", "base64");
  const want =
    error !== undefined ? { error: true } : bytes.toString().includes("\ufffd") ? { base64: output } : { output: bytes.toString() };
  return JSON.stringify({ template, data: sets.indexOf(data), ...want });
});
const text = `{
  "maker": "scripts/make-template-vectors.ts: Go's text/template with Masterminds/sprig v3.3.0 and sigs.k8s.io/yaml v1.6.0",
  "sets": ${JSON.stringify(sets)},
  "vectors": [
    ${vectors.join(",\n    ")}
  ]
}
`;
await writeFile(join(import.meta.dirname, "../test/vectors/template.json"), text);
