/** How connections are kept and forgotten. */
import { rootCertificates } from "node:tls";
import { describe, expect, it } from "@jest/globals";
import { createClusters } from "../../../../src/adapters/kubernetes/clusters.ts";
import type { ClusterSpec } from "../../../../src/core/model.ts";
import { SecretValue } from "../../../../src/core/secret-value.ts";

const SPEC: ClusterSpec = {
  name: "tokyo",
  labels: {},
  kubeconfigSecretName: "clusters/tokyo",
  allowedNamespaces: ["*"],
  concurrency: 4,
  requestsPerSecond: 100,
  drift: "probe",
};
const GOOD = JSON.stringify({ server: "https://k.example", caData: rootCertificates[0], token: "t" });

function counting(texts: readonly string[]) {
  const reads: string[] = [];
  const clusters = createClusters(async (name) => {
    reads.push(name);
    return { value: new SecretValue(texts[reads.length - 1] ?? GOOD), versionId: `v${reads.length}` };
  });
  return { clusters, reads };
}

describe("createClusters", () => {
  it("reads the credentials once, and again after they are forgotten", async () => {
    const { clusters, reads } = counting([]);
    const first = await clusters.connect(SPEC);
    expect(await clusters.connect(SPEC)).toBe(first);
    clusters.forget("tokyo");
    expect(await clusters.connect(SPEC)).not.toBe(first);
    expect(reads).toEqual(["clusters/tokyo", "clusters/tokyo"]);
  });

  it("connects anew when the spec changed", async () => {
    const { clusters } = counting([]);
    expect(await clusters.connect(SPEC)).not.toBe(await clusters.connect({ ...SPEC, concurrency: 8 }));
  });

  it.each(["{}", GOOD.replace("MII", "???")])("does not keep a failed connection", async (bad) => {
    const { clusters } = counting([bad]);
    await expect(clusters.connect(SPEC)).rejects.toMatchObject({ code: "ClusterCredentials" });
    await expect(clusters.connect(SPEC)).resolves.toBeDefined();
  });
});
