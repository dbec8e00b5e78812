/** Resolves manifests without any Cluster, for a render without a connection: one broken ExternalSecret does not hold up the others. */
import type { RegistrationSpec } from "../model.ts";
import { valueAt } from "./check.ts";
import { type Diagnostic, type SourceFile, sortDiagnostics } from "./diagnostics.ts";
import { readConfig } from "./kinds.ts";
import { DEFAULT_NAMESPACE, namespaceOf, type StoreDefaults } from "./registration.ts";
import { findCollisions, resolveEach } from "./resolve.ts";

/** An ExternalSecret that can't be rendered, and why. Names are empty where the manifest has none. */
export interface FailedManifest {
  readonly file: string;
  readonly namespace: string;
  readonly name: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** What manifests alone resolve to. `diagnostics` are the mistakes that belong to no ExternalSecret. */
export interface ManifestResolution {
  readonly registrations: readonly RegistrationSpec[];
  readonly failures: readonly FailedManifest[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Gives registrations for the cluster name `""`, in the order of the files and of the documents in them. */
export function resolveManifests(files: readonly SourceFile[], defaults: StoreDefaults): ManifestResolution {
  const read = readConfig(files);
  const resolved = resolveEach("", read.documents, read.refused, defaults);
  const collisions = findCollisions(resolved.registrations);
  const collided = new Set(collisions.map(([placed]) => placed));
  const failed = [...resolved.failures, ...collisions.map(([placed, diagnostic]) => [placed.document, diagnostic] as const)];
  return {
    registrations: resolved.registrations.filter((placed) => !collided.has(placed)).map(({ spec }) => spec),
    failures: [
      ...read.refused.flatMap(({ kind, source, diagnostics }) =>
        kind === "ExternalSecret"
          ? [
              {
                file: source.file,
                namespace: text(valueAt(source.value, ["metadata", "namespace"])) || DEFAULT_NAMESPACE,
                name: text(valueAt(source.value, ["metadata", "name"])),
                diagnostics: sortDiagnostics(diagnostics),
              },
            ]
          : [],
      ),
      ...failed.map(([document, diagnostic]) => ({
        file: document.source.file,
        namespace: namespaceOf(document),
        name: document.manifest.metadata.name,
        diagnostics: [diagnostic],
      })),
    ],
    diagnostics: sortDiagnostics([
      ...read.diagnostics,
      ...read.refused.flatMap(({ kind, diagnostics }) => (kind === "ExternalSecret" ? [] : diagnostics)),
    ]),
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
