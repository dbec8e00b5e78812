/** How connections are kept and forgotten. */
import { rootCertificates } from "node:tls";
import { describe, expect, it } from "@jest/globals";
import { createClusters } from "../../../../src/adapters/kubernetes/clusters.ts";
import { RelayError } from "../../../../src/core/errors.ts";
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

const MINUTE = 60_000;
const AT = 1_800_000_000_000;

/** A secret whose versions come one after another; `lag` is for how many reads more the store gives the one before. */
function rotating() {
  const store = { version: 1, lag: 0, reads: 0, failure: undefined as RelayError | undefined };
  const clock = { now: AT };
  const clusters = createClusters(
    async () => {
      store.reads += 1;
      if (store.failure !== undefined) throw store.failure;
      const version = store.lag > 0 ? store.version - 1 : store.version;
      store.lag = Math.max(0, store.lag - 1);
      return { value: new SecretValue(GOOD.replace('"t"', `"t${version}"`)), versionId: `v${version}` };
    },
    { now: () => clock.now },
  );
  /** The event of a rotation, which happens now. */
  const rotate = () => {
    store.version += 1;
    return { versionId: `v${store.version}`, at: clock.now - (clock.now % 1000) };
  };
  return { clusters, store, clock, rotate };
}

describe("a notice that the credentials changed", () => {
  it("has them read once, whoever comes and however often it is repeated, for the connection that there is", async () => {
    const { clusters, store, clock, rotate } = rotating();
    const first = await clusters.connect(SPEC);
    clock.now += 5_000;
    const notice = rotate();

    const all = await Promise.all([clusters.connect(SPEC, notice), clusters.connect(SPEC, notice)]);
    clock.now += 60 * 1000;
    await clusters.connect(SPEC, notice);

    expect(all).toEqual([first, first]);
    expect(store.reads).toBe(2);
  });

  it("is followed until the store gives its version", async () => {
    const { clusters, store, clock, rotate } = rotating();
    await clusters.connect(SPEC);
    clock.now += 5_000;
    const notice = rotate();
    store.lag = 2;

    for (let connect = 0; connect < 8; connect += 1) {
      await clusters.connect(SPEC, notice);
      clock.now += 1_500;
    }

    // Not at each connect: two seconds lie between two reads.
    expect(store.reads).toBe(4);
  });

  it("is done with once whatever the store gives must be later", async () => {
    const { clusters, store, clock, rotate } = rotating();
    await clusters.connect(SPEC);
    const late = rotate();
    rotate();
    clock.now += 61_000;

    for (let connect = 0; connect < 20; connect += 1) {
      await clusters.connect(SPEC, late);
      clock.now += 3_000;
    }

    expect(store.reads).toBe(2);
  });

  it("is not needed: after ten minutes they are read again", async () => {
    const { clusters, store, clock } = rotating();
    await clusters.connect(SPEC);
    clock.now += 9.9 * MINUTE;
    await clusters.connect(SPEC);
    expect(store.reads).toBe(1);
    clock.now += 0.1 * MINUTE;
    await clusters.connect(SPEC);
    expect(store.reads).toBe(2);
  });

  it.each([
    { code: "StoreThrottled", want: "the old ones" },
    { code: "StoreUnreachable", want: "the old ones" },
    { code: "AccessDenied", want: "the failure" },
    { code: "SecretNotFound", want: "the failure" },
  ] as const)("gives $want where reading them fails with $code", async ({ code, want }) => {
    const { clusters, store, clock, rotate } = rotating();
    const first = await clusters.connect(SPEC);
    clock.now += 5_000;
    const notice = rotate();
    store.failure = new RelayError(code, "clusters/tokyo");

    const got = await clusters.connect(SPEC, notice).catch((error: unknown) => error);

    expect(got).toEqual(want === "the failure" ? store.failure : first);
    store.failure = undefined;
    clock.now += 5_000;
    await clusters.connect(SPEC, notice);
    expect(store.reads).toBe(3);
  });
});
