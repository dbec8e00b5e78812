/** Brings the whole demonstration up, step by step: the emulator, the clusters, the secrets, the stack, and the first sync. */
import { join } from "node:path";
import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager";
import type { ClusterSpec, ResolvedConfig } from "../../core/model.ts";
import { type ApiServer, startApiServer } from "../../local/api-server.ts";
import { bootstrap, deployStack } from "../../local/cdk.ts";
import { grantAccess } from "../../local/cluster-access.ts";
import { type MiniStack, startMiniStack } from "../../local/ministack.ts";
import { type ReportProgress, runSteps, type StepOutput, startReport } from "../../local/progress.ts";
import { type CleanUpStack, startWithCleanUp, workWithCleanUp } from "../../local/stop-on-exit.ts";
import { secretsManagerOf } from "./aws-clients.ts";
import { expectedTargets, readLocalConfig } from "./expected-targets.ts";
import { checkPrerequisites } from "./prerequisites.ts";
import { SAMPLE_NAMES, sampleValue } from "./samples.ts";
import { PROJECT } from "./state.ts";
import { describeMissing } from "./statuses.ts";
import { type TargetWatch, watchTargets } from "./target-watch.ts";

const ACCOUNT = "000000000000";
const REGION = "us-east-1";
const CONFIG_FOLDER = join(PROJECT, "config");
/** Ten times and more what it takes on two cores. */
const SYNC_TIMEOUT_MS = 60_000;

/** Short intervals, so that a drifted target is put right while one watches; the emulator shows a change at once. */
const CONTEXT = {
  allowLoopbackClusters: "true",
  visibilityBoundSeconds: "5",
  driftIntervalMinutes: "1",
  reconcileIntervalMinutes: "1",
  retainRegistry: "false",
};

export interface LocalRelay {
  readonly aws: MiniStack;
  /** The stack's outputs. */
  readonly outputs: Readonly<Record<string, string>>;
  /** By name, with their administrators' rights. */
  readonly clusters: ReadonlyMap<string, ApiServer>;
  readonly config: ResolvedConfig;
  readonly watch: TargetWatch;
  /** The sample secrets as they are now, by name. */
  readonly values: ReadonlyMap<string, string>;
}

/** Brings it up; what came up is stopped by the stack. @throws Error that tells what failed and why */
export async function bringUp(stack: CleanUpStack, output?: StepOutput): Promise<LocalRelay> {
  const config = await readLocalConfig(CONFIG_FOLDER, { account: ACCOUNT, region: REGION });
  const clusters = new Map<string, ApiServer>();
  const kubeconfigs = new Map<string, string>();
  const values = new Map(SAMPLE_NAMES.map((name) => [name, sampleValue(name)]));
  const { signal } = stack;
  let up: { readonly aws: MiniStack; readonly outputs: Readonly<Record<string, string>>; readonly watch: TargetWatch } | undefined;
  let aws: MiniStack | undefined;

  await runSteps(
    [
      { title: "Prerequisites", run: (report) => workWithCleanUp(stack, () => checkPrerequisites(report, signal)) },
      [
        {
          title: "AWS: emulator and cdk bootstrap",
          run: async (report) => {
            aws = await startAws(stack, report);
          },
        },
        ...config.clusters.map((spec) => ({
          title: `Cluster ${spec.name}: Kubernetes API server`,
          run: async (report: ReportProgress) => {
            const { server, kubeconfig } = await startCluster(stack, spec, config, report);
            clusters.set(spec.name, server);
            kubeconfigs.set(secretNameOf(spec), kubeconfig);
          },
        })),
      ],
      {
        title: "Stack: secrets and cdk deploy",
        run: async (report) => {
          const emulator = required(aws);
          await createSecrets(emulator, new Map([...kubeconfigs, ...values]), report);
          const watch = watchTargets(clusters, namespacesOf(config), signal);
          const options = { context: CONTEXT, configFolder: CONFIG_FOLDER, report, signal };
          const { outputs } = await workWithCleanUp(stack, () => deployStack(emulator, options));
          up = { aws: emulator, outputs, watch };
        },
      },
      {
        title: "First sync: every target gets its Secret",
        run: async (report) => {
          const { watch, outputs } = required(up);
          const expected = await expectedTargets(config, values);
          const tell = startReport(report);
          let arrived = 0;
          const missing = await watch.waitFor(expected, SYNC_TIMEOUT_MS, (target) => {
            arrived += 1;
            tell(`${arrived} of ${expected.size}: ${target}`);
          });
          signal.throwIfAborted();
          if (missing.length > 0) throw new Error(await describeMissing(required(aws).environment, outputs, missing));
        },
      },
    ],
    output,
  );
  return { ...required(up), clusters, config, values };
}

async function startAws(stack: CleanUpStack, report: ReportProgress): Promise<MiniStack> {
  const { signal } = stack;
  const tell = startReport(report);
  tell("starting the emulator");
  const aws = await startWithCleanUp(stack, () => startMiniStack({ account: ACCOUNT, region: REGION, report, signal }));
  await workWithCleanUp(stack, () => bootstrap(aws, { report, signal }));
  return aws;
}

async function startCluster(
  stack: CleanUpStack,
  spec: ClusterSpec,
  config: ResolvedConfig,
  report: ReportProgress,
): Promise<{ readonly server: ApiServer; readonly kubeconfig: string }> {
  const tell = startReport(report);
  tell("starting etcd and kube-apiserver");
  const server = await startWithCleanUp(stack, () => startApiServer({ report, signal: stack.signal }));
  tell("granting the relay its rights");
  const namespaces = new Set(config.registrations.filter(({ cluster }) => cluster === spec.name).map(({ namespace }) => namespace));
  const { kubeconfig } = await grantAccess(server, [...namespaces]);
  return { server, kubeconfig };
}

async function createSecrets(aws: MiniStack, secrets: ReadonlyMap<string, string>, report: ReportProgress): Promise<void> {
  startReport(report)(`creating ${secrets.size} secrets: ${[...secrets.keys()].join(", ")}`);
  const client = secretsManagerOf(aws.environment);
  try {
    await Promise.all([...secrets].map(([Name, SecretString]) => client.send(new CreateSecretCommand({ Name, SecretString }))));
  } finally {
    client.destroy();
  }
}

/** @throws Error for an EKS cluster: there is nobody on this machine who knows tokens of IAM */
function secretNameOf({ name, kubeconfigSecretName }: ClusterSpec): string {
  if (kubeconfigSecretName === undefined) throw new Error(`Cluster ${name} has eks; on this machine only kubeconfigSecretRef works`);
  return kubeconfigSecretName;
}

/** The namespaces that the config writes to, in any cluster. */
export function namespacesOf(config: ResolvedConfig): readonly string[] {
  return [...new Set(config.registrations.map(({ namespace }) => namespace))];
}

/** A later step runs only after an earlier one has set it. */
function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a step ran before the one that it needs");
  return value;
}
