/** What the table holds of clusters, as this version and the one before wrote it. */
import { describe, expect, it } from "@jest/globals";
import { clusterRecords } from "../../../src/adapters/aws/clusters.ts";
import { aCluster } from "../../support/registrations.ts";

const spec = aCluster();
const item = { pk: "CLUSTERS", sk: "tokyo", spec: JSON.stringify(spec) };
const breaker = { failures: 0, openUntil: 0 };

describe("clusterRecords", () => {
  it("reads a cluster of the version before, and says that it is to be put again", () => {
    expect(clusterRecords([item]).get("tokyo")).toEqual({ spec, breaker, isOutdated: true });
  });

  it("reads what was announced of its credentials, and that it is retired", () => {
    const full = { ...item, layout: 2, credentialsVersion: "v2", credentialsAt: 1_000, retired: true };

    expect(clusterRecords([full]).get("tokyo")).toEqual({ spec, breaker, credentials: { versionId: "v2", at: 1_000 }, isRetired: true });
  });
});
