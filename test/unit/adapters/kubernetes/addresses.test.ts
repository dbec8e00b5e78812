/** Which addresses no API server may have, however they are spelled, and whatever name leads to them. */
import type { LookupAddress } from "node:dns";
import { BlockList } from "node:net";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { addressRefusal, createGuardedLookup, hostRefusal } from "../../../../src/adapters/kubernetes/addresses.ts";

/** As a URL has it. */
const hostOf = (written: string): string => new URL(`https://${written}`).hostname;

/** The same ranges by Node's own list, which is too slow to be made at each cold start. */
function refusalByNode(address: string, family: "ipv4" | "ipv6"): string | undefined {
  const ranges = {
    "a link-local or metadata address": [
      ["169.254.0.0", 16],
      ["fe80::", 10],
      ["fec0::", 10],
      ["fd00:ec2::", 32],
      ["100.100.100.200", 32],
      ["192.0.0.192", 32],
      ["168.63.129.16", 32],
      ["fd20:ce::", 32],
    ],
    "no address of one host": [
      ["224.0.0.0", 4],
      ["255.255.255.255", 32],
      ["ff00::", 8],
    ],
    "a loopback address": [
      ["127.0.0.0", 8],
      ["0.0.0.0", 8],
      ["::", 128],
      ["::1", 128],
    ],
  } as const;
  for (const [refusal, networks] of Object.entries(ranges)) {
    const list = new BlockList();
    for (const [network, prefix] of networks) list.addSubnet(network, prefix, network.includes(":") ? "ipv6" : "ipv4");
    if (list.check(address, family)) return refusal;
  }
  return undefined;
}

describe("addressRefusal", () => {
  const byte = fc.oneof(
    fc.constantFrom(0, 1, 16, 63, 100, 127, 128, 129, 168, 169, 192, 200, 223, 224, 239, 240, 254, 255),
    fc.nat({ max: 255 }),
  );

  it("refuses the IPv4 addresses that Node's own list finds in its ranges, and no others", () => {
    fc.assert(
      fc.property(fc.tuple(byte, byte, byte, byte), (bytes) => {
        const address = bytes.join(".");
        expect(addressRefusal(address, {})).toBe(refusalByNode(address, "ipv4"));
      }),
      { numRuns: 3_000 },
    );
  });

  it("does the same with IPv6 addresses that lead to no IPv4 one, however they are spelled", () => {
    const first = fc.oneof(
      fc.constantFrom(0xfd00, 0xfd20, 0xfe7f, 0xfe80, 0xfebf, 0xfec0, 0xfeff, 0xff00, 0xffff, 0xfdff, 0x2600),
      fc.integer({ min: 0x2003, max: 0xffff }),
    );
    const group = fc.oneof(fc.constantFrom(0, 1, 0xec2, 0xce, 0xffff), fc.nat({ max: 0xffff }));
    fc.assert(
      fc.property(first, fc.array(group, { minLength: 7, maxLength: 7 }), fc.boolean(), (head, rest, isShort) => {
        const long = [head, ...rest].map((one) => one.toString(16)).join(":");
        const address = isShort ? new URL(`https://[${long}]`).hostname.slice(1, -1) : long;
        expect(addressRefusal(address, {})).toBe(refusalByNode(long, "ipv6"));
      }),
      { numRuns: 3_000 },
    );
  });
});

describe("hostRefusal", () => {
  it.each([
    "169.254.169.254",
    "169.254.170.2",
    "0xa9fea9fe",
    "2852039166",
    "0251.0376.0251.0376",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[::ffff:0:a9fe:a9fe]",
    "[::a9fe:a9fe]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::a9fe:a9fe]",
    "[2002:a9fe:a9fe::1]",
    "[2001:0:1:2:3:4:5601:5601]",
    "[fe80::1]",
    "[febf::1]",
    "[fec0::1]",
    "[fd00:ec2::254]",
    "[fd00:ec2::23]",
    "[fd20:ce::254]",
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
    "metadata.google.internal",
    "METADATA.google.internal.",
    "metadata",
    "instance-data.ec2.internal..",
  ])("calls %s a link-local or metadata address", (written) => {
    expect(hostRefusal(hostOf(written), { allowLoopback: true })).toBe("a link-local or metadata address");
  });

  it.each([
    "127.0.0.1",
    "127.1.2.3",
    "2130706433",
    "0.0.0.0",
    "0",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "localhost",
    "LocalHost.",
    "a.localhost",
  ])("calls %s a loopback address, where that is not allowed", (written) => {
    expect(hostRefusal(hostOf(written), {})).toBe("a loopback address");
    expect(hostRefusal(hostOf(written), { allowLoopback: true })).toBeUndefined();
  });

  it.each(["224.0.0.1", "255.255.255.255", "[ff02::1]"])("calls %s no address of one host", (written) => {
    expect(hostRefusal(hostOf(written), {})).toBe("no address of one host");
  });

  it.each([
    "10.0.0.1",
    "169.253.255.255",
    "192.168.1.1",
    "100.100.100.201",
    "[fd00:ec3::1]",
    "[2600:1f18::1]",
    "[64:ff9b::a00:1]",
    "[2002:a00:1::]",
    "k.example",
    "metadata.example",
    "localhost.example",
    "ABC.gr7.eu-west-1.eks.amazonaws.com",
  ])("lets %s pass", (written) => {
    expect(hostRefusal(hostOf(written), {})).toBeUndefined();
  });

  it("sees through the zone of an address", () => {
    expect(addressRefusal("fe80::1%eth0", {})).toBe("a link-local or metadata address");
  });
});

/** Resolves every name to these, as node:dns would. */
function resolving(...addresses: readonly string[]) {
  const list = addresses.map((address): LookupAddress => ({ address, family: address.includes(":") ? 6 : 4 }));
  const resolve = ((_name: string, _options: object, callback: (error: null, found: LookupAddress[]) => void) =>
    callback(null, list)) as unknown as NonNullable<Parameters<typeof createGuardedLookup>[1]>;
  return createGuardedLookup({}, resolve);
}

async function lookUp(lookup: ReturnType<typeof resolving>, all: boolean): Promise<unknown> {
  return new Promise((resolve) => {
    lookup("no-such-name.invalid", { all }, (error, found) => resolve(error ?? found));
  });
}

describe("createGuardedLookup", () => {
  it.each([["169.254.169.254"], ["10.0.0.1", "169.254.169.254"], ["::ffff:a9fe:a9fe"], ["fe80::1%eth0"], ["127.0.0.1"]])(
    "refuses a name that leads to %s",
    async (...addresses) => {
      const error = { code: "ERR_ADDRESS_REFUSED" };

      expect(await lookUp(resolving(...addresses), true)).toMatchObject(error);
      expect(await lookUp(resolving(...addresses), false)).toMatchObject(error);
    },
  );

  it("gives what Node's own would give, one address or all", async () => {
    expect(await lookUp(resolving("10.0.0.1", "fd00::1"), true)).toEqual([
      { address: "10.0.0.1", family: 4 },
      { address: "fd00::1", family: 6 },
    ]);
    expect(await lookUp(resolving("10.0.0.1", "fd00::1"), false)).toBe("10.0.0.1");
  });

  it("hands on that there is no such name", async () => {
    const lookup = createGuardedLookup({});

    expect(await lookUp(lookup, true)).toMatchObject({ code: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/) });
  });
});
