/** The binaries come from where the machine's owner says, and the build's versions are one. */
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "@jest/globals";
import { resolveApiServerBinaries } from "../../../src/local/api-server-binaries.ts";

describe("resolveApiServerBinaries", () => {
  it("takes KUBEBUILDER_ASSETS before anything else", async () => {
    const directory = await resolveApiServerBinaries({ environment: { KUBEBUILDER_ASSETS: "/opt/envtest" } });

    expect(directory).toBe("/opt/envtest");
  });

  it("names the cache after the versions that go.mod builds", async () => {
    const goMod = await readFile("src/local/binaries/go.mod", "utf8");
    const source = await readFile("src/local/api-server-binaries.ts", "utf8");

    const kubernetes = /k8s\.io\/kubernetes v(\S+)/.exec(goMod)?.[1];
    const etcd = /go\.etcd\.io\/etcd\/server\/v3 v(\S+)/.exec(goMod)?.[1];

    expect(source).toContain(`KUBERNETES_VERSION = "${kubernetes}"`);
    expect(source).toContain(`ETCD_VERSION = "${etcd}"`);
  });
});
