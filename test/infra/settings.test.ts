/** Context keys are checked, and change what they say they change. */
import { describe, expect, it } from "@jest/globals";
import { App } from "aws-cdk-lib";
import { readSettings } from "../../infra/settings.ts";

const settingsOf = (context: Record<string, unknown>) => readSettings(new App({ context, autoSynth: false }).node);

describe("readSettings", () => {
  it("has a default for every key", () => {
    const { visibilityBound, driftInterval, reconcileInterval, syncTimeout, configFolder, ...rest } = settingsOf({});

    expect([visibilityBound, driftInterval, reconcileInterval, syncTimeout].map((duration) => duration.toSeconds())).toEqual([
      60, 600, 60, 60,
    ]);
    expect(configFolder).toMatch(/\/config$/);
    expect(rest).toEqual({
      fastPathTargets: 20,
      maxConcurrency: 20,
      logRetention: 30,
      logLevel: "info",
      tracing: false,
      eventBusName: "default",
      alarmTopicArn: undefined,
      allowLoopbackClusters: false,
      retainRegistry: true,
      kmsKeyArns: [],
      network: undefined,
      managedPoliciesPerRole: 10,
      grantPrefixes: [],
      grantTag: undefined,
      vpcId: undefined,
    });
  });

  it("takes the texts that the command line gives for numbers, flags and lists", () => {
    const keys = ["arn:aws:kms:us-east-1:111122223333:key/a", "arn:aws:kms:us-east-1:111122223333:key/b"];

    expect(
      settingsOf({
        maxConcurrency: "5",
        tracing: "true",
        kmsKeyArns: keys.join(","),
        grantPrefixes: "shop/*,/team/*,shop/*",
      }),
    ).toMatchObject({
      grantPrefixes: ["/team/*", "shop/*"],
      maxConcurrency: 5,
      tracing: true,
      kmsKeyArns: keys,
    });
  });

  it.each([
    { key: "maxConcurrency", value: 1, want: 'context key "maxConcurrency" must be a whole number from 2 to 1000, got 1' },
    { key: "syncTimeoutSeconds", value: "1m", want: 'context key "syncTimeoutSeconds" must be a whole number from 20 to 900, got "1m"' },
    { key: "driftIntervalMinutes", value: 1.5, want: 'context key "driftIntervalMinutes" must be a whole number from 1 to 1440, got 1.5' },
    { key: "logLevel", value: "verbose", want: 'context key "logLevel" must be debug, info, warn or error, got "verbose"' },
    { key: "tracing", value: "yes", want: 'context key "tracing" must be true or false, got "yes"' },
    { key: "alarmTopicArn", value: "topic", want: 'context key "alarmTopicArn" must be the ARN of an SNS topic, got "topic"' },
    { key: "sourceOrganization", value: "*", want: 'context key "sourceOrganization" must be the id of an organisation, o-…, got "*"' },
    { key: "kmsKeyArns", value: ["*"], want: 'context key "kmsKeyArns" must be ARNs of KMS keys, got ["*"]' },
    { key: "vpcId", value: "vpc", want: 'context key "vpcId" must be the id of a VPC, got "vpc"' },
    { key: "vpcSubnetIds", value: "subnet-1", want: 'context key "vpcSubnetIds" must be ids of subnets, got "subnet-1"' },
    { key: "managedPoliciesPerRole", value: 21, want: 'context key "managedPoliciesPerRole" must be a whole number from 1 to 20, got 21' },
    { key: "grantPrefixes", value: "*", want: 'context key "grantPrefixes" must be beginnings of names that end in one *' },
    { key: "grantPrefixes", value: ["a*b*"], want: 'context key "grantPrefixes" must be beginnings of names that end in one *' },
    { key: "grantPrefixes", value: ["shop/"], want: 'context key "grantPrefixes" must be beginnings of names that end in one *' },
    { key: "grantTag", value: "relay", want: 'context key "grantTag" must be key=value, got "relay"' },
  ])("refuses $key $value", ({ key, value, want }) => {
    expect(() => settingsOf({ [key]: value })).toThrow(want);
  });

  const vpc = { vpcId: "vpc-01234567", vpcSubnetIds: "subnet-01234567,subnet-01234568", vpcSecurityGroupIds: ["sg-01234567"] };

  it("takes a VPC, with the route tables that get endpoints", () => {
    const network = {
      vpcId: "vpc-01234567",
      subnetIds: ["subnet-01234567", "subnet-01234568"],
      securityGroupIds: ["sg-01234567"],
      endpointRouteTableIds: [],
    };

    expect(settingsOf(vpc).network).toEqual(network);
    expect(settingsOf({ ...vpc, vpcEndpoints: "true", vpcRouteTableIds: "rtb-01234567" }).network).toEqual({
      ...network,
      endpointRouteTableIds: ["rtb-01234567"],
    });
  });

  it.each([
    { name: "a VPC alone", context: { vpcId: "vpc-01234567" }, want: "go together: give all of them, or no key of a VPC" },
    { name: "no VPC", context: { ...vpc, vpcId: "" }, want: "go together: give all of them, or no key of a VPC" },
    { name: "no subnets", context: { ...vpc, vpcSubnetIds: [] }, want: "go together: give all of them, or no key of a VPC" },
    { name: "endpoints without a VPC", context: { vpcEndpoints: true }, want: "go together: give all of them, or no key of a VPC" },
    { name: "endpoints without route tables", context: { ...vpc, vpcEndpoints: true }, want: "the route tables get the endpoints" },
    { name: "route tables for nothing", context: { ...vpc, vpcRouteTableIds: "rtb-01234567" }, want: "the route tables get the endpoints" },
  ])("refuses half of a VPC: $name", ({ context, want }) => {
    expect(() => settingsOf(context)).toThrow(want);
  });

  it("takes a tag whose value is empty or has a =, and refuses one beside prefixes", () => {
    expect(settingsOf({ grantTag: "relay=a=b" }).grantTag).toEqual({ key: "relay", value: "a=b" });
    expect(settingsOf({ grantTag: "relay=" }).grantTag).toEqual({ key: "relay", value: "" });
    expect(() => settingsOf({ grantTag: "a=b", grantPrefixes: ["shop/*"] })).toThrow(
      '"grantTag" must be left out where there are grantPrefixes',
    );
  });

  it("names the numbers of days that CloudWatch knows", () => {
    expect(() => settingsOf({ logRetentionDays: 31 })).toThrow(/must be one of 1, 3, 5, 7, 14, 30, .*, got 31/);
  });
});
