/** What find rules need beyond named secrets: to list, and to read what has the literal beginning of the rule; where there is no rule, nothing. */
import { Stack, Validations } from "aws-cdk-lib";
import { allRegistrations } from "../src/core/config/cluster-external-secret.ts";
import { type FindPlace, findPlaces, hierarchyPath, namePrefix } from "../src/core/find/find.ts";
import type { ProviderKind, ResolvedConfig } from "../src/core/model.ts";
import type { RelayFunction } from "./relay-function.ts";

/** As much of a prefix as stands for itself in an ARN: a wildcard of IAM in it would open more. */
const PLAIN = /^[\w/+=.@-]*/;

/** A pattern of secrets or parameters by the beginning of their names. */
interface Named {
  readonly provider: ProviderKind;
  /** Empty: the deployment's own. */
  readonly region: string;
  readonly prefix: string;
}

const READS: Readonly<Record<ProviderKind, readonly string[]>> = {
  SecretsManager: ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
  ParameterStore: ["ssm:GetParameter", "ssm:GetParameterHistory", "ssm:GetParameters", "ssm:ListTagsForResource"],
};

/** @returns the rules that the functions' own role serves: what a store's role or keys list and read is granted to those */
export function allowFinds(by: RelayFunction, config: ResolvedConfig): readonly FindPlace[] {
  const rules = allRegistrations(config)
    .flatMap(findPlaces)
    .filter(({ store }) => store.access === undefined);
  for (const { rule, store } of rules.filter(isFirst(readKey))) {
    const { provider, region } = store;
    allowNamed(by, READS[provider], { provider, region, prefix: namePrefix(rule, provider) });
  }
  const byPath = rules.filter(({ rule, store }) => store.provider === "ParameterStore" && rule.tags === undefined);
  for (const { rule, store } of byPath.filter(isFirst(({ rule: one, store: of }) => `${of.region}|${hierarchyPath(one)}`))) {
    allowNamed(by, ["ssm:GetParametersByPath"], { provider: "ParameterStore", region: store.region, prefix: hierarchyPath(rule) });
  }
  const actions = [
    ...(rules.some(({ store }) => store.provider === "SecretsManager") ? ["secretsmanager:ListSecrets"] : []),
    ...(rules.some(({ rule, store }) => store.provider === "ParameterStore" && rule.tags !== undefined) ? ["ssm:DescribeParameters"] : []),
  ];
  if (actions.length > 0) {
    by.allow(actions, ["*"]);
    acknowledge(by, "*", "ListSecrets and DescribeParameters know no resources, and give names and tags only");
  }
  return rules;
}

function readKey({ rule, store }: FindPlace): string {
  return JSON.stringify([store.provider, store.region, namePrefix(rule, store.provider)]);
}

function isFirst<T>(keyOf: (item: T) => string): (item: T) => boolean {
  const seen = new Set<string>();
  return (item) => {
    const isNew = !seen.has(keyOf(item));
    seen.add(keyOf(item));
    return isNew;
  };
}

function allowNamed(by: RelayFunction, actions: readonly string[], named: Named): void {
  const { partition, region, account } = Stack.of(by);
  by.allow(actions, [arnOf(named, { partition, region: named.region || region, account })]);
  const shown = { partition: "<AWS::Partition>", region: named.region || "<AWS::Region>", account: "<AWS::AccountId>" };
  acknowledge(by, arnOf(named, shown), "a find rule of the config looks for secrets by this beginning of their names");
}

function arnOf(
  { provider, prefix }: Named,
  place: { readonly partition: string; readonly region: string; readonly account: string },
): string {
  const [plain = ""] = PLAIN.exec(prefix) ?? [];
  const { partition, region, account } = place;
  return provider === "SecretsManager"
    ? `arn:${partition}:secretsmanager:${region}:${account}:secret:${plain}*`
    : `arn:${partition}:ssm:${region}:${account}:parameter/${plain.replace(/^\//, "")}*`;
}

function acknowledge(by: RelayFunction, resource: string, reason: string): void {
  Validations.of(by.role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason });
}
