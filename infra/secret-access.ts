/** Which secrets a function may read: those that the config names, and no other. */
import { ArnFormat, Stack, Validations } from "aws-cdk-lib";
import type { ResolvedConfig } from "../src/core/model.ts";
import { referencesOf } from "../src/core/sync/references.ts";
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

function namedSecrets(config: ResolvedConfig): readonly NamedSecret[] {
  const references = config.registrations.flatMap(referencesOf).filter(({ provider }) => provider === "SecretsManager");
  const clusters = config.clusters.map(({ kubeconfigSecretName }) => ({ key: kubeconfigSecretName, region: "" }));
  const named = [...references.map(({ key, region }) => ({ key, region })), ...clusters];
  return [...new Map(named.map((secret) => [`${secret.region}|${secret.key}`, secret])).values()];
}

/** The accounts that the config names in ARNs, each once. */
export function namedAccounts(config: ResolvedConfig): readonly string[] {
  return [...new Set(namedSecrets(config).flatMap(({ key }) => ARN.exec(key)?.[1] ?? []))].toSorted();
}

/**
 * The ARNs that cover the config's secrets, sorted. Of a secret that is given by name, the six characters that Secrets Manager adds stay open.
 * @throws UserMistake for a key that can be no secret's name
 */
function secretArns(scope: RelayFunction, config: ResolvedConfig): readonly string[] {
  const stack = Stack.of(scope);
  const arns = namedSecrets(config).flatMap(({ key, region }) => {
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

/** Lets a function read the secrets of the config: sources and clusters' credentials. */
export function allowConfiguredSecrets(by: RelayFunction, config: ResolvedConfig, kmsKeyArns: readonly string[]): void {
  const arns = secretArns(by, config);
  for (let from = 0; from < arns.length; from += ARNS_IN_A_STATEMENT) {
    by.allow(["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], arns.slice(from, from + ARNS_IN_A_STATEMENT));
  }
  if (kmsKeyArns.length > 0) {
    // Through Secrets Manager only: the key opens nothing else for us.
    by.allow(["kms:Decrypt"], kmsKeyArns, { StringLike: { "kms:ViaService": "secretsmanager.*.amazonaws.com" } });
  }
}
