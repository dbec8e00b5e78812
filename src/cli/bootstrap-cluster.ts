/** `secret-relay bootstrap-cluster`: prints what a target cluster must grant to the relay, as the config alone says. It asks nobody. */
import { Command, InvalidArgumentError, Option } from "commander";
import { parseAllDocuments, stringify } from "yaml";
import { ACCESS_ENTRY_FORMATS, type AccessEntryFormat, formatAccessEntry, isOwnGroup } from "../core/cluster-access/access-entry.ts";
import { type AccessChange, accessChanges } from "../core/cluster-access/changes.ts";
import { type ClusterAccess, clusterAccess, type Identity } from "../core/cluster-access/manifests.ts";
import { accessName, type Confinement } from "../core/cluster-access/policy-name.ts";
import { nearest } from "../core/config/nearest.ts";
import type { ClusterSpec, ResolvedConfig } from "../core/model.ts";
import { loadConfig } from "./config-folder.ts";
import { CommandFailed, type Io } from "./output.ts";
import { formatTable } from "./output-table.ts";
import { readManifestFiles } from "./render-input.ts";

interface Options {
  readonly config?: string;
  readonly confine?: Confinement;
  readonly subject?: "both" | "group" | "service-account";
  readonly group: string;
  readonly serviceAccount: NonNullable<Identity["serviceAccount"]>;
  readonly output: "json" | "yaml";
  readonly diff?: string;
  readonly accessEntry?: AccessEntryFormat;
  readonly principalArn?: string;
  readonly eksCluster?: string;
}

const DEFAULT_ACCOUNT = { namespace: "secret-relay", name: "secret-relay" };

/** The command; it throws CommandFailed where the config has a mistake or no such Cluster, and where `--diff` finds a change. */
export function bootstrapClusterCommand(io: Io): Command {
  return new Command("bootstrap-cluster")
    .description("print what a cluster must grant to the relay: manifests for kubectl apply -f -, or the EKS access entry")
    .argument("<name>", "the Cluster of the config")
    .option("--config <path>", 'the config folder (default: the context key "config" of ./cdk.json, else ./config)')
    .addOption(
      new Option(
        "--confine <how>",
        "by the names of the config, or by the cluster's label; default: spec.confine of the Cluster, else names",
      ).choices(["names", "label"]),
    )
    .addOption(
      new Option("--subject <who>", "who is granted (default: group where the Cluster has eks, else both)").choices([
        "both",
        "group",
        "service-account",
      ]),
    )
    .option("--group <name>", "the Kubernetes group of the relay's identity", parseGroup, "secret-relay")
    .addOption(
      new Option("--service-account <namespace/name>", "its service account")
        .argParser(parseAccount)
        .default(DEFAULT_ACCOUNT, "secret-relay/secret-relay"),
    )
    .addOption(new Option("-o, --output <format>", "how to print the manifests").choices(["yaml", "json"]).default("yaml"))
    .option("--diff <file>", "compare with manifests printed before, or got of the cluster (-: standard input); status 1 where they differ")
    .addOption(new Option("--access-entry <how>", "print the EKS access entry instead").choices([...ACCESS_ENTRY_FORMATS]))
    .option("--principal-arn <arn>", "the IAM role of the access entry (default: spec.eks.roleArn of the Cluster)", parseArn)
    .option("--eks-cluster <name>", "the cluster's name in EKS (default: spec.eks.name of the Cluster, else its own)", parseEksName)
    .action((name: string, options: Options) => bootstrapCluster(name, options, io));
}

async function bootstrapCluster(name: string, options: Options, io: Io): Promise<void> {
  const { config } = await loadConfig(options.config, io);
  const cluster = clusterOf(config, name);
  if (options.accessEntry !== undefined) {
    const { principalArn = cluster.eks?.roleArn, group, eksCluster: clusterName = cluster.eks?.name ?? name } = options;
    if (principalArn === undefined) {
      const which = cluster.eks === undefined ? "" : ", one for each RoleArn among the outputs of the stack";
      throw new CommandFailed(`--access-entry needs --principal-arn: the IAM role that the relay uses${which}`, 2);
    }
    io.stdout.write(formatAccessEntry({ clusterName, principalArn, group }, options.accessEntry));
    return;
  }
  const confinement = options.confine ?? cluster.confine ?? "names";
  const access = clusterAccess(cluster, config, confinement, identityOf(options, cluster));
  const warnings = [...mismatch(cluster, confinement), ...access.warnings];
  if (options.diff !== undefined) return compare(access, cluster.name, options.diff, io);
  for (const warning of warnings) io.stderr.write(`warning: ${warning}\n`);
  const items = access.manifests;
  const list = { apiVersion: "v1", kind: "List", items };
  io.stdout.write(
    options.output === "json" ? `${JSON.stringify(list, undefined, 2)}\n` : toYaml(access, cluster.name, confinement, warnings),
  );
}

function clusterOf({ clusters }: ResolvedConfig, name: string): ClusterSpec {
  const found = clusters.find((cluster) => cluster.name === name);
  if (found !== undefined) return found;
  const near = nearest(
    name,
    clusters.map((cluster) => cluster.name),
  );
  throw new CommandFailed(`no Cluster ${name} in the config${near === undefined ? "" : `; did you mean ${near}?`}`);
}

/** An EKS cluster knows the relay by a group alone. */
function identityOf({ subject, group, serviceAccount }: Options, { eks }: ClusterSpec): Identity {
  if (subject === undefined && eks !== undefined) return { group };
  return {
    ...(subject === "service-account" ? {} : { group }),
    ...(subject === "group" ? {} : { serviceAccount }),
  };
}

function mismatch({ name, confine }: ClusterSpec, confinement: Confinement): readonly string[] {
  if (confinement === "label" && confine !== "label") {
    return [
      `set confine: label in spec of Cluster ${name}: without it the relay does not prove that the policy is in force, and can't look under it`,
    ];
  }
  if (confinement === "names" && confine === "label") {
    return [`Cluster ${name} says confine: label: under these manifests its decoy is not denied, and the relay writes nothing`];
  }
  return [];
}

/** What a reader must know stands above the documents, and each that lets others' Secrets be written is named. */
function toYaml({ manifests, unlabelled }: ClusterAccess, cluster: string, confinement: Confinement, warnings: readonly string[]): string {
  const head = [
    `For Cluster ${cluster}, confined by ${confinement}. Print it anew when the config changes: secret-relay bootstrap-cluster ${cluster}`,
    ...(confinement === "label" ? [READABLE] : []),
    ...warnings.map((warning) => `Warning: ${warning}`),
    ...(unlabelled.length === 0
      ? []
      : ["Written although others made them (merged into, or adopted); whoever holds this identity could read these:"]),
    ...unlabelled.map((secret) => `- ${secret}`),
  ];
  return `${head.map((line) => `# ${line}\n`).join("")}${manifests.map((manifest) => `---\n${stringify(manifest, { lineWidth: 0 })}`).join("")}`;
}

const READABLE =
  "Whoever steals this identity can change no Secret without the label, but can read them: patch is a right to read, which no policy takes away.";

/** As kubectl diff: silent and 0 where nothing differs. */
async function compare({ manifests }: ClusterAccess, cluster: string, path: string, io: Io): Promise<void> {
  const documents = (await readManifestFiles([path], io)).flatMap(({ text }) => parseAllDocuments(text));
  if (documents.some(({ errors }) => errors.length > 0)) throw new CommandFailed(`${path} is no YAML or JSON`, 2);
  const changes = accessChanges(
    documents.map((document) => document.toJS() as unknown),
    manifests,
    accessName(cluster),
  );
  if (changes.length === 0) return;
  const cells = ({ change, namespace, resource, name, verbs }: AccessChange) => [change, namespace, resource, name, verbs.join(",") || "-"];
  io.stdout.write(formatTable(["CHANGE", "NAMESPACE", "RESOURCE", "NAME", "VERBS"], changes.map(cells)));
  throw new CommandFailed("");
}

function parseGroup(group: string): string {
  if (!isOwnGroup(group)) throw new InvalidArgumentError("It is a name that does not begin with system:, eks:, aws:, amazon: or iam:.");
  return group;
}

function parseAccount(text: string): NonNullable<Identity["serviceAccount"]> {
  const [, namespace, name] = /^([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)\/([a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?)$/.exec(text) ?? [];
  if (namespace === undefined || name === undefined) throw new InvalidArgumentError("It is written NAMESPACE/NAME.");
  return { namespace, name };
}

function parseArn(arn: string): string {
  if (!/^arn:[\w-]+:iam::\d{12}:(role|user)\/[\w+=,.@/-]+$/.test(arn))
    throw new InvalidArgumentError("It is written arn:aws:iam::ACCOUNT:role/NAME.");
  return arn;
}

function parseEksName(name: string): string {
  if (!/^[A-Za-z0-9][-A-Za-z0-9_]{0,99}$/.test(name)) throw new InvalidArgumentError("It is letters, digits, '-' and '_', at most 100.");
  return name;
}
