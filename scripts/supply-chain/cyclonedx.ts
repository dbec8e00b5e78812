/** A bill of materials in CycloneDX 1.6, made of package-lock.json alone; equal inputs give equal text. Pure, but for the hash. */
import { createHash } from "node:crypto";
import { dependenciesOf, type LockedPackage, type LockedPackages, nameOf } from "./lockfile.ts";

/** What the bill is of. */
export interface Subject {
  readonly name: string;
  readonly description: string;
  /** What it is made of besides packages, by name: its files. @default - none are listed */
  readonly files?: ReadonlyMap<string, Uint8Array>;
}

/** A package URL of npm's. */
function purl(name: string, version: string): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

function licences(expression: string | undefined) {
  if (expression === undefined) return {};
  return { licenses: [/^[\w.+-]+$/.test(expression) ? { license: { id: expression } } : { expression }] };
}

/** The hash of the tarball; a package inside another's tarball has none of its own. */
function hashes({ integrity }: LockedPackage) {
  const [, content] = /^sha512-([\w+/]{86}==)$/.exec(integrity ?? "") ?? [];
  return content === undefined ? {} : { hashes: [{ alg: "SHA-512", content: Buffer.from(content, "base64").toString("hex") }] };
}

function component(path: string, locked: LockedPackage) {
  const full = nameOf(path, locked);
  const [, group, name = full] = /^(@[^/]+)\/(.+)$/.exec(full) ?? [];
  const { version = "" } = locked;
  return {
    type: "library",
    // One package may lie in several places: the place tells them apart.
    "bom-ref": path,
    ...(group === undefined ? {} : { group }),
    name,
    version,
    ...hashes(locked),
    ...licences(locked.license),
    purl: purl(full, version),
  };
}

function fileComponent([name, contents]: readonly [string, Uint8Array]) {
  return { type: "file", name, hashes: [{ alg: "SHA-256", content: createHash("sha256").update(contents).digest("hex") }] };
}

/** A UUID (version 8, of one's own making) that is the bill's content and nothing else. */
function serialNumber(content: string): string {
  const hex = createHash("sha256").update(content).digest("hex");
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/**
 * The bill of `subject`, which holds these packages of the lockfile, as JSON text. Which package asks for which is told as far as
 * both are held; the subject itself asks for what no other does, and for what the project names itself.
 */
export function billOfMaterials(packages: LockedPackages, subject: Subject, held: ReadonlySet<string>): string {
  const paths = [...held].toSorted();
  const asked = new Map(paths.map((path) => [path, dependenciesOf(packages, path).filter((other) => held.has(other))]));
  const byOthers = new Set([...asked.values()].flat());
  const own = new Set(dependenciesOf(packages, ""));
  const { version = "", license } = packages[""] ?? {};
  const ref = `secret-relay/${subject.name}`;
  const content = {
    metadata: {
      lifecycles: [{ phase: "build" }],
      component: {
        type: "application",
        "bom-ref": ref,
        name: subject.name,
        version,
        description: subject.description,
        ...licences(license),
        ...(subject.files === undefined
          ? {}
          : { components: [...subject.files].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(fileComponent) }),
      },
    },
    components: paths.map((path) => component(path, packages[path] ?? {})),
    dependencies: [
      { ref, dependsOn: paths.filter((path) => own.has(path) || !byOthers.has(path)) },
      ...[...asked].map(([path, dependsOn]) => ({ ref: path, dependsOn })),
    ],
  };
  const text = JSON.stringify(content);
  return `${JSON.stringify({ bomFormat: "CycloneDX", specVersion: "1.6", serialNumber: serialNumber(text), version: 1, ...content }, undefined, 2)}\n`;
}
