/** Which licences a dependency may have. Pure. */
import { type LockedPackages, nameOf, runtimePackages } from "./lockfile.ts";

/** SPDX ids that ask for no more than their text and names: whoever deploys the functions has no duty beyond that. */
const PERMISSIVE: ReadonlySet<string> = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "PSF-2.0",
  "Unlicense",
]);

/** Packages under other licences, by name: for development alone, and each with its reason. */
export type Exceptions = Readonly<Record<string, { readonly licence: string; readonly reason: string }>>;

const IAM_SIMULATE = "checks the stack's policies in tests: no bundle holds it, and nothing that a user runs asks for it";

export const EXCEPTIONS: Exceptions = {
  "@cloud-copilot/iam-policy": { licence: "AGPL-3.0-or-later", reason: IAM_SIMULATE },
  "@cloud-copilot/iam-simulate": { licence: "AGPL-3.0-or-later", reason: IAM_SIMULATE },
  "@cloud-copilot/iam-utils": { licence: "AGPL-3.0-or-later", reason: IAM_SIMULATE },
  "caniuse-lite": { licence: "CC-BY-4.0", reason: "a table of browsers that Babel reads, for jest's coverage" },
};

/** Whether an SPDX expression leaves a permissive choice: one side of OR, both of AND, brackets as they stand. */
export function isPermissive(expression: string): boolean {
  const tokens = expression.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  // AND binds more closely than OR.
  const either = (): boolean => {
    let isOk = both();
    while (tokens[at] === "OR") {
      at += 1;
      const other = both();
      isOk = isOk || other;
    }
    return isOk;
  };
  const both = (): boolean => {
    let isOk = one();
    while (tokens[at] === "AND") {
      at += 1;
      const other = one();
      isOk = isOk && other;
    }
    return isOk;
  };
  const one = (): boolean => {
    const token = tokens[at];
    at += 1;
    if (token !== "(") return token !== undefined && PERMISSIVE.has(token);
    const isOk = either();
    const isClosed = tokens[at] === ")";
    at += 1;
    return isOk && isClosed;
  };
  const isOk = either();
  // What is left over was not understood: `MIT WITH something`, say.
  return isOk && at === tokens.length;
}

/** What is wrong with the licences, one line each and sorted; empty where nothing is. */
export function licenceFaults(packages: LockedPackages, exceptions: Exceptions): readonly string[] {
  const shipped = runtimePackages(packages);
  const used = new Set<string>();
  const faults = Object.entries(packages).flatMap(([path, locked]) => {
    if (path === "") return [];
    const { version = "", license = "" } = locked;
    const name = nameOf(path, locked);
    if (isPermissive(license)) return [];
    const shown = `${name} ${version} (${path}): ${license === "" ? "no licence" : license}`;
    const exception = exceptions[name];
    if (exception === undefined || exception.licence !== license) return [`${shown} is not on the list`];
    used.add(name);
    return shipped.has(path) ? [`${shown} is allowed for development only, and a runtime dependency brings it`] : [];
  });
  const idle = Object.keys(exceptions).filter((name) => !used.has(name));
  return [...faults, ...idle.map((name) => `${name}: the exception is of no use`)].toSorted();
}
