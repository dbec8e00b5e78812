/** Gives the relay its way into a local cluster, as the owner of a real one would: docs/cluster-access.yaml, and an identity in its group. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { KubernetesObject } from "@kubernetes/client-node";
import { parseAllDocuments } from "yaml";
import type { ApiServer, ApiServerUser } from "./api-server.ts";
import { applyObject } from "./kubernetes-api.ts";

const GRANTS = join(import.meta.dirname, "../../docs/cluster-access.yaml");
/** The subject of the binding in that file. */
const GROUP = "secret-relay";

/** Creates the namespaces, grants the rights, and makes the identity: it may create, change and delete Secrets, and read none. */
export async function grantAccess(server: ApiServer, namespaces: readonly string[]): Promise<ApiServerUser> {
  const grants = parseAllDocuments(await readFile(GRANTS, "utf8")).map((document) => document.toJS() as KubernetesObject);
  const spaces = namespaces.map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } }));
  for (const object of [...grants, ...spaces]) await applyObject(server, object);
  return server.addUser("secret-relay", [GROUP]);
}
