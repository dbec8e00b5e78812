/** What happens in a cell while its fault is planted, and what the targets shall hold in the end: each story makes other calls. */
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { DeleteSecretCommand, GetSecretValueCommand, PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { DeleteParameterCommand } from "@aws-sdk/client-ssm";
import type { ClusterExternalSecretSpec } from "../../../src/core/cluster-external-secret.ts";
import type { ClusterSpec, RegistrationSpec, ResolvedConfig } from "../../../src/core/model.ts";
import { aClusterExternalSecret } from "../registrations.ts";
import { INTERVAL_MS } from "./functions.ts";
import { CLUSTERS, type ClusterName, type FaultParts, NAMESPACE } from "./parts.ts";
import { valueOf, type World, type WorldOptions } from "./world.ts";

/** What `password` of a target shall be; undefined: no such Secret. Keys are `cluster/name`. */
export type Wanted = Readonly<Record<string, string | undefined>>;

export interface Story {
  /** It may happen again in the same world, once all has converged. @default false */
  readonly isRepeatable?: boolean;
  readonly options?: WorldOptions;
  /** Before the fault is planted. */
  readonly prepare?: (parts: FaultParts, world: World) => Promise<void>;
  /** While it is planted. */
  readonly happen: (parts: FaultParts, world: World) => Promise<void>;
  readonly want: (world: World) => Wanted;
}

const everywhere = ({ id }: World, value: string | undefined): Wanted =>
  Object.fromEntries(CLUSTERS.map((cluster) => [`${cluster}/${id}`, value]));

/** Whatever follows from what happened within so much time meets the fault too. */
const go = async ({ clock, delivery }: World, forMs: number): Promise<void> => delivery.run(clock.now() + forMs);

const rotation: Story = {
  isRepeatable: true,
  async happen(_parts, world) {
    world.delivery.invoke({ name: "onSecretChange", event: await world.rotate() });
    await go(world, 1_000);
  },
  want: (world) => everywhere(world, world.value),
};

/** Of tokyo's, which stay the same but for the version of their secret; then of the secret itself. */
const rotationOfCredentials: Story = {
  ...rotation,
  async happen(parts, world) {
    const { clock, delivery, id } = world;
    const { secretsManager } = parts.clients;
    clock.advanceTo(clock.now() + 2_000);
    const SecretId = `clusters/${id}/tokyo`;
    const { SecretString } = await secretsManager.send(new GetSecretValueCommand({ SecretId }));
    const { VersionId, ARN = "" } = await secretsManager.send(new PutSecretValueCommand({ SecretId, SecretString }));
    const detail = { name: SecretId, labelUpdated: "AWSCURRENT", versionId: VersionId };
    const time = new Date(clock.now()).toISOString();
    const { account, region } = parts.aws;
    const event = { source: "aws.secretsmanager", "detail-type": "Secret Label Updated", account, region, time, resources: [ARN], detail };
    delivery.invoke({ name: "onSecretChange", event });
    await go(world, 1_000);
    await rotation.happen(parts, world);
  },
};

const rotationByQueue: Story = {
  ...rotation,
  options: { fastPathTargets: 0 },
};

/** Tokyo's API server is down, so that its messages fail, and its breaker has something to remember. */
const rotationWhileDown: Story = {
  ...rotationByQueue,
  async happen(parts, world) {
    const proxy = world.proxies.tokyo;
    proxy.isDown = true;
    await rotation.happen(parts, world);
    await go(world, 15_000);
    proxy.isDown = false;
  },
};

/** The same, and the fault is there when it comes back. */
const returnOfCluster: Story = {
  ...rotationByQueue,
  async prepare(parts, world) {
    await rotationWhileDown.happen(parts, world);
  },
  happen: async (_parts, world) => go(world, 60_000),
};

const rotationUnannounced: Story = {
  isRepeatable: true,
  async happen(_parts, world) {
    await world.rotate();
    await go(world, INTERVAL_MS + 60_000);
  },
  want: (world) => everywhere(world, world.value),
};

/** Beside the rotation's own event others that tell of versions which there are not: they bring nothing new, and share one look. */
const rotationAmongInvented: Story = {
  ...rotationByQueue,
  async happen(_parts, world) {
    const event = (await world.rotate()) as { readonly detail: object };
    for (const versionId of ["no-1", "no-2", undefined, "no-3"]) {
      const told = versionId === undefined ? event : { ...event, detail: { ...event.detail, versionId } };
      world.delivery.invoke({ name: "onSecretChange", event: told });
    }
    await go(world, 70_000);
  },
};

/** The label was gone for a moment that nobody saw: the event of its return names the version that HEAD has, at a later time. */
const returnUnseen: Story = {
  ...rotation,
  async happen(_parts, world) {
    const event = await world.rotate();
    world.delivery.invoke({ name: "onSecretChange", event });
    await go(world, 5_000);
    const time = new Date(world.clock.now()).toISOString();
    world.delivery.invoke({ name: "onSecretChange", event: { ...(event as object), time } });
    await go(world, 1_000);
  },
};

const editByHand: Story = {
  isRepeatable: true,
  async prepare(parts, { id }) {
    for (const cluster of CLUSTERS) await parts.cluster(cluster).editByHand(NAMESPACE, id, { password: "by hand", extra: "x" });
  },
  happen: async (_parts, world) => go(world, INTERVAL_MS + 60_000),
  want: (world) => everywhere(world, valueOf("v1")),
};

/** ESO makes the targets its own, as if it had come back to the cluster. */
const adoption: Story = {
  isRepeatable: true,
  options: { adopt: true },
  async prepare(parts, { id }) {
    const owner = { apiVersion: "external-secrets.io/v1", kind: "ExternalSecret", name: id, uid: `uid-of-${id}`, controller: true };
    for (const cluster of CLUSTERS) {
      const hands = parts.cluster(cluster);
      await hands.editByHand(NAMESPACE, id, { password: "of ESO", extra: "x" });
      await hands.patchByHand(NAMESPACE, id, { metadata: { ownerReferences: [owner] } });
    }
  },
  happen: async (_parts, world) => go(world, INTERVAL_MS + 60_000),
  want: (world) => everywhere(world, valueOf("v1")),
};

const deletion: Story = {
  options: { deletionPolicy: "Delete" },
  async happen(parts, world) {
    await parts.clients.secretsManager.send(new DeleteSecretCommand({ SecretId: world.key, ForceDeleteWithoutRecovery: true }));
    world.delivery.invoke({ name: "onSecretChange", event: world.callEvent("DeleteSecret") });
    await go(world, 120_000);
  },
  want: (world) => everywhere(world, undefined),
};

const PARAMETER = { provider: "ParameterStore" } as const;

const deletionOfParameter: Story = {
  options: { ...PARAMETER, deletionPolicy: "Delete" },
  async happen(parts, world) {
    await parts.clients.ssm.send(new DeleteParameterCommand({ Name: world.key }));
    world.delivery.invoke({ name: "onSecretChange", event: world.parameterEvent("Delete") });
    await go(world, 120_000);
  },
  want: (world) => everywhere(world, undefined),
};

/** Kubernetes labels each namespace with its name. */
const rotationForSelected: Story = {
  ...rotation,
  options: { conditions: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": NAMESPACE } } }] },
};

/** The Secret's item wins over that of the ConfigMap, so that the target shows that both were read. */
const rotationIntoTemplate: Story = {
  ...rotation,
  options: { isTemplated: true },
};

/** The first write of a process proves that the policy is in force. */
const rotationUnderLabel: Story = {
  ...rotation,
  options: { confine: "label" },
};

const malformedEvent: Story = {
  async happen(_parts, world) {
    world.delivery.invoke({ name: "onSecretChange", event: { source: "aws.secretsmanager", "detail-type": "Secret Label Updated" } });
    await go(world, 1_000);
  },
  want: (world) => everywhere(world, valueOf("v1")),
};

/** The first registration goes, another one comes, and virginia's cluster gets another label. */
const configChange: Story = {
  async happen(parts, world) {
    const spec = world.spec("virginia");
    const added = { ...spec, name: `${world.id}-new`, target: { ...spec.target, name: `${world.id}-new` } };
    const clusters = CLUSTERS.map((name) => ({ ...world.clusterSpec(name), labels: { env: "prod" } }));
    await placeConfig(parts, world, clusters, [world.spec("virginia"), added]);
    // Too little time for the registrations: the function goes on in another invocation.
    world.delivery.invoke({ name: "register", event: resourceEvent(parts, world), remainingMs: 0 });
    await go(world, 180_000);
  },
  want: ({ id }) => ({ [`tokyo/${id}`]: undefined, [`virginia/${id}`]: valueOf("v1"), [`virginia/${id}-new`]: valueOf("v1") }),
};

const clusterRetired: Story = {
  async happen(parts, world) {
    await placeConfig(parts, world, [world.clusterSpec("tokyo")], [world.spec("tokyo")]);
    world.delivery.invoke({ name: "register", event: resourceEvent(parts, world), remainingMs: 900_000 });
    await go(world, 300_000);
  },
  want: ({ id }) => ({ [`tokyo/${id}`]: valueOf("v1"), [`virginia/${id}`]: undefined }),
};

/** One for each cluster, by a label that only a list of the namespaces tells. */
function selecting({ id, key }: World): readonly ClusterExternalSecretSpec[] {
  const store = { metadata: { name: "aws" }, spec: { provider: { aws: { service: "SecretsManager" } } } } as const;
  return CLUSTERS.map((cluster) => {
    const base = aClusterExternalSecret({ cluster, name: `${id}-several`, account: "", region: "", refreshMs: 120_000 });
    const remoteRef = { key };
    const externalSecretSpec = {
      ...base.externalSecretSpec,
      refreshInterval: `${INTERVAL_MS}ms`,
      data: [{ secretKey: "password", remoteRef }],
    };
    const selectors = [{ matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "NotIn", values: ["nowhere"] }] } as const];
    return { ...base, externalSecretSpec, selectors, stores: [{ kind: "ClusterSecretStore", manifest: store }] };
  });
}

async function deploySelecting(parts: FaultParts, world: World, isThere: boolean): Promise<void> {
  const clusters = CLUSTERS.map((name) => world.clusterSpec(name));
  const registrations = CLUSTERS.map((name) => world.spec(name));
  await placeConfig(parts, world, clusters, registrations, isThere ? selecting(world) : []);
  world.delivery.invoke({ name: "register", event: resourceEvent(parts, world), remainingMs: 900_000 });
}

/** Of all namespaces the clusters allow one. */
const severalCome: Story = {
  async happen(parts, world) {
    await deploySelecting(parts, world, true);
    await go(world, 300_000);
  },
  want: (world) => ({ ...everywhere(world, valueOf("v1")), ...inSeveral(world, valueOf("v1")) }),
};

/** They are there, and their namespaces are asked for again and again. */
const severalStay: Story = {
  isRepeatable: true,
  async prepare(parts, world) {
    await deploySelecting(parts, world, true);
    await go(world, 120_000);
  },
  happen: async (_parts, world) => go(world, 300_000),
  want: severalCome.want,
};

const severalGo: Story = {
  async prepare(parts, world) {
    await deploySelecting(parts, world, true);
    await go(world, 60_000);
  },
  async happen(parts, world) {
    await deploySelecting(parts, world, false);
    await go(world, 300_000);
  },
  want: (world) => ({ ...everywhere(world, valueOf("v1")), ...inSeveral(world, undefined) }),
};

const inSeveral = ({ id }: World, value: string | undefined): Wanted =>
  Object.fromEntries(CLUSTERS.map((cluster) => [`${cluster}/${id}-several`, value]));

export const STORIES = {
  rotation,
  "rotation by queue": rotationByQueue,
  "rotation while a cluster is down": rotationWhileDown,
  "return of a cluster": returnOfCluster,
  "rotation that nobody announces": rotationUnannounced,
  "rotation among invented events": rotationAmongInvented,
  "return of a version that was not seen to go": returnUnseen,
  "edit by hand": editByHand,
  "adoption from ESO": adoption,
  "deletion of the secret": deletion,
  "rotation of a cluster's credentials": rotationOfCredentials,
  "rotation of a parameter": { ...rotation, options: PARAMETER },
  "change of a parameter's tags": { ...rotation, options: { ...PARAMETER, isOfTags: true } },
  "rotation by a role": { ...rotation, options: { access: "role" } },
  "rotation by IRSA": { ...rotation, options: { access: "IRSA" } },
  "rotation by access keys": { ...rotation, options: { access: "access keys" } },
  "edit by hand of a parameter's target": { ...editByHand, options: PARAMETER },
  "deletion of the parameter": deletionOfParameter,
  "rotation for selected namespaces": rotationForSelected,
  "rotation of what a rule found": { ...rotation, options: { finds: "name" } },
  "edit by hand of what a rule found": { ...editByHand, options: { finds: "name" } },
  "edit by hand of what a rule found among parameters": { ...editByHand, options: { ...PARAMETER, finds: "name" } },
  "edit by hand of what a rule found by tags": { ...editByHand, options: { ...PARAMETER, finds: "tags" } },
  "config change of rules": { ...configChange, options: { finds: "name" } },
  "rotation into an EKS cluster": { ...rotation, options: { isEks: true } },
  "rotation into a template": rotationIntoTemplate,
  "rotation under a label": rotationUnderLabel,
  "malformed event": malformedEvent,
  "config change": configChange,
  "cluster retired": clusterRetired,
  "ClusterExternalSecret comes": severalCome,
  "ClusterExternalSecret stays": severalStay,
  "ClusterExternalSecret goes": severalGo,
} as const satisfies Readonly<Record<string, Story>>;

export type StoryName = keyof typeof STORIES;

const BUCKET = "config";

async function placeConfig(
  { clients }: FaultParts,
  { id, place }: World,
  clusters: readonly ClusterSpec[],
  registrations: readonly RegistrationSpec[],
  clusterExternalSecrets: readonly ClusterExternalSecretSpec[] = [],
): Promise<void> {
  // Left open, as synth does: the stack says where it is.
  const unplaced = registrations.map((spec) => ({ ...spec, store: { ...spec.store, account: "", region: "" } }));
  const config: ResolvedConfig = { clusters, registrations: unplaced, clusterExternalSecrets };
  place(config);
  await clients.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  await clients.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: id, Body: JSON.stringify(config) }));
}

/** Of CloudFormation, for the config that was placed last. */
export function resourceEvent({ aws }: FaultParts, { id, proxies }: World): unknown {
  return {
    RequestType: "Update",
    ResponseURL: `${proxies.aws.endpoint}/answers/${id}`,
    StackId: `arn:aws:cloudformation:${aws.region}:${aws.account}:stack/secret-relay/1`,
    RequestId: "request",
    LogicalResourceId: "Config",
    PhysicalResourceId: "secret-relay-config",
    ResourceProperties: { ConfigBucket: BUCKET, ConfigKey: id },
  };
}

/** The names and clusters of a story's targets. */
export function targetsOf(
  wanted: Wanted,
): readonly { readonly cluster: ClusterName; readonly name: string; readonly value: string | undefined }[] {
  return Object.entries(wanted).map(([target, value]) => {
    const [cluster = "", name = ""] = target.split("/");
    return { cluster: cluster as ClusterName, name, value };
  });
}
