/** What package-lock.json says is installed: which packages, where, and which of them another one gets. Pure, but for the reading. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** A package as npm's lockfile (version 3) has it. */
export interface LockedPackage {
  /** Where it differs from the folder's: an alias. */
  readonly name?: string;
  readonly version?: string;
  /** An SPDX expression, as the package itself says. */
  readonly license?: string;
  /** Of its tarball, as `sha512-<base64>`. */
  readonly integrity?: string;
  /** Where its tarball was got from. @default - the registry that npm is set up for */
  readonly resolved?: string;
  /** It is a folder of this machine. */
  readonly link?: boolean;
  /** It lies in the tarball of the package around it. */
  readonly inBundle?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** By path from the project's root, as `node_modules/a/node_modules/b`; the project itself is "". */
export type LockedPackages = Readonly<Record<string, LockedPackage>>;

export async function readLockfile(folder: string): Promise<LockedPackages> {
  const { lockfileVersion, packages } = JSON.parse(await readFile(join(folder, "package-lock.json"), "utf8")) as {
    readonly lockfileVersion: number;
    readonly packages: LockedPackages;
  };
  if (lockfileVersion !== 3) throw new Error(`package-lock.json is of version ${lockfileVersion}, not 3`);
  return packages;
}

const FOLDER = "node_modules/";

/** `a` or `@scope/a`: what a path of `LockedPackages` ends with, or the alias's true name. */
export function nameOf(path: string, { name }: LockedPackage): string {
  return name ?? path.slice(path.lastIndexOf(FOLDER) + FOLDER.length);
}

/** The package that a file belongs to; undefined for the project's own. `file` is seen from the project's root, with slashes. */
export function packageOfFile(file: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

/** Which package `from` gets when it asks for `name`: the nearest one, as Node looks for it. Undefined where none is installed. */
function resolvePackage(packages: LockedPackages, from: string, name: string): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(at.lastIndexOf(`/${FOLDER}`), 0))) {
    const path = at === "" ? `${FOLDER}${name}` : `${at}/${FOLDER}${name}`;
    if (packages[path] !== undefined) return path;
    if (at === "") return undefined;
  }
}

/** The packages that one asks for when it runs, sorted; what is optional, or a peer, only where it is installed. */
export function dependenciesOf(packages: LockedPackages, path: string): readonly string[] {
  const { dependencies, optionalDependencies, peerDependencies } = packages[path] ?? {};
  const names = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
  return names.flatMap((name) => resolvePackage(packages, path, name) ?? []).toSorted();
}

/** All that the project's own dependencies bring, development aside: what a user of the project installs. */
export function runtimePackages(packages: LockedPackages): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting = [...dependenciesOf(packages, "")];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    waiting.push(...dependenciesOf(packages, path));
  }
  return found;
}
