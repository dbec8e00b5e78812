/** EKS's way in on real API servers, whose webhook verifies the tokens as EKS's authenticator does, so that RBAC decides who may do what. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { createClusterAccess } from "../../../functions/cluster-access.ts";
import * as eksClient from "../../../src/adapters/kubernetes/eks-client.ts";
import * as parameterStore from "../../../src/adapters/providers/parameterstore.ts";
import * as sts from "../../../src/adapters/providers/sts.ts";
import { systemClock } from "../../../src/adapters/system-clock.ts";
import type { ClusterSpec, EksCluster } from "../../../src/core/model.ts";
import type { Cluster, Clusters } from "../../../src/core/ports.ts";
import { clientOptions } from "../../../src/core/remote-calls.ts";
import { SecretValue } from "../../../src/core/secret-value.ts";
import { type ApiServer, startApiServer } from "../../../src/local/api-server.ts";
import { grantAccess } from "../../../src/local/cluster-access.ts";
import { applyObject } from "../../../src/local/kubernetes-api.ts";
import { createCleanUpStack } from "../../../src/local/stop-on-exit.ts";
import { type AwsFaultProxy, startAwsFaultProxy } from "../../support/aws-fault-proxy.ts";
import { type EksAuthenticator, startEksAuthenticator } from "../../support/eks-authenticator.ts";
import { captureLog } from "../../support/invocations.ts";
import { startAws } from "../../support/local-parts.ts";
import { type PortForwarder, startPortForwarder } from "../../support/port-forwarder.ts";
import { aCluster } from "../../support/registrations.ts";

const ACCOUNT = "000000000000";
const REGION = "eu-west-1";
const EKS: EksCluster = { name: "prod", region: REGION };
const ROLE = { ...EKS, roleArn: "arn:aws:iam::222222222222:role/relay-in-cluster", externalId: "relay/1" };

const stack = createCleanUpStack();
const secrets = new Map([[ACCOUNT, "local"]]);
let aws: AwsFaultProxy;
let authenticator: EksAuthenticator;
let servers: readonly ApiServer[];
/** What the endpoint leads to, and the CA that EKS names. */
let endpoint: PortForwarder;
let shown: ApiServer;
let described: Readonly<Record<string, unknown>>;
let offsetMs = 0;
const now = () => Date.now() + offsetMs;

/** The functions' own composition of what reaches clusters; each as a new instance of a function. */
function newInstance(clockMs: () => number = now): Clusters {
  const clock = { ...systemClock, now: clockMs, latest: clockMs };
  const awsOptions = (region = REGION) => ({
    ...clientOptions(region),
    endpoint: aws.endpoint,
    credentials: { accessKeyId: ACCOUNT, secretAccessKey: "local" },
  });
  const modules = {
    parameterStore: async () => parameterStore,
    sts: async () => sts,
    eks: async () => eksClient,
  };
  const environment = { AWS_REGION: REGION, ALLOW_LOOPBACK_CLUSTERS: "true" };
  const registry = {} as Parameters<typeof createClusterAccess>[1]["registry"];
  const { clusters } = createClusterAccess({ environment, clock, awsOptions, modules, log: captureLog(clock).log, fetch }, { registry });
  return clusters;
}

const specOf = (eks: EksCluster): ClusterSpec => aCluster("tokyo", { eks });
let made = 0;

/** Creates a Secret that nobody made yet. */
async function write(cluster: Cluster, namespace = "app"): Promise<string> {
  made += 1;
  const name = `s${made}`;
  const data = new Map([["password", new SecretValue("v")]]);
  const { kind } = await cluster.apply({ namespace, name, labels: {}, annotations: {}, data }, "test", { kind: "create" });
  return kind;
}

const callsOf = (operation: string): number => aws.calls.filter((call) => call.operation === operation).length;

beforeAll(async () => {
  const emulator = await startAws();
  aws = await startAwsFaultProxy(emulator.endpoint);
  await stack.add(aws.stop);
  aws.afterAnswer = ({ operation }, body) => {
    if (operation !== "AssumeRole") return;
    const of = (field: string): string => new RegExp(`<${field}>([^<]+)</${field}>`).exec(body)?.[1] ?? "";
    secrets.set(of("AccessKeyId"), of("SecretAccessKey"));
  };
  // The emulator makes EKS clusters in Docker only.
  aws.local = ({ operation }) =>
    operation === "DescribeCluster" ? { status: 200, body: JSON.stringify({ cluster: { ...clusterNow(), ...described } }) } : undefined;
  authenticator = await startEksAuthenticator({
    clusterName: "prod",
    region: REGION,
    stsEndpoint: emulator.endpoint,
    secretOf: (id) => secrets.get(id),
    identities: {
      [`arn:aws:iam::${ACCOUNT}:root`]: { user: "relay", groups: ["secret-relay"] },
      [ROLE.roleArn]: { user: "relay-in-cluster", groups: ["app-only"] },
    },
    now,
  });
  await stack.add(authenticator.stop);
  const flags = {
    "authentication-token-webhook-config-file": authenticator.configPath,
    "authentication-token-webhook-cache-ttl": "0s",
    "authentication-token-webhook-version": "v1",
  };
  const started = await Promise.all([startApiServer({ flags }), startApiServer({ flags })]);
  for (const server of started) await stack.add(server.stop);
  servers = started;
  for (const server of started) {
    await grantAccess(server, ["app", "other"]);
    const group = "rbac.authorization.k8s.io";
    const metadata = { name: "app-only", namespace: "app" };
    const rules = [{ apiGroups: [""], resources: ["secrets"], verbs: ["create", "patch", "delete"] }];
    const roleRef = { apiGroup: group, kind: "Role", name: "app-only" };
    const subjects = [{ apiGroup: group, kind: "Group", name: "app-only" }];
    await applyObject(server, { apiVersion: `${group}/v1`, kind: "Role", metadata, rules } as never);
    await applyObject(server, { apiVersion: `${group}/v1`, kind: "RoleBinding", metadata, roleRef, subjects } as never);
  }
});

afterAll(async () => stack.run());

beforeEach(async () => {
  endpoint = await startPortForwarder();
  await stack.add(endpoint.stop);
  lead(0);
  described = {};
  offsetMs = 0;
});

const clusterNow = () => ({
  name: "prod",
  status: "ACTIVE",
  endpoint: endpoint.endpoint.replace("http:", "https:"),
  certificateAuthority: { data: Buffer.from(shown.caPem).toString("base64") },
});

/** From now on the endpoint leads to this one, and EKS names its CA. */
function lead(index: number): void {
  const server = servers[index];
  if (server === undefined) throw new Error("there are two");
  shown = server;
  endpoint.target = server.server.replace("https:", "http:");
}

describe("an EKS cluster", () => {
  it("lets the function's own role do what its group may, by one token and one DescribeCluster", async () => {
    const before = [callsOf("DescribeCluster"), authenticator.tokens.length] as const;
    const clusters = newInstance();

    for (let invocation = 0; invocation < 3; invocation += 1) {
      const cluster = await clusters.connect(specOf(EKS));
      expect(await Promise.all([write(cluster), write(cluster, "other")])).toEqual(["written", "written"]);
    }
    const forbidden = (await clusters.connect(specOf(EKS))).namespaces();

    await expect(forbidden).rejects.toMatchObject({ code: "StoreAuthForbidden" });
    expect([callsOf("DescribeCluster"), authenticator.tokens.length]).toEqual([before[0] + 1, before[1] + 1]);
  });

  it("lets an assumed role do what its own group may, and no more; the role is assumed once, with its external id", async () => {
    const before = callsOf("AssumeRole");
    const clusters = newInstance();

    const cluster = await clusters.connect(specOf(ROLE));
    expect(await write(cluster)).toBe("written");
    await expect(write(cluster, "other")).rejects.toMatchObject({ code: "Forbidden" });
    clusters.forget("tokyo");
    expect(await write(await clusters.connect(specOf(ROLE)))).toBe("written");

    expect(callsOf("AssumeRole")).toBe(before + 1);
    const assumed = aws.calls.findLast(({ operation }) => operation === "AssumeRole");
    expect(assumed?.input).toMatchObject({ RoleArn: ROLE.roleArn, ExternalId: "relay/1", RoleSessionName: "secret-relay" });
  });

  it.each([
    { name: "of another cluster", eks: { ...EKS, name: "staging" }, reason: "the signature does not match" },
    { name: "of another region", eks: { ...EKS, region: "us-west-2" }, reason: "unexpected host" },
    { name: "that has expired", eks: EKS, lateMs: 15 * 60_000 + 2_000, reason: "expired" },
  ])("refuses a token $name", async ({ eks, lateMs = 0, reason }) => {
    const cluster = await newInstance(() => now() - lateMs).connect(specOf(eks));

    await expect(write(cluster)).rejects.toMatchObject({ code: "ClusterUnauthorized" });
    expect(authenticator.refusals.at(-1)).toBe(reason);
  });

  it("refuses a role that nobody mapped", async () => {
    const cluster = await newInstance().connect(specOf({ ...EKS, roleArn: "arn:aws:iam::222222222222:role/nobody" }));

    await expect(write(cluster)).rejects.toMatchObject({ code: "ClusterUnauthorized" });
    expect(authenticator.refusals.at(-1)).toBe("nobody mapped arn:aws:iam::222222222222:role/nobody");
  });

  it("gets one token anew where the API server refuses it in the middle of a batch, by credentials that are new too", async () => {
    const cluster = await newInstance().connect(specOf(ROLE));
    await write(cluster);
    const before = [authenticator.tokens.length, callsOf("AssumeRole"), callsOf("DescribeCluster")] as const;
    authenticator.revokeAll();
    // The API server itself remembers a good token for ten seconds.
    await sleep(10_500);
    offsetMs = 31_000;

    const kinds = await Promise.all(Array.from({ length: 12 }, () => write(cluster)));

    expect(new Set(kinds)).toEqual(new Set(["written"]));
    expect([authenticator.tokens.length, callsOf("AssumeRole"), callsOf("DescribeCluster")]).toEqual([
      before[0] + 1,
      before[1] + 1,
      before[2],
    ]);
  });

  it("is described anew where another CA stands at its endpoint, once for all calls, and goes on", async () => {
    const clusters = newInstance();
    const cluster = await clusters.connect(specOf(EKS));
    await write(cluster);
    const before = callsOf("DescribeCluster");
    await endpoint.closeAll();
    lead(1);

    const kinds = await Promise.all(Array.from({ length: 6 }, () => write(cluster)));

    expect(new Set(kinds)).toEqual(new Set(["written"]));
    expect(callsOf("DescribeCluster")).toBe(before + 1);
    expect(await write(await clusters.connect(specOf(EKS)))).toBe("written");
    expect(callsOf("DescribeCluster")).toBe(before + 1);
  });

  it("is not described again and again where its certificate stays a foreign one", async () => {
    const cluster = await newInstance().connect(specOf(EKS));
    const before = callsOf("DescribeCluster");
    // EKS goes on naming the old one.
    endpoint.target = servers[1]?.server.replace("https:", "http:");

    for (let call = 0; call < 4; call += 1) {
      await expect(write(cluster)).rejects.toMatchObject({ code: "ClusterUnreachable" });
    }

    expect(callsOf("DescribeCluster")).toBe(before + 1);
  });

  it("says what DescribeCluster says where it is gone, and that it is unreachable where that does not say", async () => {
    const gone = await newInstance().connect(specOf(EKS));
    const unknown = await newInstance().connect(specOf(EKS));
    endpoint.target = servers[1]?.server.replace("https:", "http:");

    described = { status: "DELETING" };
    await expect(write(gone)).rejects.toMatchObject({ code: "ClusterNotFound" });
    aws.fault = ({ operation }) =>
      operation === "DescribeCluster" ? { kind: "error", status: 400, name: "ThrottlingException" } : undefined;
    try {
      await expect(write(unknown)).rejects.toMatchObject({ code: "ClusterUnreachable", remote: { service: "kubernetes" } });
    } finally {
      aws.fault = undefined;
    }
  });

  it.each([
    { name: "being made", fields: { status: "CREATING", endpoint: undefined }, code: "ClusterNotReady", policy: "retry" },
    { name: "without a CA yet", fields: { certificateAuthority: {} }, code: "ClusterNotReady", policy: "retry" },
    { name: "being deleted", fields: { status: "DELETING" }, code: "ClusterNotFound", policy: "park" },
    {
      name: "at the metadata address",
      fields: { endpoint: "https://169.254.169.254" },
      code: "ClusterAddressRefused",
      policy: "park",
    },
    { name: "by plain HTTP", fields: { endpoint: "http://k.example" }, code: "ClusterAddressRefused", policy: "park" },
  ])("is not reached while it is $name", async ({ fields, code, policy }) => {
    described = fields;

    await expect(newInstance().connect(specOf(EKS))).rejects.toMatchObject({ code, policy });
  });

  it.each([
    ["ResourceNotFoundException", 404, "ClusterNotFound"],
    ["AccessDeniedException", 403, "ClusterAccessDenied"],
    ["InvalidParameterException", 400, "ClusterNotFound"],
    ["ThrottlingException", 429, "ClusterThrottled"],
    ["ServerException", 500, "ClusterUnreachable"],
  ])("says what EKS's %s is", async (name, status, code) => {
    aws.fault = ({ operation }) => (operation === "DescribeCluster" ? { kind: "error", status, name } : undefined);
    try {
      await expect(newInstance().connect(specOf(EKS))).rejects.toMatchObject({
        code,
        subject: "EKS cluster eu-west-1/prod",
        remote: { service: "eks", operation: "DescribeCluster", status, reason: name },
      });
    } finally {
      aws.fault = undefined;
    }
  });

  it("says so where its role can't be assumed", async () => {
    aws.fault = ({ operation }) => (operation === "AssumeRole" ? { kind: "error", status: 403, name: "AccessDenied" } : undefined);
    try {
      await expect(newInstance().connect(specOf(ROLE))).rejects.toMatchObject({ code: "RoleNotAssumed", subject: ROLE.roleArn });
    } finally {
      aws.fault = undefined;
    }
  });

  it("has no token in any error", async () => {
    const cluster = await newInstance().connect(specOf({ ...EKS, name: "staging" }));
    const error = await write(cluster).then(
      () => undefined,
      (thrown: unknown) => thrown as Error,
    );
    const token = authenticator.tokens.at(-1) ?? "none";

    expect(error).toBeDefined();
    for (const text of [String(error), error?.stack ?? "", JSON.stringify(error)]) {
      expect(text).not.toContain(token.slice(-40));
      expect(text).not.toContain("X-Amz-");
    }
  });
});
