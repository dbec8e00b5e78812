/** Which secrets and parameters a function may read by its own role, and which roles it may assume: those that the config names, and no other. */
import { ArnFormat, Stack, Validations } from "aws-cdk-lib";
import { allRegistrations } from "../src/core/config/cluster-external-secret.ts";
import { findPlaces } from "../src/core/find/find.ts";
import type { ProviderKind, Reference, ResolvedConfig } from "../src/core/model.ts";
import { referencesOf } from "../src/core/sync/references.ts";
import { allowFinds } from "./find-access.ts";
import type { RelayFunction } from "./relay-function.ts";
import { UserMistake } from "./settings.ts";

/** IAM counts characters: statements of so many ARNs are small enough to be spread over several policies. */
const ARNS_IN_A_STATEMENT = 20;

/** What Secrets Manager takes as a name: so no key can hold a wildcard of IAM. */
const NAME = /^[\w/+=.@-]{1,512}$/;
const ARN = /^arn:[\w-]+:secretsmanager:[\w-]+:(\d{12}):secret:([\w/+=.@-]{1,520})$/;

interface NamedSecret {
  readonly key: string;
  /** Empty: the deployment's own. */
  readonly region: string;
}

/** All that the config may read, whatever the namespaces of its ClusterExternalSecrets turn out to be. */
function allReferences(config: ResolvedConfig): readonly Reference[] {
  return allRegistrations(config).flatMap(referencesOf);
}

/** What the functions read by their own role: what a role or other credentials read is granted to those. */
function ownReferences(config: ResolvedConfig, of: ProviderKind): readonly Reference[] {
  return allReferences(config).filter(({ provider, access }) => provider === of && access === undefined);
}

function clusterSecrets({ clusters }: ResolvedConfig): readonly NamedSecret[] {
  // Those without one are reached by IAM: cluster-access.ts.
  const names = clusters.map(({ kubeconfigSecretName }) => kubeconfigSecretName).filter((name) => name !== undefined);
  return names.map((key) => ({ key, region: "" }));
}

function namedSecrets(config: ResolvedConfig): readonly NamedSecret[] {
  const references = ownReferences(config, "SecretsManager");
  const named = [...references.map(({ key, region }) => ({ key, region })), ...clusterSecrets(config)];
  return [...new Map(named.map((secret) => [`${secret.region}|${secret.key}`, secret])).values()];
}

/** The accounts that the config names in ARNs of secrets, parameters and roles, each once. */
export function namedAccounts(config: ResolvedConfig): readonly string[] {
  // Empty: the deployment's own.
  const finds = allRegistrations(config)
    .flatMap(findPlaces)
    .map(({ store }) => store);
  const accounts = [...allReferences(config), ...finds].map(({ account }) => account);
  return [...new Set([...accounts, ...namedSecrets(config).map(({ key }) => ARN.exec(key)?.[1] ?? "")])].filter(Boolean).toSorted();
}

/**
 * The ARNs that cover secrets, sorted. Of a secret that is given by name, the six characters that Secrets Manager adds stay open.
 * @throws UserMistake for a key that can be no secret's name
 */
function secretArns(scope: RelayFunction, secrets: readonly NamedSecret[]): readonly string[] {
  const stack = Stack.of(scope);
  const arns = secrets.flatMap(({ key, region }) => {
    const named = ARN.exec(key)?.[2];
    // An ARN without its six characters is valid too, and looks like one with them where the name ends in a word of six.
    if (named !== undefined) return /-[A-Za-z0-9]{6}$/.test(named) ? [key] : [`${key}-??????`];
    if (!NAME.test(key)) throw new UserMistake(`remote key ${JSON.stringify(key)} is neither the name nor the ARN of a secret`);
    const place = region === "" ? {} : { region };
    return [
      stack.formatArn({
        ...place,
        service: "secretsmanager",
        resource: "secret",
        resourceName: `${key}-??????`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    ];
  });
  return [...new Set(arns)].toSorted();
}

/** Lets a function ask for many secrets in one call; each of them still needs its own grant of GetSecretValue. */
export function allowBatchRead(by: RelayFunction): void {
  by.allow(["secretsmanager:BatchGetSecretValue"], ["*"]);
  Validations.of(by.role).acknowledge({
    id: "AwsSolutions-IAM5[Resource::*]",
    reason: "BatchGetSecretValue knows no resources, and gives nothing of a secret that GetSecretValue does not grant",
  });
}

/** Lets a function read what the config names: secrets and parameters, clusters' credentials, and whatever its stores' roles may read. */
export function allowConfiguredSources(by: RelayFunction, config: ResolvedConfig, kmsKeyArns: readonly string[]): void {
  allowEach(by, ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], secretArns(by, namedSecrets(config)));
  const parameters = parameterArns(by, config);
  // The history proves an absence; without decryption, so that nothing of older versions is read.
  allowEach(by, ["ssm:GetParameter", "ssm:GetParameterHistory", "ssm:GetParameters", "ssm:ListTagsForResource"], parameters);
  allowRoles(by, config);
  const rules = allowFinds(by, config);
  if (kmsKeyArns.length > 0) {
    // Through the stores only: the key opens nothing else for us.
    const services = [
      "secretsmanager.*.amazonaws.com",
      ...(parameters.length > 0 || rules.some(({ store }) => store.provider === "ParameterStore") ? ["ssm.*.amazonaws.com"] : []),
    ];
    by.allow(["kms:Decrypt"], kmsKeyArns, { StringLike: { "kms:ViaService": services.length === 1 ? services[0] : services } });
  }
}

/** Lets a function reach the clusters that have a ClusterExternalSecret, to ask for their namespaces; it reads nothing else. */
export function allowNamespaceReads(by: RelayFunction, config: ResolvedConfig, kmsKeyArns: readonly string[]): void {
  const asked = new Set((config.clusterExternalSecrets ?? []).map(({ cluster }) => cluster));
  if (asked.size === 0) return;
  const clusters = config.clusters.filter(({ name }) => asked.has(name));
  const arns = secretArns(by, clusterSecrets({ ...config, clusters }));
  allowEach(by, ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], arns);
  if (kmsKeyArns.length > 0) {
    by.allow(["kms:Decrypt"], kmsKeyArns, { StringLike: { "kms:ViaService": "secretsmanager.*.amazonaws.com" } });
  }
}

function allowEach(by: RelayFunction, actions: readonly string[], arns: readonly string[]): void {
  for (let from = 0; from < arns.length; from += ARNS_IN_A_STATEMENT) by.allow(actions, arns.slice(from, from + ARNS_IN_A_STATEMENT));
}

/** The first role of each chain: the others are assumed by the one before. Tags on it need a right of their own. */
function allowRoles(by: RelayFunction, config: ResolvedConfig): void {
  const finds = allRegistrations(config)
    .flatMap(findPlaces)
    .map(({ store }) => store);
  const steps = [...allReferences(config), ...finds].flatMap(({ access }) =>
    access?.base.kind === "function" ? access.roles.slice(0, 1) : [],
  );
  const arnsOf = (roles: typeof steps): readonly string[] => [...new Set(roles.map(({ arn }) => arn))].toSorted();
  allowEach(by, ["sts:AssumeRole"], arnsOf(steps));
  allowEach(by, ["sts:TagSession"], arnsOf(steps.filter(({ tags }) => tags !== undefined)));
}

/** What Parameter Store takes as a name: so no key can hold a wildcard of IAM. */
const PARAMETER = /^[\w./-]{1,1011}$/;
const PARAMETER_ARN = /^arn:[\w-]+:ssm:[\w-]+:\d{12}:parameter\/[\w./-]{1,1011}$/;

/** The ARNs of the config's parameters, sorted. @throws UserMistake for a key that can be no parameter's name */
function parameterArns(scope: RelayFunction, config: ResolvedConfig): readonly string[] {
  const stack = Stack.of(scope);
  const arns = ownReferences(config, "ParameterStore").map(({ key, region }) => {
    if (PARAMETER_ARN.test(key)) return key;
    if (!PARAMETER.test(key)) throw new UserMistake(`remote key ${JSON.stringify(key)} is neither the name nor the ARN of a parameter`);
    const place = region === "" ? {} : { region };
    return stack.formatArn({ ...place, service: "ssm", resource: "parameter", resourceName: key.replace(/^\//, "") });
  });
  return [...new Set(arns)].toSorted();
}
