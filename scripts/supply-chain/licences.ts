/** Checks the licence of every package in package-lock.json against the policy; ends with 1, and a line for each fault. */
import { resolve } from "node:path";
import { EXCEPTIONS, licenceFaults } from "./licence-policy.ts";
import { readLockfile, runtimePackages } from "./lockfile.ts";

const packages = await readLockfile(resolve(process.argv[2] ?? "."));
const faults = licenceFaults(packages, EXCEPTIONS);
for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length > 0) {
  process.exitCode = 1;
} else {
  const count = Object.keys(packages).length - 1;
  process.stdout.write(`licences: ${count} packages, ${runtimePackages(packages).size} of them for use; nothing found\n`);
}
