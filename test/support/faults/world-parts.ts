/** What worlds are made of beside their story: what the API servers wrote, stores with credentials of their own, EKS clusters, tags, queues. */
import { CreateQueueCommand } from "@aws-sdk/client-sqs";
import { AddTagsToResourceCommand } from "@aws-sdk/client-ssm";
import type { SourceAccess } from "../../../src/core/stores/access.ts";
import type { AwsFaultProxy } from "../aws-fault-proxy.ts";
import type { ClusterProxy } from "../cluster-proxy.ts";
import { CLUSTERS, type ClusterName, type FaultParts, NAMESPACE, roleIn, STORE_AUTH } from "./parts.ts";

/** What stands before the parts. */
export type WorldProxies = Readonly<Record<"aws", AwsFaultProxy> & Record<ClusterName, ClusterProxy>>;

/** A write that an API server carried out for the relay. */
export interface TargetWrite {
  readonly cluster: string;
  readonly name: string;
  /** What `password` became; undefined by a deletion. */
  readonly value: string | undefined;
}

/** The emulator makes EKS clusters in Docker only. */
export function describeCluster(proxies: WorldProxies, name: string): { readonly status: number; readonly body: string } {
  const { server, caPem } = proxies[name as ClusterName];
  const certificateAuthority = { data: Buffer.from(caPem).toString("base64") };
  return { status: 200, body: JSON.stringify({ cluster: { name, status: "ACTIVE", endpoint: server, certificateAuthority } }) };
}

export const TAG = { metadataPolicy: "Fetch", property: "password" } as const;

export function tagging(ResourceId: string, Value: string): AddTagsToResourceCommand {
  return new AddTagsToResourceCommand({ ResourceType: "Parameter", ResourceId, Tags: [{ Key: TAG.property, Value }] });
}

/** What a store's `auth` says, in short. */
export function accessBy(by: "role" | "IRSA" | "access keys", cluster: string, account: string): SourceAccess {
  const namespace = NAMESPACE;
  const key = (name: string) => ({ namespace, name: STORE_AUTH.secret, key: name });
  switch (by) {
    case "role":
      return { id: by, base: { kind: "function" }, roles: [{ arn: roleIn(account), tags: { team: "shop" } }] };
    case "IRSA":
      return { id: by, base: { kind: "serviceAccount", cluster, namespace, name: STORE_AUTH.account, audiences: [] }, roles: [] };
    case "access keys":
      return { id: by, base: { kind: "secret", cluster, accessKeyId: key("id"), secretAccessKey: key("key") }, roles: [] };
  }
}

/** What the API servers carried out, by way of the proxies, since the world began. */
export function watchWrites(proxies: WorldProxies): readonly TargetWrite[] {
  const writes: TargetWrite[] = [];
  for (const name of CLUSTERS) {
    proxies[name].afterAnswer = ({ call, status }) => {
      if (status > 299 || ["GET", "POST"].includes(call.method) || call.path.includes("dryRun=All")) return;
      const secret = /\/secrets\/([^?]+)/.exec(call.path)?.[1] ?? "";
      const { data } = JSON.parse(call.body) as { readonly data?: Readonly<Record<string, string>> };
      const isMerge = call.headers["content-type"] === "application/merge-patch+json";
      if (isMerge) return;
      const encoded = call.method === "DELETE" ? undefined : data?.["password"];
      writes.push({ cluster: name, name: secret, value: encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString() });
    };
  }
  return writes;
}

export async function createQueue({ clients }: FaultParts, QueueName: string): Promise<string> {
  const { QueueUrl = "" } = await clients.sqs.send(new CreateQueueCommand({ QueueName }));
  return QueueUrl;
}
