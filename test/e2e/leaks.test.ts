/**
 * Everything that can go wrong around a secret, at debug level, with canaries in each value, token and key: answers that echo, hang, break
 * or are of the wrong shape, credentials that do not parse, templates and values that fail, a function that is killed. What the relay
 * shows of it goes to the sinks (test/support/canary); the reporter looks through them when all tests have ended.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import type { AwsCall, AwsFault } from "../support/aws-fault-proxy.ts";
import { namedCanaries } from "../support/canary/canary.ts";
import { runFolder } from "../support/canary/run-folder.ts";
import { SINKS, SINKS_FOLDER, type SinkName } from "../support/canary/sinks.ts";
import type { ClusterFault } from "../support/cluster-proxy.ts";
import { type DeployedRelay, startDeployedRelay } from "../support/deployed-relay.ts";
import { eventually } from "../support/eventually.ts";
import { functionProcesses } from "../support/function-processes.ts";
import { runCli } from "../unit/cli/run-cli.ts";
import { externalSecret, password, yamlFile } from "./manifests.ts";

const CLUSTERS = ["tokyo", "virginia"];
const KEY = "shop/database";
const secret = namedCanaries();

/** An ExternalSecret of which something fails; `spec` in flow style. */
const failing = (name: string, spec: string): string => `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: ${name}, namespace: app-shop }
spec: { secretStoreRef: { kind: ClusterSecretStore, name: aws }, ${spec} }
`;

const cluster = (name: string): string => `apiVersion: secret-relay.dev/v1alpha1
kind: Cluster
metadata: { name: ${name} }
spec:
  kubeconfigSecretRef: { name: clusters/${name} }
  manifests: ["apps/store.yaml", "unreachable/*.yaml"]
  namespaces: { allow: ["app-*"] }
`;

/** By the name of the registration: what fails of it, and the code that tells. */
const FAILING: Readonly<Record<string, { readonly spec: string; readonly code: string }>> = {
  "no-json": { spec: "data: [{ secretKey: a, remoteRef: { key: shop/text, property: password } }]", code: "PropertyNotFound" },
  "no-object": { spec: "dataFrom: [{ extract: { key: shop/text } }]", code: "NotAnObject" },
  "bad-key": { spec: "dataFrom: [{ extract: { key: shop/keys } }]", code: "InvalidKey" },
  undecodable: {
    spec: "data: [{ secretKey: a, remoteRef: { key: shop/text, decodingStrategy: Base64 } }]",
    code: "DecodingFailed",
  },
  "fail-function": {
    spec: `target: { template: { data: { a: '{{ fail .password }}' } } }, dataFrom: [{ extract: { key: ${KEY} } }]`,
    code: "TemplateError",
  },
  "bad-call": {
    spec: `target: { template: { data: { a: '{{ .password | mustFromJson }}' } } }, dataFrom: [{ extract: { key: ${KEY} } }]`,
    code: "TemplateError",
  },
  "bad-certificate": {
    spec: `target: { template: { data: { a: '{{ .password | pkcs12key }}' } } }, dataFrom: [{ extract: { key: ${KEY} } }]`,
    code: "TemplateError",
  },
};

let relay: DeployedRelay;
let made = 0;

beforeAll(async () => {
  relay = await startDeployedRelay({
    clusters: CLUSTERS,
    secrets: {
      [KEY]: password(secret("first")),
      "shop/text": secret("no JSON"),
      "shop/keys": JSON.stringify({
        [secret("a member's name")]: secret("a member"),
        // The same key, once what a key can't hold is replaced.
        [secret("a member's name").replaceAll(/[^A-Za-z0-9]/g, "_")]: secret("another member"),
      }),
      // The line of the token is what does not parse.
      "clusters/broken": `server: https://broken.example\ntoken: "${secret("token")}": {{\n`,
      "clusters/refused": JSON.stringify({
        server: "https://169.254.169.254",
        caData: "none",
        token: secret("another token"),
        clientKey: secret("a client key"),
      }),
    },
    config: {
      "clusters/broken.yaml": cluster("broken"),
      "clusters/refused.yaml": cluster("refused"),
      "apps/shop.yaml": externalSecret("database", KEY),
      "apps/failing.yaml": yamlFile(...Object.entries(FAILING).map(([name, { spec }]) => failing(name, spec))),
      "unreachable/shop.yaml": externalSecret("elsewhere", KEY),
    },
    context: { visibilityBoundSeconds: "5", syncTimeoutSeconds: "20", logLevel: "debug", tracing: "true" },
  });
});

afterEach(() => {
  relay.awsProxy.fault = undefined;
  for (const name of CLUSTERS) Object.assign(relay.cluster(name).proxy, { fault: undefined, afterAnswer: undefined, isDown: false });
});

afterAll(() => relay?.stop(), 120_000);

async function rotate(): Promise<string> {
  made += 1;
  const value = secret(`rotated ${made}`);
  await relay.clients.secretsManager.send(new PutSecretValueCommand({ SecretId: KEY, SecretString: password(value) }));
  return value;
}

async function expectIn(clusters: readonly string[], value: string): Promise<void> {
  await eventually(
    async () => {
      for (const name of clusters) {
        expect([name, await relay.cluster(name).readSecret("app-shop", "database")]).toEqual([name, { password: value }]);
      }
    },
    { timeoutMs: 150_000, intervalMs: 200 },
  );
}

const codesOf = async (name: string): Promise<string> =>
  JSON.stringify(
    (await relay.events()).filter((event) => event["detail-type"] === "Secret Sync Failed" && JSON.stringify(event).includes(name)),
  );

const isRead = ({ operation, input }: AwsCall): boolean => operation === "GetSecretValue" && input["SecretId"] === KEY;

/** An error of AWS whose text and further fields quote the value. */
const echo = (status: number, name: string): AwsFault => {
  const value = secret("an AWS echo");
  return { kind: "error", status, name, fields: { message: `no: ${value}`, Message: value, input: { SecretString: value }, cause: value } };
};

/** A Status of Kubernetes whose text and causes do, and whose reason is none. */
const statusEcho = (status: number, reason: string): ClusterFault => {
  const value = Buffer.from(secret("a cluster's echo")).toString("base64");
  const details = { name: value, causes: [{ reason: value, field: value, message: `Invalid value: "${value}"` }] };
  return { kind: "answer", status, text: JSON.stringify({ kind: "Status", reason, message: `no: ${value}`, details }) };
};

describe("what fails by its own content", () => {
  it.each(Object.entries(FAILING).map(([name, { code }]) => ({ name, code })))("$name tells $code", async ({ name, code }) => {
    await eventually(async () => expect(await codesOf(`"${name}"`)).toContain(code), { timeoutMs: 90_000 });
  });

  it.each(["broken", "refused"])("the cluster whose credentials are %s tells so, and no other waits for it", async (name) => {
    await expectIn(CLUSTERS, secret("first"));
    await eventually(async () => expect(await codesOf(`"${name}"`)).toContain("ClusterCredentials"), { timeoutMs: 90_000 });
  });
});

/** Each meets the first calls of a rotation, which arrives all the same when they have passed. */
const AWS_FAULTS: readonly { readonly how: string; readonly fault: AwsFault; readonly times: number }[] = [
  { how: "denies access and echoes", fault: echo(400, "AccessDeniedException"), times: 1 },
  { how: "throttles and echoes", fault: echo(400, "ThrottlingException"), times: 4 },
  { how: "fails by a name of its own and echoes", fault: echo(500, secret("an error's name")), times: 4 },
  {
    how: "answers a value of the wrong type",
    fault: { kind: "alter", answer: (body) => ({ ...body, SecretString: [secret("a list")] }) },
    times: 1,
  },
  { how: "answers what is no answer", fault: { kind: "alter", answer: () => ({ Echo: secret("no answer") }) }, times: 1 },
  { how: "breaks in the middle of its answer", fault: { kind: "cut" }, times: 4 },
  { how: "never answers", fault: { kind: "hang" }, times: 1 },
];

describe.each(AWS_FAULTS)("a store that $how", ({ fault, times }) => {
  it("is met, and the next rotation arrives", async () => {
    let met = 0;
    relay.awsProxy.fault = (call) => {
      if (!isRead(call) || met >= times) return undefined;
      met += 1;
      return fault;
    };

    await rotate();
    await eventually(() => Promise.resolve(expect(met).toBe(times)), { timeoutMs: 60_000 });

    await expectIn(CLUSTERS, await rotate());
  });
});

const CLUSTER_FAULTS: readonly { readonly how: string; readonly fault: ClusterFault }[] = [
  ...[400, 403, 409, 422, 429, 500].map((status) => ({ how: `answers ${status} and echoes`, fault: statusEcho(status, "Invalid") })),
  { how: "answers what is no JSON", fault: { kind: "answer", status: 200, text: `<html>${secret("a page")}</html>` } },
  { how: "answers another object", fault: { kind: "answer", status: 200, text: JSON.stringify({ data: { a: secret("an object") } }) } },
  { how: "redirects", fault: { kind: "answer", status: 307, headers: { location: "https://127.0.0.1:9/" }, text: secret("elsewhere") } },
  { how: "breaks in the middle of its answer", fault: { kind: "cut" } },
  { how: "never answers", fault: { kind: "hang" } },
];

describe("a cluster", () => {
  it.each(CLUSTER_FAULTS)("that $how holds up no other, and has the next rotation", async ({ fault }) => {
    let met = 0;
    relay.cluster("tokyo").proxy.fault = ({ method, path }) => {
      if (method !== "PATCH" || !path.includes("/secrets/database") || met >= 1) return undefined;
      met += 1;
      return fault;
    };

    const value = await rotate();
    await expectIn(["virginia"], value);
    await eventually(() => Promise.resolve(expect(met).toBe(1)), { timeoutMs: 60_000 });

    await expectIn(CLUSTERS, await rotate());
  });
});

describe("a function", () => {
  it.each(["SIGABRT", "SIGKILL"] as const)("that ends by %s between apply and record leaves nothing behind", async (signal) => {
    let killed = 0;
    relay.cluster("tokyo").proxy.afterAnswer = ({ call, status }) => {
      if (killed > 0 || call.method !== "PATCH" || call.path.includes("dryRun") || status > 299) return;
      for (const pid of functionProcesses(relay.aws.pid)) {
        process.kill(pid, signal);
        killed += 1;
      }
    };

    await rotate();
    await eventually(() => Promise.resolve(expect(killed).toBeGreaterThan(0)), { timeoutMs: 60_000 });

    await expectIn(CLUSTERS, await rotate());
    const files = readdirSync(relay.aws.folder, { recursive: true, encoding: "utf8" }).map((path) => basename(path));
    expect(files.filter((name) => /^core(?:\.|$)|^report\..*\.json$|\.heap(?:snapshot|profile)$|\.cpuprofile$/.test(name))).toEqual([]);
  });
});

/**
 * What must be in a sink if it is wired to what it is named for: none of it is secret. Not of `queue`: a deployed function's SQS client goes
 * to the host of the queue's URL, past the proxy. The fault matrix, whose functions run in the test, has each of those requests.
 */
const MARKS: Readonly<Partial<Record<SinkName, readonly string[]>>> = {
  log: ['"function":"sync"', '"function":"on-secret-change"', '"code":"ClusterCredentials"'],
  output: ["ministack"],
  table: ["DynamoDB_20120810.TransactWriteItems", "kubeconfigSecretName", "TemplateError"],
  event: ["AWSEvents.PutEvents", "Secret Sync Failed", "PropertyNotFound"],
  "aws-request": ["secretsmanager.GetSecretValue", "user-agent"],
  "cluster-request": ["PATCH /api/v1/namespaces/app-shop/secrets/database", '"annotations"', "fieldManager"],
  "cluster-answer": ["PartialObjectMetadata", '"managedFields"'],
  "kubernetes-object": ['"managedFields"', '"name":"database"'],
  template: ["AWS::Lambda::Function", "kubeconfigSecretName", "as=PartialObjectMetadata"],
  "function-configuration": ['"LOG_LEVEL":"debug"', '"Mode":"Active"'],
  file: ["kubeconfigSecretRef", "as=PartialObjectMetadata"],
  "cli-output": ["TemplateError"],
};

function textOf(sink: SinkName): string {
  const folder = join(runFolder() ?? "", SINKS_FOLDER, sink);
  return existsSync(folder)
    ? readdirSync(folder)
        .map((file) => readFileSync(join(folder, file), "latin1"))
        .join("\n")
    : "";
}

describe("the sinks of this deployment", () => {
  it("got what they are named for, the command line's too", async () => {
    await eventually(
      async () => {
        const args = ["status", "--table", relay.outputs["RegistryTableName"] ?? "", "-o", "json"];
        const { stdout } = await runCli(args, { env: relay.aws.environment });
        for (const code of ["TemplateError", "PropertyNotFound", "ClusterCredentials"]) expect(stdout).toContain(code);
      },
      { timeoutMs: 60_000, intervalMs: 2_000 },
    );
    await relay.stop();

    const alwaysUsed = (Object.keys(SINKS) as SinkName[]).filter((sink) => SINKS[sink].isAlwaysUsed && sink !== "queue");
    expect(Object.keys(MARKS).toSorted()).toEqual(alwaysUsed.toSorted());
    const missing = Object.entries(MARKS).flatMap(([sink, marks]) => {
      const text = textOf(sink as SinkName);
      return marks.filter((mark) => !text.includes(mark)).map((mark) => `${sink}: ${mark}`);
    });
    expect(missing).toEqual([]);
  });
});
