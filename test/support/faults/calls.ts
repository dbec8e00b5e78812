/** Names each call as it is seen on the socket by the row of the fault matrix that it belongs to: the command, and what it is about. */
import { DECOY_NAME } from "../../../src/core/cluster-access/policy-name.ts";
import type { AwsCall } from "../aws-fault-proxy.ts";
import type { ClusterCall } from "../cluster-proxy.ts";

type Attributes = Readonly<Record<string, { readonly S?: string } | undefined>>;

interface TransactItem {
  readonly Update?: { readonly Key?: Attributes; readonly ExpressionAttributeValues?: Attributes };
  readonly Delete?: { readonly Key?: Attributes };
}

/** `REG`, `HEAD`, `PROP` …: what PROTOCOL calls the item. */
function kindOf(key: Attributes | undefined): string {
  const pk = key?.["pk"]?.S ?? "";
  const kind = /^[A-Z]+/.exec(pk)?.[0] ?? "";
  return kind === "CLUSTER" ? "REG" : kind;
}

function firstKey(input: Readonly<Record<string, unknown>>): Attributes | undefined {
  const tables = Object.values((input["RequestItems"] ?? {}) as Readonly<Record<string, { readonly Keys?: readonly Attributes[] }>>);
  return tables[0]?.Keys?.[0];
}

function transactionOf(input: Readonly<Record<string, unknown>>): string {
  const [first] = (input["TransactItems"] ?? []) as readonly TransactItem[];
  const kind = kindOf((first?.Update ?? first?.Delete)?.Key);
  const isTombstone = first?.Update?.ExpressionAttributeValues?.[":s_phase"]?.S === "tombstone";
  return isTombstone ? "tombstone" : kind;
}

/** Of an update that is made for another thing than others of the same item. */
function purposeOf(input: Readonly<Record<string, unknown>>): string {
  const values = (input["ExpressionAttributeValues"] ?? {}) as Attributes;
  if (":s_credentialsVersion" in values) return " of a notice";
  const expression = input["UpdateExpression"];
  if (typeof expression !== "string") return "";
  if (expression.startsWith("SET #value") && expression.includes("#open")) return " at a run's begin";
  return expression === "REMOVE #open" ? " at a run's end" : "";
}

/** `GetSecretValue`, `GetSecretValue of a kubeconfig`, `UpdateItem HEAD`, `Query REF` … */
export function awsRow({ operation, input }: AwsCall): string {
  switch (operation) {
    case "GetSecretValue": {
      const id = String(input["SecretId"]);
      if (id.startsWith("clusters/")) return "GetSecretValue of a kubeconfig";
      return id === HASH_KEY_NAME ? "GetSecretValue of the hash key" : operation;
    }
    case "BatchGetItem":
      return `BatchGetItem ${kindOf(firstKey(input))}`;
    case "Query": {
      const values = input["ExpressionAttributeValues"] as Attributes;
      return `Query ${kindOf({ pk: values[":pk"] })}`;
    }
    case "UpdateItem":
    case "DeleteItem": {
      return `${operation} ${kindOf(input["Key"] as Attributes)}${purposeOf(input)}`;
    }
    case "TransactWriteItems":
      return `TransactWriteItems ${transactionOf(input)}`;
    default:
      return operation;
  }
}

export const HASH_KEY_NAME = "hash-key";

/** The Secret with the access keys of a store. */
export const STORE_KEYS = "store-keys";

/**
 * The operations on a cluster: `look`, `tryDecoy`, `apply`, `takeOver`, `remove`, `list`, `namespaceLabels`, `namespaces`, `secretKey`, `serviceAccount`,
 * `token`, `templateConfigMap`, `templateSecret`; and what of ESO is taken over.
 */
export function clusterRow({ method, path, headers, body }: ClusterCall): string {
  if (method === "POST") return "token";
  if (method === "GET" && /^\/api\/v1\/namespaces(\?|$)/.test(path)) return "namespaces";
  if (method === "GET" && path.includes("/serviceaccounts/")) return "serviceAccount";
  if (method === "GET" && path.endsWith(`/secrets/${STORE_KEYS}`)) return "secretKey";
  const templates = method === "GET" ? /\/(configmaps|secrets)\/[^/?]+$/.exec(path)?.[1] : undefined;
  if (templates !== undefined) return templates === "secrets" ? "templateSecret" : "templateConfigMap";
  if (method === "GET") return /^\/api\/v1\/namespaces\/[^/?]+$/.test(path) ? "namespaceLabels" : "list";
  if (method === "DELETE") return "remove";
  if (headers["content-type"] === "application/merge-patch+json") {
    return body.includes('"ownerReferences"') ? "takeOver of an adoption" : "takeOver";
  }
  if (path.includes(`/secrets/${DECOY_NAME}?`)) return "tryDecoy";
  return path.includes("dryRun=All") ? "look" : "apply";
}
