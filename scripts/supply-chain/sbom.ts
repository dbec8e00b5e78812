/**
 * Writes bills of materials (CycloneDX) into a folder, `sbom` by default: one for each function, of the packages that its bundle
 * really holds, and one for the command line, of all that `npm ci --omit=dev` installs on any machine.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { bundleHandler, HANDLER_NAMES } from "../../infra/handler-code.ts";
import { billOfMaterials } from "./cyclonedx.ts";
import { packageOfFile, readLockfile, runtimePackages } from "./lockfile.ts";

const folder = resolve(process.argv[2] ?? "sbom");
const packages = await readLockfile(resolve(import.meta.dirname, "../.."));
await mkdir(folder, { recursive: true });

async function write(name: string, bill: string): Promise<void> {
  await writeFile(join(folder, `${name}.cdx.json`), bill);
  process.stdout.write(`${join(folder, `${name}.cdx.json`)}\n`);
}

for (const name of HANDLER_NAMES) {
  const { files, sources } = bundleHandler(name);
  const held = new Set(sources.flatMap((file) => packageOfFile(file) ?? []));
  const subject = { name, description: `the bundle of the function ${name}`, files };
  await write(name, billOfMaterials(packages, subject, held));
}
const subject = { name: "secret-relay", description: "the command line and the CDK app, with all that they are installed with" };
await write("secret-relay", billOfMaterials(packages, subject, runtimePackages(packages)));
