/** The writer's last check on the final manifest, after all rendering: what must never reach a cluster, whatever made it. */
import { type ErrorCode, RelayError } from "../errors.ts";
import { type ClusterSpec, targetKey } from "../model.ts";
import type { SecretManifest } from "../ports.ts";
import { secretKeyFault } from "../source/keys.ts";

/** Kubernetes' MaxSecretSize: the sum of the values' bytes. */
const MAX_DATA_BYTES = 1_048_576;
/** Kubernetes' TotalAnnotationSizeLimitB: the sum of keys and values. */
const MAX_ANNOTATION_BYTES = 262_144;

const BOOTSTRAP_TOKEN = "bootstrap.kubernetes.io/token";
const SERVICE_ACCOUNT_TOKEN = "kubernetes.io/service-account-token";
const SERVICE_ACCOUNT_NAME = "kubernetes.io/service-account.name";

/** Whether one of the globs matches the whole namespace: `*` any run of characters, `?` one. No glob matches nothing. */
export function namespaceAllowed(globs: readonly string[], namespace: string): boolean {
  return globs.some((glob) => globMatches(glob, namespace));
}

/** Goes back to the latest `*` only, so that no pattern takes more than length × length steps. */
function globMatches(glob: string, text: string): boolean {
  let inGlob = 0;
  let inText = 0;
  let star = -1;
  let starText = 0;
  while (inText < text.length) {
    if (glob[inGlob] === "*") {
      star = inGlob++;
      starText = inText;
    } else if (glob[inGlob] === "?" || glob[inGlob] === text[inText]) {
      inGlob++;
      inText++;
    } else if (star >= 0) {
      inGlob = star + 1;
      inText = ++starText;
    } else {
      return false;
    }
  }
  while (glob[inGlob] === "*") inGlob++;
  return inGlob === glob.length;
}

/** Kubernetes' IsQualifiedName: an optional DNS subdomain and `/`, then a name of at most 63 characters. */
function isQualifiedName(key: string): boolean {
  const slash = key.indexOf("/");
  const name = key.slice(slash + 1);
  if (name.length > 63 || !QUALIFIED_NAME.test(name)) return false;
  return slash < 0 || (slash <= 253 && SUBDOMAIN.test(key.slice(0, slash)));
}

const QUALIFIED_NAME = /^(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

function isLabelValue(value: string): boolean {
  return value.length <= 63 && /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/.test(value);
}

function tokenMinted(manifest: SecretManifest): string | undefined {
  if (manifest.type === BOOTSTRAP_TOKEN) return `type ${BOOTSTRAP_TOKEN} would admit nodes to the cluster`;
  if (manifest.annotations[SERVICE_ACCOUNT_NAME] === undefined) return undefined;
  // Without a type an existing Secret keeps its own, which may be this one.
  if (manifest.type !== SERVICE_ACCOUNT_TOKEN && manifest.type !== undefined) return undefined;
  return `the annotation ${SERVICE_ACCOUNT_NAME} ${manifest.type === undefined ? "without a type" : "with this type"} would mint a token`;
}

/** The first in key order, and its place from 1 on. Sorted only where there is one, which is hardly ever. */
function firstFault<T>(
  keys: readonly string[],
  faultOf: (key: string) => T | undefined,
): { readonly fault: T; readonly place: number } | undefined {
  if (keys.every((key) => faultOf(key) === undefined)) return undefined;
  for (const [index, key] of keys.toSorted().entries()) {
    const fault = faultOf(key);
    if (fault !== undefined) return { fault, place: index + 1 };
  }
  return undefined;
}

/** Keys may have been rendered from a value, also those that are names: all are told by their place in key order. */
function metadataFault(manifest: SecretManifest): string | undefined {
  const { labels, annotations } = manifest;
  const labelFault = firstFault(Object.keys(labels), (key) => {
    if (!isQualifiedName(key)) return "key";
    return isLabelValue(labels[key] ?? "") ? undefined : "value";
  });
  if (labelFault !== undefined) {
    const what = labelFault.fault === "key" ? "name" : "label value";
    return `the ${labelFault.fault} of label ${labelFault.place} in key order is no valid ${what}`;
  }
  // Kubernetes lowers an annotation's key before it looks, a label's not.
  const annotationFault = firstFault(Object.keys(annotations), (key) => (isQualifiedName(key.toLowerCase()) ? undefined : "key"));
  if (annotationFault !== undefined) return `the key of annotation ${annotationFault.place} in key order is no valid name`;
  let size = 0;
  for (const key of Object.keys(annotations)) size += Buffer.byteLength(key) + Buffer.byteLength(annotations[key] ?? "");
  return size > MAX_ANNOTATION_BYTES ? `the annotations are ${size} bytes, more than ${MAX_ANNOTATION_BYTES}` : undefined;
}

function dataFault(manifest: SecretManifest): string | undefined {
  const keyFault = firstFault([...manifest.data.keys()], secretKeyFault);
  if (keyFault !== undefined) return `data key ${keyFault.place} in key order ${keyFault.fault}`;
  let size = 0;
  for (const value of manifest.data.values()) size += value.expose().length;
  return size > MAX_DATA_BYTES ? `the data is ${size} bytes, more than ${MAX_DATA_BYTES}` : undefined;
}

/**
 * Passes a manifest that may be written to this cluster. Everything else has to be stopped here, since a template can make
 * any label, annotation or key.
 * @throws NamespaceNotAllowed, TargetInvalid
 */
export function guardTarget(manifest: SecretManifest, cluster: ClusterSpec): void {
  const refuse = (code: ErrorCode, detail: string): RelayError =>
    new RelayError(code, targetKey({ cluster: cluster.name, namespace: manifest.namespace, name: manifest.name }), { detail });
  if (!namespaceAllowed(cluster.allowedNamespaces, manifest.namespace)) {
    throw refuse("NamespaceNotAllowed", `no glob of Cluster ${cluster.name} matches the namespace ${manifest.namespace}`);
  }
  const invalid = tokenMinted(manifest) ?? metadataFault(manifest) ?? dataFault(manifest);
  if (invalid !== undefined) throw refuse("TargetInvalid", invalid);
}
