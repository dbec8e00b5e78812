/** Resolves manifests without any Cluster, for a render without a connection: one broken ExternalSecret does not hold up the others. */
import type { RegistrationSpec } from "../model.ts";
import { valueAt } from "./check.ts";
import { type Diagnostic, type SourceFile, sortDiagnostics } from "./diagnostics.ts";
import { readConfig } from "./kinds.ts";
import { DEFAULT_NAMESPACE } from "./namespace.ts";
import type { SourceDocument } from "./parse.ts";
import { findCollisions, resolveEach } from "./resolve.ts";
import type { StoreDefaults } from "./store-lookup.ts";

/** An ExternalSecret that can be rendered. */
export interface ResolvedManifest {
  readonly kind: "resolved";
  readonly spec: RegistrationSpec;
}

/** An ExternalSecret that can't be rendered, and why. Names are empty where the manifest has none. */
export interface FailedManifest {
  readonly kind: "failed";
  readonly file: string;
  readonly namespace: string;
  readonly name: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** What manifests alone resolve to. */
export interface ManifestResolution {
  /** Every ExternalSecret, in the order of the files and of the documents in them. */
  readonly manifests: readonly (ResolvedManifest | FailedManifest)[];
  /** The mistakes that belong to no ExternalSecret. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Gives registrations for the cluster name `""`. */
export function resolveManifests(files: readonly SourceFile[], defaults: StoreDefaults): ManifestResolution {
  const read = readConfig(files);
  const resolved = resolveEach("", read.documents, read.refused, defaults);
  const failures = new Map<SourceDocument, Diagnostic>([
    ...resolved.failures.map(([document, diagnostic]) => [document.source, diagnostic] as const),
    ...findCollisions(resolved.registrations).map(([{ document }, diagnostic]) => [document.source, diagnostic] as const),
  ]);
  const placed = [
    ...resolved.registrations
      .filter(({ document }) => !failures.has(document.source))
      .map(({ spec, document }) => ({ source: document.source, manifest: { kind: "resolved" as const, spec } })),
    ...[...failures].map(([source, diagnostic]) => ({ source, manifest: failed(source, [diagnostic]) })),
    ...read.refused
      .filter(({ kind }) => kind === "ExternalSecret")
      .map(({ source, diagnostics }) => ({ source, manifest: failed(source, diagnostics) })),
  ];
  const fileOrder = new Map(files.map((file, index) => [file.path, index]));
  const placeOf = ({ source }: { readonly source: SourceDocument }) => ({
    file: fileOrder.get(source.file) ?? 0,
    line: source.locate({ path: [], message: "" }).line,
  });
  return {
    manifests: placed
      .map((one) => ({ ...one, ...placeOf(one) }))
      .toSorted((a, b) => a.file - b.file || a.line - b.line)
      .map(({ manifest }) => manifest),
    diagnostics: sortDiagnostics([
      ...read.diagnostics,
      ...read.refused.flatMap(({ kind, diagnostics }) => (kind === "ExternalSecret" ? [] : diagnostics)),
    ]),
  };
}

function failed(source: SourceDocument, diagnostics: readonly Diagnostic[]): FailedManifest {
  return {
    kind: "failed",
    file: source.file,
    namespace: text(valueAt(source.value, ["metadata", "namespace"])) || DEFAULT_NAMESPACE,
    name: text(valueAt(source.value, ["metadata", "name"])),
    diagnostics: sortDiagnostics(diagnostics),
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
