/** What the functions' own role may read of sources: exactly what the config names. What a store's role reads is granted to that one. Pure. */
import { allRegistrations } from "../config/cluster-external-secret.ts";
import { type FindPlace, findPlaces, hierarchyPath } from "../find/find.ts";
import { namePatterns } from "../find/name-patterns.ts";
import {
  type ClusterSpec,
  type ProviderKind,
  type Reference,
  type RegistrationSpec,
  type ResolvedConfig,
  registrationId,
} from "../model.ts";
import type { RoleStep, SourceAccess } from "../stores/access.ts";
import { referencesOf } from "../sync/references.ts";
import { accountOfSecret, parameterArn, patternArns, placeOf, secretArn } from "./arns.ts";
import { type Condition, type FunctionName, type Grant, mergeGrants, READERS, type Why } from "./grant.ts";

/** What a read of a value, its versions, its tags or its absence takes. The history proves an absence; it is asked without decryption. */
export const READ_ACTIONS: Readonly<Record<ProviderKind, readonly string[]>> = {
  SecretsManager: ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
  ParameterStore: ["ssm:GetParameter", "ssm:GetParameterHistory", "ssm:GetParameters", "ssm:ListTagsForResource"],
};

function whyOf(spec: RegistrationSpec): Why {
  const { cluster, clusterExternalSecret } = spec;
  if (clusterExternalSecret === undefined) return { kind: "registration", name: registrationId(spec) };
  return { kind: "ClusterExternalSecret", name: `${cluster}/${clusterExternalSecret}` };
}

/** All that the config may read, whatever the namespaces of its ClusterExternalSecrets turn out to be. */
function* allReads(config: ResolvedConfig): Iterable<{ readonly reference: Reference; readonly why: Why }> {
  for (const spec of allRegistrations(config)) for (const reference of referencesOf(spec)) yield { reference, why: whyOf(spec) };
}

function* allFinds(config: ResolvedConfig): Iterable<FindPlace & { readonly why: Why }> {
  for (const spec of allRegistrations(config)) {
    for (const place of findPlaces(spec)) {
      const { name } = whyOf(spec);
      yield { ...place, why: { kind: "find rule", name: `${name} dataFrom[${place.index}]` } };
    }
  }
}

function read(provider: ProviderKind, resource: string, reach: Grant["reach"], why: Why): Grant {
  return { functions: READERS, actions: READ_ACTIONS[provider], resource, reach, why: [why] };
}

/** @throws UserMistake for a key that can be no secret's or parameter's name */
function namedReads(config: ResolvedConfig): readonly Grant[] {
  const grants: Grant[] = [];
  for (const { reference, why } of allReads(config)) {
    const { provider, key, region, access } = reference;
    if (access !== undefined) continue;
    grants.push(read(provider, provider === "SecretsManager" ? secretArn(key, region) : parameterArn(key, region), "exact", why));
  }
  return grants;
}

/**
 * What it takes to connect to clusters: the secrets with their credentials; of EKS clusters to describe those of our own account, and to
 * assume the roles of the others, which then describe them. GetCallerIdentity, of which their tokens are made, needs no grant. @throws UserMistake
 */
function clusterReads(clusters: readonly ClusterSpec[], functions: readonly FunctionName[]): readonly Grant[] {
  return clusters.map(({ name, kubeconfigSecretName, eks }): Grant => {
    const base = { functions, reach: "exact", why: [{ kind: "cluster", name }] } as const;
    if (eks === undefined) return { ...base, actions: READ_ACTIONS.SecretsManager, resource: secretArn(kubeconfigSecretName, "") };
    if (eks.roleArn !== undefined) return { ...base, actions: ["sts:AssumeRole"], resource: eks.roleArn };
    // The schema lets no wildcard of IAM into a name.
    const resource = `arn:\${AWS::Partition}:eks:${eks.region}:\${AWS::AccountId}:cluster/${eks.name}`;
    return { ...base, actions: ["eks:DescribeCluster"], resource };
  });
}

/** The clusters that have a ClusterExternalSecret: register asks them for their namespaces. */
function askedClusters({ clusters, clusterExternalSecrets = [] }: ResolvedConfig): readonly ClusterSpec[] {
  const asked = new Set(clusterExternalSecrets.map(({ cluster }) => cluster));
  return clusters.filter(({ name }) => asked.has(name));
}

function findReads(config: ResolvedConfig): readonly Grant[] {
  const grants: Grant[] = [];
  for (const { rule, store, why } of allFinds(config)) {
    const { provider, region, access } = store;
    if (access !== undefined) continue;
    for (const pattern of namePatterns(rule, provider)) {
      for (const arn of patternArns(provider, region, pattern)) grants.push(read(provider, arn, "pattern", why));
    }
    grants.push(listing({ rule, store }, why));
  }
  return grants;
}

/** GetParametersByPath is granted on its hierarchy, below which it shows everything; the other listings know no resources. */
function listing({ rule, store }: Pick<FindPlace, "rule" | "store">, why: Why): Grant {
  const base = { functions: READERS, why: [why] };
  if (store.provider === "SecretsManager") return { ...base, actions: ["secretsmanager:ListSecrets"], resource: "*", reach: "any" };
  if (rule.tags !== undefined) return { ...base, actions: ["ssm:DescribeParameters"], resource: "*", reach: "any" };
  const below = hierarchyPath(rule)
    .replace(/^\//, "")
    .replace(/[^\w./-]/g, "?");
  const resource = `${placeOf("ParameterStore", store.region)}${below}*`;
  return { ...base, actions: ["ssm:GetParametersByPath"], resource, reach: "pattern" };
}

/** The first role of each chain: the others are assumed by the one before. Tags on it need a right of their own. */
function roles(config: ResolvedConfig): readonly Grant[] {
  const grants: Grant[] = [];
  const add = (access: SourceAccess | undefined, why: Why): void => {
    const step: RoleStep | undefined = access?.base.kind === "function" ? access.roles[0] : undefined;
    if (step === undefined) return;
    const base = { functions: READERS, resource: step.arn, reach: "exact" as const, why: [why] };
    grants.push({ ...base, actions: ["sts:AssumeRole"] });
    if (step.tags !== undefined) grants.push({ ...base, actions: ["sts:TagSession"] });
  };
  for (const { reference, why } of allReads(config)) add(reference.access, why);
  for (const { store, why } of allFinds(config)) add(store.access, why);
  return grants;
}

/** Through the stores only: the key opens nothing else for us. */
function keys(functions: readonly FunctionName[], arns: readonly string[], providers: readonly ProviderKind[]): readonly Grant[] {
  const services = ["secretsmanager.*.amazonaws.com", ...(providers.includes("ParameterStore") ? ["ssm.*.amazonaws.com"] : [])];
  const condition: Condition = { StringLike: { "kms:ViaService": services.length === 1 ? services.join() : services } };
  return arns.map((resource) => ({
    functions,
    actions: ["kms:Decrypt"],
    resource,
    condition,
    reach: "exact",
    why: [{ kind: "setting", name: "kmsKeyArns" }],
  }));
}

/** Lets reconcile ask for many secrets in one call; each of them still needs its own grant of GetSecretValue. */
function batchReads(reads: readonly Grant[]): readonly Grant[] {
  const why = reads.filter(({ actions }) => actions === READ_ACTIONS.SecretsManager).flatMap((grant) => grant.why);
  if (why.length === 0) return [];
  return [{ functions: ["Reconcile"], actions: ["secretsmanager:BatchGetSecretValue"], resource: "*", reach: "any", why }];
}

/**
 * Everything that the config asks for, narrowed to what it names; each grant once, with all its reasons.
 * @throws UserMistake for a key that can be no secret's or parameter's name
 */
export function sourceGrants(config: ResolvedConfig, kmsKeyArns: readonly string[]): readonly Grant[] {
  const registered = [...namedReads(config), ...findReads(config)];
  const asked = askedClusters(config);
  const hasParameters = registered.some(({ actions }) => actions === READ_ACTIONS.ParameterStore);
  return mergeGrants([
    ...registered,
    ...batchReads(registered),
    ...clusterReads(config.clusters, READERS),
    ...clusterReads(asked, ["Register"]),
    ...roles(config),
    ...keys(READERS, kmsKeyArns, hasParameters ? ["SecretsManager", "ParameterStore"] : ["SecretsManager"]),
    ...(asked.length === 0 ? [] : keys(["Register"], kmsKeyArns, ["SecretsManager"])),
  ]);
}

/** The accounts that the config names in ARNs of secrets, parameters and roles, each once, sorted. */
export function namedAccounts(config: ResolvedConfig): readonly string[] {
  // Empty: the deployment's own.
  const accounts = [
    ...[...allReads(config)].map(({ reference }) => reference.account),
    ...[...allFinds(config)].map(({ store }) => store.account),
    ...config.clusters.map(({ kubeconfigSecretName = "" }) => accountOfSecret(kubeconfigSecretName)),
  ];
  return [...new Set(accounts)].filter(Boolean).toSorted();
}
