/** What each function may do: exactly what it needs, and of secrets exactly those that the config names. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { resourcesOf, synthesise, type Template, WITHOUT_BUNDLES } from "./template.ts";

const FOREIGN = "arn:aws:secretsmanager:eu-west-1:444455556666:secret:team/token-AbCdEf";
const PARTIAL = "arn:aws:secretsmanager:us-east-1:111122223333:secret:legacy";

const CONFIG = `
apiVersion: secret-relay.dev/v1alpha1
kind: Cluster
metadata: {name: tokyo}
spec: {kubeconfigSecretRef: {name: clusters/tokyo}, manifests: ["*.yaml"], namespaces: {allow: ["*"]}}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: here}
spec: {provider: {aws: {service: SecretsManager}}}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: virginia}
spec: {provider: {aws: {service: SecretsManager, region: us-east-1}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: a, namespace: app}
spec:
  secretStoreRef: {name: here, kind: ClusterSecretStore}
  data:
    - {secretKey: one, remoteRef: {key: shop/db, property: user}}
    - {secretKey: two, remoteRef: {key: shop/db, property: password}}
    - {secretKey: three, remoteRef: {key: "${FOREIGN}"}}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: parameters}
spec: {provider: {aws: {service: ParameterStore, prefix: /shop/}}}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: other-account}
spec:
  provider:
    aws:
      service: SecretsManager
      additionalRoles: [arn:aws:iam::111122223333:role/hop]
      role: arn:aws:iam::777788889999:role/reader
      sessionTags: [{key: team, value: shop}]
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: tagged}
spec: {provider: {aws: {service: ParameterStore, role: "arn:aws:iam::777788889999:role/tagged", sessionTagsPolicy: Simple}}}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: irsa}
spec: {provider: {aws: {service: SecretsManager, role: "arn:aws:iam::777788889999:role/irsa", auth: {jwt: {serviceAccountRef: {name: reader}}}}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: c, namespace: app}
spec:
  secretStoreRef: {name: parameters, kind: ClusterSecretStore}
  data:
    - {secretKey: one, remoteRef: {key: db/password}}
    - {secretKey: two, remoteRef: {key: theirs}, sourceRef: {storeRef: {name: other-account, kind: ClusterSecretStore}}}
    - {secretKey: three, remoteRef: {key: /theirs}, sourceRef: {storeRef: {name: tagged, kind: ClusterSecretStore}}}
    - {secretKey: four, remoteRef: {key: theirs}, sourceRef: {storeRef: {name: irsa, kind: ClusterSecretStore}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: finds, namespace: app}
spec:
  secretStoreRef: {name: here, kind: ClusterSecretStore}
  dataFrom:
    - {find: {path: team/, name: {regexp: "^team/a-[0-9]"}}}
    - {find: {path: team/, name: {regexp: "^team/a-x?"}}}
    - {find: {tags: {env: prod}}, sourceRef: {storeRef: {name: virginia, kind: ClusterSecretStore}}}
    - {find: {name: {regexp: "^/shop/db/.*"}}, sourceRef: {storeRef: {name: parameters, kind: ClusterSecretStore}}}
    - {find: {path: /shop, tags: {env: prod}}, sourceRef: {storeRef: {name: parameters, kind: ClusterSecretStore}}}
    - {find: {name: {regexp: theirs}}, sourceRef: {storeRef: {name: other-account, kind: ClusterSecretStore}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: b, namespace: app}
spec:
  secretStoreRef: {name: virginia, kind: ClusterSecretStore}
  dataFrom: [{extract: {key: shop/payment}}, {extract: {key: "${PARTIAL}"}}]
`;

const OWN = "arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:";
const SECRETS = [
  `${OWN}clusters/tokyo-??????`,
  `${OWN}shop/db-??????`,
  "arn:<AWS::Partition>:secretsmanager:us-east-1:<AWS::AccountId>:secret:shop/payment-??????",
  `${PARTIAL}-??????`,
  FOREIGN,
];

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}

const listOf = (value: string | readonly string[]): readonly string[] => (typeof value === "string" ? [value] : value);

let outdir: string;
let template: Template;

/** What a role may do, as `action resource` lines. */
function grants(role: string, of: Template = template): readonly string[] {
  const all = [...Object.values(resourcesOf(of, "AWS::IAM::Policy")), ...Object.values(resourcesOf(of, "AWS::IAM::ManagedPolicy"))];
  const policies = all.filter(({ Roles }) => (Roles as readonly string[]).includes(`<${role}>`));
  const statements = policies.flatMap(
    ({ PolicyDocument }) => (PolicyDocument as unknown as { readonly Statement: readonly Statement[] }).Statement,
  );
  return statements
    .flatMap(({ Action, Resource }) => listOf(Action).flatMap((action) => listOf(Resource).map((resource) => `${action} ${resource}`)))
    .toSorted();
}

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "secret-relay-config-"));
  await mkdir(join(folder, "config"));
  await writeFile(join(folder, "config", "all.yaml"), CONFIG);
  ({ template, outdir } = await synthesise({ ...WITHOUT_BUNDLES, config: join(folder, "config") }));
  await rm(folder, { recursive: true });
});

afterAll(async () => {
  await rm(outdir, { recursive: true, force: true });
});

const TABLE = "<Registry.Arn>";
const logs = (name: string) => [`logs:CreateLogStream <${name}Logs.Arn>`, `logs:PutLogEvents <${name}Logs.Arn>`];
const table = ["dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:Query", "dynamodb:UpdateItem"].map(
  (action) => `${action} ${TABLE}`,
);
const PARAMETER = "arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter/shop/db/password";
const SECRET_READS = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"];
const PARAMETER_READS = ["ssm:GetParameter", "ssm:GetParameterHistory", "ssm:GetParameters", "ssm:ListTagsForResource"];
const PARAMETERS = "arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter/";
/** As narrow as the literal beginning of each rule; what another role finds is granted to that one. */
const finds = [
  "secretsmanager:ListSecrets *",
  "ssm:DescribeParameters *",
  ...SECRET_READS.flatMap((action) => [`${action} ${OWN}team/a-*`, `${action} ${OWN}team/a-?*`]),
  ...SECRET_READS.map((action) => `${action} arn:<AWS::Partition>:secretsmanager:us-east-1:<AWS::AccountId>:secret:*`),
  ...PARAMETER_READS.flatMap((action) => [`${action} ${PARAMETERS}shop/db/*`, `${action} ${PARAMETERS}shop/*`]),
  `ssm:GetParametersByPath ${PARAMETERS}shop/db*`,
];
const sources = [
  ...finds,
  ...SECRETS.flatMap((arn) => [`secretsmanager:DescribeSecret ${arn}`, `secretsmanager:GetSecretValue ${arn}`]),
  ...["GetParameter", "GetParameterHistory", "GetParameters", "ListTagsForResource"].map((action) => `ssm:${action} ${PARAMETER}`),
  // What the second role of a chain, a service account or a role itself reads is granted to those.
  "sts:AssumeRole arn:aws:iam::111122223333:role/hop",
  "sts:AssumeRole arn:aws:iam::777788889999:role/tagged",
  "sts:TagSession arn:aws:iam::777788889999:role/tagged",
];
const bus = "events:PutEvents arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:event-bus/default";
const send = "sqs:SendMessage <SyncQueue.Arn>";
const hashKey = "secretsmanager:GetSecretValue <HashKey>";

describe("each role's grants are exactly what its function needs", () => {
  it.each([
    {
      role: "OnSecretChangeRole",
      want: [...logs("OnSecretChange"), ...table, ...sources, bus, send, hashKey, "sqs:SendMessage <FailureQueue.Arn>"],
    },
    {
      role: "SyncRole",
      want: [
        ...logs("Sync"),
        ...table,
        ...sources,
        bus,
        send,
        hashKey,
        "sqs:ChangeMessageVisibility <SyncQueue.Arn>",
        "sqs:DeleteMessage <SyncQueue.Arn>",
        "sqs:GetQueueAttributes <SyncQueue.Arn>",
        "sqs:ReceiveMessage <SyncQueue.Arn>",
      ],
    },
    {
      role: "ReconcileRole",
      want: [
        "secretsmanager:BatchGetSecretValue *",
        ...logs("Reconcile"),
        ...table,
        `dynamodb:Query ${TABLE}/index/due`,
        ...sources,
        bus,
        send,
        "sqs:SendMessage <FailureQueue.Arn>",
      ],
    },
    {
      role: "RegisterRole",
      want: [
        ...logs("Register"),
        ...table,
        send,
        "lambda:InvokeFunction <Register.Arn>",
        "s3:GetObject arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}/CONFIG.json",
      ],
    },
  ])("$role", ({ role, want }) => {
    const got = grants(role).map((line) => line.replace(/[0-9a-f]{64}\.json$/, "CONFIG.json"));

    expect(got).toEqual(want.toSorted());
  });

  it("gives no role somebody else's managed policy or trust", () => {
    const roles = Object.values(resourcesOf(template, "AWS::IAM::Role"));

    expect(roles).toHaveLength(4);
    expect(roles.filter(({ ManagedPolicyArns }) => ManagedPolicyArns !== undefined)).toEqual([]);
    expect(new Set(roles.map((role) => JSON.stringify(role["AssumeRolePolicyDocument"])))).toEqual(
      new Set([
        '{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"}}],"Version":"2012-10-17"}',
      ]),
    );
  });
});

it("tells the functions that there are find rules, and only where there are", async () => {
  const hasRules = (of: Template) =>
    Object.values(resourcesOf(of, "AWS::Lambda::Function")).map(
      ({ Environment }) => JSON.parse(JSON.stringify(Environment)).Variables.HAS_FIND_RULES as unknown,
    );
  const plain = await synthesise(WITHOUT_BUNDLES);

  expect(hasRules(template)).toEqual(["true", "true", "true", "true"]);
  expect(hasRules(plain.template)).toEqual([undefined, undefined, undefined, undefined]);
  await rm(plain.outdir, { recursive: true });
});

it("takes its own events from the default bus, and those of the accounts that the config names from the source bus alone", () => {
  const rules = Object.values(resourcesOf(template, "AWS::Events::Rule")).filter(({ EventPattern }) => EventPattern !== undefined);
  const accountsOn = (name: string | undefined) =>
    rules
      .filter(({ EventBusName }) => EventBusName === name)
      .map(({ EventPattern }) => JSON.parse(JSON.stringify(EventPattern)).account as unknown);

  const own = ["<AWS::AccountId>"];
  const named = ["<AWS::AccountId>", "111122223333", "444455556666", "777788889999"];
  expect(accountsOn(undefined)).toEqual([own, own, own, own]);
  expect(accountsOn("<SourceBus>")).toEqual([named, named, named, named]);
  expect(rules).toHaveLength(8);
});

describe("a config with a ClusterExternalSecret", () => {
  it("is granted what the namespaces may come to read, and register the way into its clusters", async () => {
    const own = await mkdtemp(join(tmpdir(), "secret-relay-grants-"));
    const shared = `
apiVersion: external-secrets.io/v1
kind: ClusterExternalSecret
metadata: {name: shared}
spec:
  externalSecretSpec: {secretStoreRef: {name: here, kind: ClusterSecretStore}, data: [{secretKey: a, remoteRef: {key: shared/db}}]}
  namespaceSelectors: [{}]
`;
    await writeFile(join(own, "all.yaml"), `${CONFIG}---${shared}`);
    const synthesised = await synthesise({ ...WITHOUT_BUNDLES, config: own });
    const lines = (role: string) =>
      grants(role, synthesised.template).filter((line) => /GetSecretValue .*(shared\/db|clusters\/tokyo|shop\/db)/.test(line));

    expect(lines("SyncRole")).toHaveLength(3);
    expect(lines("RegisterRole")).toEqual([expect.stringMatching(/clusters\/tokyo/)]);
    await rm(own, { recursive: true });
    await rm(synthesised.outdir, { recursive: true });
  });
});
