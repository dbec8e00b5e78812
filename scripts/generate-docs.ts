/** Writes what the schemas alone say: docs/schemas for editors, docs/support.md, and README's table. Run it after a change of those. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { schemaFiles } from "./schema-files.ts";
import { supportPage, withReadmeTable } from "./support-tables.ts";

const root = join(import.meta.dirname, "..");
const schemas = join(root, "docs/schemas");
await mkdir(schemas, { recursive: true });
for (const [file, text] of schemaFiles()) await writeFile(join(schemas, file), text);
await writeFile(join(root, "docs/support.md"), supportPage());
const readme = join(root, "README.md");
await writeFile(readme, withReadmeTable(await readFile(readme, "utf8")));
