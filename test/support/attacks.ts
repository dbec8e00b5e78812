/** What whoever stole the relay's identity in a cluster would try: each by itself, over the wire, and none may succeed or show a value. */
import type { Confinement } from "../../src/core/cluster-access/policy-name.ts";
import type { Attempt } from "./confined-cluster.ts";
import { SPACE } from "./confined-config.ts";

/** The value of every Secret that is not the relay's. */
export const VICTIM_VALUE = "victim-51c0ffee-value";
/** Somebody else's Secret, in an allowed namespace and in each that is not. */
export const VICTIM = "victim";
/** Another relay's, in an allowed namespace. */
export const OTHER_RELAYS = "of-virginia";
/** The relay's own. */
export const OWN = "db";

/** Where Roles can't say it: by names the label is no boundary. */
export interface Attack extends Attempt {
  readonly name: string;
  /** @default both */
  readonly only?: Confinement;
}

export const LABEL = "secret-relay.dev/cluster";
export const APPLY = "application/apply-patch+yaml";
export const MERGE = "application/merge-patch+json";
export const JSON_PATCH = "application/json-patch+json";
export const STRATEGIC = "application/strategic-merge-patch+json";

export const secrets = (namespace = SPACE): string => `/api/v1/namespaces/${namespace}/secrets`;
export const at = (name: string, namespace = SPACE): string => `${secrets(namespace)}/${name}`;
export const applyTo = (name: string, namespace = SPACE): string => `${at(name, namespace)}?fieldManager=attacker&force=true`;
export const base64 = (text: string): string => Buffer.from(text).toString("base64");

export function secret(name: string, metadata: object = {}, more: object = {}, namespace = SPACE): object {
  return { apiVersion: "v1", kind: "Secret", metadata: { name, namespace, ...metadata }, ...more };
}

export const labelled = { labels: { [LABEL]: "tokyo" } };
export const evil = { data: { password: base64("evil") } };
export const owner = { apiVersion: "v1", kind: "ConfigMap", name: "templates", uid: "3f8a-attack" };

/** By reading verbs. */
export const READS: readonly Attack[] = [
  { name: "get of a foreign Secret", method: "GET", path: at(VICTIM) },
  { name: "get of its own Secret", method: "GET", path: at(OWN) },
  {
    name: "get as metadata only",
    method: "GET",
    path: at(VICTIM),
    headers: { accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" },
  },
  { name: "get as a table", method: "GET", path: at(VICTIM), headers: { accept: "application/json;as=Table;g=meta.k8s.io;v=v1" } },
  { name: "head", method: "HEAD", path: at(VICTIM) },
  { name: "list of a namespace", method: "GET", path: secrets() },
  { name: "list of all namespaces", method: "GET", path: "/api/v1/secrets" },
  { name: "list by the relay's own label", method: "GET", path: `${secrets()}?labelSelector=${LABEL}%3Dtokyo` },
  { name: "list by field of one name", method: "GET", path: `${secrets()}?fieldSelector=metadata.name%3D${VICTIM}` },
  { name: "watch of a namespace", method: "GET", path: `${secrets()}?watch=true` },
  { name: "watch of all by the old path", method: "GET", path: `/api/v1/watch/namespaces/${SPACE}/secrets` },
  { name: "get of a subresource that is none", method: "GET", path: `${at(VICTIM)}/status` },
  { name: "get of an API version that is none", method: "GET", path: `/api/v2/namespaces/${SPACE}/secrets/${VICTIM}` },
  { name: "get by a path with dots", method: "GET", path: `${secrets("app-other")}/../../${SPACE}/secrets/${VICTIM}` },
  { name: "get by an encoded slash", method: "GET", path: `${secrets()}/x%2F..%2F${VICTIM}` },
  { name: "get by an overridden method", method: "POST", path: at(VICTIM), body: {}, headers: { "x-http-method-override": "GET" } },
];

/**
 * What no admission policy can stop: the API server applies a JSON or merge patch first, and where the result is no Secret its error quotes
 * all of the patched object. So RBAC's `patch` on a name is a right to read it, whatever policy is in force.
 */
export const READS_BY_PATCH: readonly Attack[] = [
  {
    name: "JSON patch that copies a value to where no text may be",
    method: "PATCH",
    path: at(VICTIM),
    contentType: JSON_PATCH,
    body: [{ op: "copy", from: "/data/password", path: "/metadata/annotations" }],
  },
  {
    name: "JSON patch of a wrong type",
    method: "PATCH",
    path: at(VICTIM),
    contentType: JSON_PATCH,
    body: [{ op: "add", path: "/metadata/labels", value: "x" }],
  },
  { name: "merge patch of a wrong type", method: "PATCH", path: at(VICTIM), contentType: MERGE, body: { metadata: { labels: "x" } } },
  {
    name: "dry-run merge patch of a wrong type",
    method: "PATCH",
    path: `${at(VICTIM)}?dryRun=All`,
    contentType: MERGE,
    body: { metadata: { labels: "x" } },
  },
];
