/** Resolves manifests without any Cluster, for a render without a connection: one broken ExternalSecret does not hold up the others. */
import { type ClusterExternalSecretSpec, meansNamespace, type NamespaceView } from "../cluster-external-secret.ts";
import { type RegistrationId, type RegistrationSpec, registrationId } from "../model.ts";
import { valueAt } from "./check.ts";
import { belowExternalSecretSpec, expandInto } from "./cluster-external-secret.ts";
import { compareText, type Diagnostic, type SourceFile, sortDiagnostics } from "./diagnostics.ts";
import { type ClusterExternalSecretDocument, type ReadConfig, readConfig } from "./kinds.ts";
import { DEFAULT_NAMESPACE } from "./namespace.ts";
import type { Finding, SourceDocument } from "./parse.ts";
import { findCollisions, resolveClusterExternalSecrets, resolveEach } from "./resolve.ts";
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
  /** Every ExternalSecret, those of ClusterExternalSecrets by namespace, in the order of the files and of the documents in them. */
  readonly manifests: readonly (ResolvedManifest | FailedManifest)[];
  /** The mistakes that belong to no ExternalSecret. */
  readonly diagnostics: readonly Diagnostic[];
  /** The ClusterExternalSecrets that mean none of the namespaces. */
  readonly withoutNamespace: readonly string[];
}

/** Gives registrations for the cluster name `""`, of which these are the namespaces. */
export function resolveManifests(
  files: readonly SourceFile[],
  defaults: StoreDefaults,
  namespaces: readonly NamespaceView[],
): ManifestResolution {
  const read = readConfig(files);
  const resolved = resolveEach("", read.documents, read.refused, defaults);
  const failures = new Map<SourceDocument, Diagnostic>([
    ...resolved.failures.map(([document, diagnostic]) => [document.source, diagnostic] as const),
    ...findCollisions(resolved.registrations).map(([{ document }, diagnostic]) => [document.source, diagnostic] as const),
  ]);
  const several = expandAll(read, defaults, namespaces, new Set(resolved.registrations.map(({ spec }) => registrationId(spec))));
  const placed = [
    ...resolved.registrations
      .filter(({ document }) => !failures.has(document.source))
      .map(({ spec, document }) => ({ source: document.source, manifest: { kind: "resolved" as const, spec } })),
    ...[...failures].map(([source, diagnostic]) => ({ source, manifest: failed(source, [diagnostic]) })),
    ...several.manifests,
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
    withoutNamespace: several.withoutNamespace,
    diagnostics: sortDiagnostics([
      ...read.diagnostics,
      ...several.diagnostics,
      ...read.refused.flatMap(({ kind, diagnostics }) => (kind === "ExternalSecret" ? [] : diagnostics)),
    ]),
  };
}

interface Placed {
  readonly source: SourceDocument;
  readonly manifest: ResolvedManifest | FailedManifest;
}

/** What the ClusterExternalSecrets make of the namespaces that they mean; an id of `taken` is an ExternalSecret's, or an earlier one's. */
function expandAll(read: ReadConfig, defaults: StoreDefaults, namespaces: readonly NamespaceView[], taken: Set<RegistrationId>) {
  const documents = read.documents.filter((document) => document.kind === "ClusterExternalSecret");
  const stores = read.documents.filter((document) => document.kind === "SecretStore" || document.kind === "ClusterSecretStore");
  const manifests: Placed[] = [];
  const diagnostics: Diagnostic[] = [];
  const withoutNamespace: string[] = [];
  for (const document of documents) {
    const { source } = document;
    const { specs, failures } = resolveClusterExternalSecrets("", [document], stores, read.refused, defaults);
    diagnostics.push(...failures.map(([, diagnostic]) => diagnostic));
    for (const spec of specs) {
      const meant = namespaces.filter((namespace) => meansNamespace(spec, namespace)).map(({ name }) => name);
      if (meant.length === 0) withoutNamespace.push(spec.name);
      for (const namespace of meant.toSorted(compareText)) {
        const manifest = expand(document, spec, namespace, taken);
        if (manifest !== undefined) manifests.push({ source, manifest });
      }
    }
  }
  return { manifests, diagnostics, withoutNamespace };
}

function expand(
  { source }: ClusterExternalSecretDocument,
  spec: ClusterExternalSecretSpec,
  namespace: string,
  taken: Set<RegistrationId>,
): ResolvedManifest | FailedManifest | undefined {
  const name = spec.externalSecretName;
  const refuse = (finding: Finding): FailedManifest => {
    return { kind: "failed", file: source.file, namespace, name, diagnostics: [source.locate(finding)] };
  };
  const id = registrationId({ cluster: "", namespace, name });
  if (taken.has(id)) return refuse({ path: ["metadata", "name"], message: `ExternalSecret ${namespace}/${name} already exists` });
  const expansion = expandInto(spec, namespace);
  if (expansion.kind === "another controller's") return undefined;
  if (expansion.kind === "failed") return refuse({ ...expansion.finding, path: belowExternalSecretSpec(expansion.finding.path) });
  taken.add(id);
  return { kind: "resolved", spec: expansion.spec };
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
