/** Which addresses no API server has: this machine's own, link-local ones, and those where clouds hand out credentials; checked as written, and as resolved. */
import type dns from "node:dns";
import type { LookupFunction } from "node:net";

// Not by import: that would read each export of the two modules, and so load what nobody uses, in each cold start.
const isIP = (address: string): number => process.getBuiltinModule("node:net").isIP(address);

/** What a deployment may allow beyond the default. */
export interface AddressOptions {
  /** API servers on loopback addresses, for the stack on one machine. @default false */
  readonly allowLoopback?: boolean | undefined;
}

/** Why an address is refused. */
export type AddressRefusal = "a link-local or metadata address" | "a loopback address" | "no address of one host";

/** A network: its address in groups of 16 bits, two of IPv4 and eight of IPv6, and how many bits of it count. */
interface Range {
  readonly groups: readonly number[];
  readonly prefix: number;
}

// Not node:net's BlockList: to make one costs each cold start more than a millisecond.
function rangesOf(...ranges: readonly string[]): readonly Range[] {
  return ranges.map((range) => {
    const [network = "", prefix = ""] = range.split("/");
    return { groups: groupsOf(network), prefix: Number(prefix) };
  });
}

function isIn(ranges: readonly Range[], address: readonly number[]): boolean {
  return ranges.some(({ groups, prefix }) => {
    if (groups.length !== address.length) return false;
    return groups.every((group, index) => {
      const bits = Math.min(16, Math.max(0, prefix - index * 16));
      return bits === 0 || group >> (16 - bits) === (address[index] ?? 0) >> (16 - bits);
    });
  });
}

const METADATA = rangesOf(
  "169.254.0.0/16",
  "fe80::/10",
  "fec0::/10",
  // Of EC2 over IPv6: metadata, credentials of tasks and pods, DNS.
  "fd00:ec2::/32",
  // Alibaba, Oracle and Azure.
  "100.100.100.200/32",
  "192.0.0.192/32",
  "168.63.129.16/32",
  // Google.
  "fd20:ce::/32",
);
const LOOPBACK = rangesOf("127.0.0.0/8", "0.0.0.0/8", "::/128", "::1/128");
const MANY_HOSTS = rangesOf("224.0.0.0/4", "255.255.255.255/32", "ff00::/8");

const METADATA_NAMES = ["metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal"];

/** Why this host of a URL is refused as it is written; undefined where it is not. A name may still lead to a refused address. */
export function hostRefusal(written: string, options: AddressOptions): AddressRefusal | undefined {
  // A trailing dot is another spelling of the same name.
  const host = written
    .replace(/^\[|\]$/g, "")
    .replace(/\.+$/, "")
    .toLowerCase();
  if (host === "") return "no address of one host";
  if (isIP(host) !== 0) return addressRefusal(host, options);
  if (METADATA_NAMES.includes(host)) return "a link-local or metadata address";
  if ((host === "localhost" || host.endsWith(".localhost")) && options.allowLoopback !== true) return "a loopback address";
  return undefined;
}

/** Why this IP address is refused; undefined where it is not. */
export function addressRefusal(address: string, { allowLoopback }: AddressOptions): AddressRefusal | undefined {
  for (const one of formsOf(address)) {
    if (isIn(METADATA, one)) return "a link-local or metadata address";
    if (isIn(MANY_HOSTS, one)) return "no address of one host";
    if (allowLoopback !== true && isIn(LOOPBACK, one)) return "a loopback address";
  }
  return undefined;
}

/** The address itself, without a zone, and the IPv4 address that an IPv6 one leads to by translation or a tunnel; each in its groups. */
function formsOf(address: string): readonly (readonly number[])[] {
  const groups = groupsOf(address.replace(/%.*$/s, ""));
  if (groups.length !== 8) return [groups];
  const ipv4 = (at: number, mask = 0): readonly number[] => [(groups[at] ?? 0) ^ mask, (groups[at + 1] ?? 0) ^ mask];
  const begins = (...wanted: readonly number[]): boolean => wanted.every((group, index) => groups[index] === group);
  const embedded: (readonly number[])[] = [];
  // Mapped, translated (SIIT) and, long out of use, compatible addresses, which :: and ::1 are not; NAT64; 6to4; Teredo's server and client.
  if (begins(0, 0, 0, 0, 0, 0xffff) || begins(0, 0, 0, 0, 0xffff, 0)) embedded.push(ipv4(6));
  if (begins(0, 0, 0, 0, 0, 0) && !(groups[6] === 0 && (groups[7] ?? 0) <= 1)) embedded.push(ipv4(6));
  if (begins(0x64, 0xff9b)) embedded.push(ipv4(6));
  if (begins(0x2002)) embedded.push(ipv4(1));
  if (begins(0x2001, 0)) embedded.push(ipv4(2), ipv4(6, 0xffff));
  return [groups, ...embedded];
}

/** The two groups of an IPv4 address, or the eight of an IPv6 one, which may end in IPv4's dots. `address` is one of either. */
function groupsOf(address: string): readonly number[] {
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(":"),
  );
  const [head = [], tail] = hex.split("::").map((part) => part.split(":").filter((group) => group !== ""));
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - head.length - tail.length }, () => "0");
  return [...head, ...zeros, ...(tail ?? [])].map((group) => Number.parseInt(group, 16));
}

/** The code of the error that a connection to a name ends with which leads to a refused address. */
export const ADDRESS_REFUSED = "ERR_ADDRESS_REFUSED";

/**
 * Resolves names as Node does, and refuses what they lead to: at each connection, so that a name which changes its mind (DNS rebinding)
 * gets no further. Addresses that are written as such never come here: `hostRefusal` has seen them.
 */
export function createGuardedLookup(
  options: AddressOptions,
  resolve: typeof dns.lookup = process.getBuiltinModule("node:dns").lookup,
): LookupFunction {
  return (hostname, lookupOptions, callback) => {
    resolve(hostname, { ...lookupOptions, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, "");
        return;
      }
      // One refused address is enough: which of them is tried is not ours to say.
      if (addresses.some(({ address }) => addressRefusal(address, options) !== undefined)) {
        callback(Object.assign(new Error("the name leads to a refused address"), { code: ADDRESS_REFUSED }), "");
        return;
      }
      const [first] = addresses;
      if (lookupOptions.all === true) callback(null, addresses);
      else callback(null, first?.address ?? "", first?.family);
    });
  };
}
