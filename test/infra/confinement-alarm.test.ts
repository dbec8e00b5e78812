/** The alarm for a cluster that is open: there where a Cluster says confine: label, and nowhere else. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { filesOf } from "../support/confined-config.ts";
import { resourcesOf, synthesise, type Template, WITHOUT_BUNDLES } from "./template.ts";

const folders: string[] = [];

async function templateOf(more: string): Promise<Template> {
  const folder = await mkdtemp(join(tmpdir(), "secret-relay-config-"));
  folders.push(folder);
  await mkdir(folder, { recursive: true });
  for (const [path, text] of Object.entries(filesOf(more))) await writeFile(join(folder, path), text);
  const { template, outdir } = await synthesise({
    ...WITHOUT_BUNDLES,
    config: folder,
    alarmTopicArn: "arn:aws:sns:eu-west-1:111122223333:on-call",
  });
  folders.push(outdir);
  return template;
}

describe("the alarm of confinement", () => {
  let confined: Template;
  let named: Template;
  beforeAll(async () => {
    confined = await templateOf(", confine: label");
    named = await templateOf(", confine: names");
  });
  afterAll(async () => {
    for (const folder of folders) await rm(folder, { recursive: true });
  });

  it("counts what the writing functions log, and tells the topic", () => {
    const metric = { MetricName: "ConfinementMissing", MetricNamespace: "secret-relay" };
    const filters = Object.values(resourcesOf(confined, "AWS::Logs::MetricFilter"));

    expect(filters.map(({ LogGroupName }) => LogGroupName)).toEqual(["<OnSecretChangeLogs>", "<SyncLogs>"]);
    for (const { FilterPattern, MetricTransformations } of filters) {
      expect(FilterPattern).toBe('{ $.code = "ConfinementMissing" }');
      expect(MetricTransformations).toMatchObject([{ ...metric, MetricValue: "1" }]);
    }
    expect(resourcesOf(confined, "AWS::CloudWatch::Alarm")["ConfinementAlarm"]).toMatchObject({
      MetricName: metric.MetricName,
      Namespace: metric.MetricNamespace,
      Statistic: "Sum",
      Threshold: 1,
      AlarmActions: ["arn:aws:sns:eu-west-1:111122223333:on-call"],
    });
  });

  it("is not made for clusters that are confined by names", () => {
    expect(resourcesOf(named, "AWS::Logs::MetricFilter")).toEqual({});
  });
});
