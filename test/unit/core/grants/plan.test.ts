/** Policies within IAM's sizes, by what the config names or by what the deployment chose; and a choice is asked for, never made. */
import { describe, expect, it } from "@jest/globals";
import { REGISTRY_TABLE } from "../../../../src/adapters/aws/keys.ts";
import { UserMistake } from "../../../../src/core/config/context.ts";
import type { Grant } from "../../../../src/core/grants/grant.ts";
import { DUE_INDEX, type GrantPlan, planGrants, prefixesThatFit } from "../../../../src/core/grants/plan.ts";
import type { GrantSettings } from "../../../../src/core/grants/settings.ts";
import { sourceGrants } from "../../../../src/core/grants/source-grants.ts";
import { cluster, configOf, nameOf, PARAMETERS, registration, SETTINGS } from "./configs.ts";

const LIMIT = 6_144;

/** All that is granted of the policies, as `policy number: resource`. */
function places({ policies }: GrantPlan): readonly string[] {
  return policies.flatMap(({ functions, statements }, number) =>
    statements.flatMap(({ resources }) => resources.map((resource) => `${functions.join()} ${number} ${resource}`)),
  );
}

function reads(plan: GrantPlan): readonly Grant[] {
  return plan.sources.filter(({ actions }) => actions.includes("secretsmanager:GetSecretValue"));
}

/** The names that reads are granted by, without those that only a tag admits. */
function grantedNames(plan: GrantPlan): { readonly exact: ReadonlySet<string>; readonly stems: readonly string[] } {
  const names = reads(plan)
    .filter(({ reach }) => reach !== "tag")
    .map(({ resource }) => resource.slice(resource.indexOf(":secret:") + ":secret:".length));
  return { exact: new Set(names), stems: names.filter((name) => name.endsWith("*")).map((name) => name.slice(0, -1)) };
}

/** Names of no registration that are granted all the same, of as many as a company might have beside those of the config. */
function overGranted(plan: GrantPlan, secrets: number): number {
  const { stems } = grantedNames(plan);
  const others = Array.from({ length: secrets }, (_, index) => {
    const name = nameOf(index).replace("secret-", "secret-of-others-");
    return index % 2 === 0 ? name : name.replace("service-", "service-of-others-");
  });
  return others.filter((name) => stems.some((stem) => name.startsWith(stem))).length;
}

function proposedFor(secrets: number, allowed: number): readonly string[] {
  const proposed = prefixesThatFit(sourceGrants(configOf(secrets), []), ["OnSecretChange", "Sync", "Reconcile"], allowed);
  return (proposed ?? []).map(({ prefix }) => prefix);
}

describe("sizes", () => {
  it.each<{ secrets: number; settings: Partial<GrantSettings>; policies: readonly [number, number]; over: "none" | "some" | "all" }>([
    { secrets: 10, settings: {}, policies: [1, 1], over: "none" },
    { secrets: 500, settings: {}, policies: [8, 10], over: "none" },
    { secrets: 1_000, settings: { managedPoliciesPerRole: 20 }, policies: [16, 20], over: "none" },
    { secrets: 1_000, settings: { grantPrefixes: proposedFor(1_000, 10) }, policies: [8, 10], over: "some" },
    { secrets: 1_000, settings: { grantTag: { key: "secret-relay", value: "allowed" } }, policies: [1, 1], over: "none" },
    { secrets: 20_000, settings: { grantPrefixes: proposedFor(20_000, 10) }, policies: [8, 10], over: "some" },
    { secrets: 20_000, settings: { grantPrefixes: ["team-*"] }, policies: [1, 1], over: "all" },
    { secrets: 20_000, settings: { grantTag: { key: "secret-relay", value: "allowed" } }, policies: [1, 1], over: "none" },
  ])("$secrets secrets, $settings: $policies policies, over-granted: $over", ({ secrets, settings, policies: [from, to], over }) => {
    const plan = planGrants(configOf(secrets), { ...SETTINGS, ...settings });

    expect(plan.policies.length).toBeGreaterThanOrEqual(from);
    expect(plan.policies.length).toBeLessThanOrEqual(to);
    expect(Math.max(...plan.policies.map(({ characters }) => characters))).toBeLessThanOrEqual(LIMIT);
    const beyond = overGranted(plan, secrets);
    expect(beyond === 0 ? "none" : beyond === secrets ? "all" : "some").toBe(over);
    // Nothing that the config names is left out.
    const { exact, stems } = grantedNames(plan);
    const isByTag = plan.sources.some(({ reach }) => reach === "tag");
    const missing = Array.from({ length: secrets }, (_, index) => nameOf(index)).filter(
      (name) => !isByTag && !exact.has(`${name}-??????`) && !stems.some((stem) => name.startsWith(stem)),
    );
    expect(missing).toEqual([]);
  });

  it("counts the characters of each policy as IAM would, at most", () => {
    const { policies } = planGrants(configOf(500), SETTINGS);
    const written = policies.map(({ statements }) => {
      const Statement = statements.map(({ actions, resources, condition }) => ({
        Effect: "Allow",
        Action: actions,
        Resource: resources.map((one) =>
          one.replace("${AWS::Partition}", "aws").replace("${AWS::Region}", "ap-southeast-1").replace("${AWS::AccountId}", "123456789012"),
        ),
        ...(condition === undefined ? {} : { Condition: condition }),
      }));
      return JSON.stringify({ Version: "2012-10-17", Statement }).length;
    });

    for (const [index, { characters }] of policies.entries()) {
      expect(characters).toBeGreaterThanOrEqual(written[index] ?? Infinity);
      // Not much above either: the partition's name is all that may be shorter.
      expect(characters - (written[index] ?? 0)).toBeLessThan(600);
    }
  });
});

describe("what does not fit", () => {
  const mistake = (secrets: number, settings: Partial<GrantSettings> = {}): string => {
    try {
      planGrants(configOf(secrets), { ...SETTINGS, ...settings });
    } catch (error) {
      if (error instanceof UserMistake) return error.message;
      throw error;
    }
    return "it fits";
  };

  it("is told with its size, the quota, prefixes that would do, and the tag", () => {
    const text = mistake(1_000);

    expect(text).toMatch(/OnSecretChange, Sync, Reconcile need \d{2,3},\d{3} characters, that is 1[5-9] managed policies of 6,144/);
    expect(text).toMatch(/managedPoliciesPerRole to (1[6-9]|20)\n/);
    expect(text).toMatch(/"grantPrefixes": \["team-\d+\/service-\d\/secret-/);
    expect(text).toMatch(/ {4}team-\d+\/service-\d\/secret-\* stands for 10 names of the config/);
    expect(text).toContain('"grantTag": "secret-relay=allowed"');
  });

  it("proposes what then fits, and accepts it", () => {
    for (const secrets of [1_000, 20_000]) {
      const prefixes = /"grantPrefixes": (\[.*\])/.exec(mistake(secrets))?.[1] ?? "";
      expect(mistake(secrets, { grantPrefixes: JSON.parse(prefixes) as string[] })).toBe("it fits");
    }
  });

  it("proposes no higher quota than IAM has, and no prefixes where names have nothing in common", () => {
    const keys = Array.from({ length: 3_000 }, (_, index) => `${(index * 7_919).toString(36)}x${"y".repeat(80)}`);
    const config = { clusters: [], registrations: [registration("r", keys)] };

    expect(() => planGrants(config, SETTINGS)).toThrow("- no shared prefixes would do");
    expect(() => planGrants(config, SETTINGS)).not.toThrow(/managedPoliciesPerRole/);
  });

  it("proposes the few shared names, and leaves what fits as it is", () => {
    const many = Array.from({ length: 2_000 }, (_, index) => `bulk/${index}`);
    const few = Array.from({ length: 100 }, (_, index) => `other/group-${index % 5}/secret-${index}`);
    const config = { clusters: [], registrations: [registration("r", [...many, ...few])] };

    expect(prefixesThatFit(sourceGrants(config, []), ["OnSecretChange", "Sync", "Reconcile"], 10)).toEqual([
      { prefix: "bulk/*", covered: 2_000 },
    ]);
  });
});

describe("a change of the config", () => {
  it.each([
    { secrets: 300, more: 1 },
    { secrets: 500, more: 10 },
  ])("of $more beside $secrets moves few grants to other policies", ({ secrets, more }) => {
    const before = new Set(places(planGrants(configOf(secrets), SETTINGS)));
    const after = places(planGrants(configOf(secrets + more), SETTINGS));
    const moved = after.filter((place) => !before.has(place));

    expect(moved.length).toBeGreaterThanOrEqual(more);
    expect(moved.length).toBeLessThanOrEqual(more + secrets / 20);
  });

  it("gives equal policies for equal configs, whatever their order", () => {
    const { clusters, registrations } = configOf(500);

    expect(planGrants({ clusters, registrations: registrations.toReversed() }, SETTINGS).policies).toEqual(
      planGrants(configOf(500), SETTINGS).policies,
    );
  });

  it("takes a further policy's share from the others, and moves nothing else", () => {
    const before = planGrants(configOf(250), SETTINGS);
    const after = planGrants(configOf(330), SETTINGS);
    const known = new Set(places(before));
    const moved = places(after).filter((place) => !known.has(place)).length - 80;

    expect(after.policies.length).toBeGreaterThan(before.policies.length);
    expect(moved).toBeLessThan(250 / 2);
  });
});

describe("chosen prefixes and tags", () => {
  const config = {
    clusters: [cluster("tokyo")],
    registrations: [
      registration("a", ["shop/db", "shop/mail", "other"]),
      registration("b", ["/shop/key"], { store: PARAMETERS }),
      registration("c", ["shop/west"], { store: { ...PARAMETERS, provider: "SecretsManager", region: "us-west-2" } }),
      registration("d", ["arn:aws:secretsmanager:eu-west-1:444455556666:secret:shop/theirs-AbCdEf"]),
    ],
  };
  const of = (settings: Partial<GrantSettings>) =>
    planGrants(config, { ...SETTINGS, ...settings }).sources.flatMap(({ actions, resource, reach, condition, why }) =>
      actions.some((action) => /GetSecretValue|GetParameter$/.test(action))
        ? [[resource.replaceAll(/\$\{AWS::(\w+)\}/g, "$1"), reach, JSON.stringify(condition), why.map(({ name }) => name).join()].join(" ")]
        : [],
    );

  it("widens each region and account by itself, with the reasons of all that is below", () => {
    expect(of({ grantPrefixes: ["shop/*"] })).toEqual([
      "arn:Partition:secretsmanager:Region:AccountId:secret:clusters/tokyo-?????? exact  tokyo",
      "arn:Partition:secretsmanager:Region:AccountId:secret:other-?????? exact  tokyo/app/a",
      "arn:Partition:secretsmanager:Region:AccountId:secret:shop/* prefix  tokyo/app/a",
      "arn:Partition:secretsmanager:us-west-2:AccountId:secret:shop/* prefix  tokyo/app/c",
      "arn:Partition:ssm:Region:AccountId:parameter/shop/* prefix  tokyo/app/b",
      "arn:aws:secretsmanager:eu-west-1:444455556666:secret:shop/* prefix  tokyo/app/d",
    ]);
  });

  it("admits by tag in each region of the own account; clusters and others' secrets stay named", () => {
    const condition = '{"StringEquals":{"aws:ResourceTag/relay":"yes"}}';
    expect(of({ grantTag: { key: "relay", value: "yes" } })).toEqual([
      `arn:Partition:secretsmanager:Region:AccountId:secret:* tag ${condition} tokyo/app/a`,
      "arn:Partition:secretsmanager:Region:AccountId:secret:clusters/tokyo-?????? exact  tokyo",
      `arn:Partition:secretsmanager:us-west-2:AccountId:secret:* tag ${condition} tokyo/app/c`,
      `arn:Partition:ssm:Region:AccountId:parameter/* tag ${condition} tokyo/app/b`,
      "arn:aws:secretsmanager:eu-west-1:444455556666:secret:shop/theirs-AbCdEf exact  tokyo/app/d",
    ]);
  });

  it("refuses a prefix that nothing needs", () => {
    expect(() => of({ grantPrefixes: ["shop/*", "shpo/*"] })).toThrow('"grantPrefixes": the config names nothing below shpo/*');
  });
});

it("names the index of the registry's table", () => {
  expect(DUE_INDEX).toBe(REGISTRY_TABLE.dueIndex.name);
});
