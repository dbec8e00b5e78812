/** Which addresses no API server has: this machine's own, link-local ones, and those where clouds hand out credentials; checked as written, and as resolved. */
import { lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

/** What a deployment may allow beyond the default. */
export interface AddressOptions {
  /** API servers on loopback addresses, for the stack on one machine. @default false */
  readonly allowLoopback?: boolean | undefined;
}

/** Why an address is refused. */
export type AddressRefusal = "a link-local or metadata address" | "a loopback address" | "no address of one host";

function rangesOf(...ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = "", prefix = ""] = range.split("/");
    list.addSubnet(network, Number(prefix), isIP(network) === 6 ? "ipv6" : "ipv4");
  }
  return list;
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
    const family = isIP(one) === 6 ? "ipv6" : "ipv4";
    if (METADATA.check(one, family)) return "a link-local or metadata address";
    if (MANY_HOSTS.check(one, family)) return "no address of one host";
    if (allowLoopback !== true && LOOPBACK.check(one, family)) return "a loopback address";
  }
  return undefined;
}

/** The address itself, without a zone, and the IPv4 address that an IPv6 one leads to by translation or a tunnel. */
function formsOf(address: string): readonly string[] {
  const plain = address.replace(/%.*$/s, "");
  if (isIP(plain) !== 6) return [plain];
  const groups = groupsOf(plain);
  const ipv4 = (at: number, mask = 0): string => {
    const [high, low] = [(groups[at] ?? 0) ^ mask, (groups[at + 1] ?? 0) ^ mask];
    return [high >> 8, high & 255, low >> 8, low & 255].join(".");
  };
  const begins = (...wanted: readonly number[]): boolean => wanted.every((group, index) => groups[index] === group);
  const embedded: string[] = [];
  // Mapped, translated (SIIT) and, long out of use, compatible addresses; NAT64; 6to4; Teredo's server and client.
  if (begins(0, 0, 0, 0, 0, 0xffff) || begins(0, 0, 0, 0, 0xffff, 0)) embedded.push(ipv4(6));
  if (begins(0, 0, 0, 0, 0, 0) && !["::", "::1"].includes(plain)) embedded.push(ipv4(6));
  if (begins(0x64, 0xff9b)) embedded.push(ipv4(6));
  if (begins(0x2002)) embedded.push(ipv4(1));
  if (begins(0x2001, 0)) embedded.push(ipv4(2), ipv4(6, 0xffff));
  return [plain, ...embedded];
}

/** The eight groups of an IPv6 address, which may end in IPv4's dots. */
function groupsOf(address: string): readonly number[] {
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(":"),
  );
  const [head = [], tail] = hex.split("::").map((part) => part.split(":").filter((group) => group !== ""));
  const given = [...head, ...(tail ?? [])];
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - given.length }, () => "0");
  return [...head, ...zeros, ...(tail ?? [])].map((group) => Number.parseInt(group, 16));
}

/** The code of the error that a connection to a name ends with which leads to a refused address. */
export const ADDRESS_REFUSED = "ERR_ADDRESS_REFUSED";

/**
 * Resolves names as Node does, and refuses what they lead to: at each connection, so that a name which changes its mind (DNS rebinding)
 * gets no further. Addresses that are written as such never come here: `hostRefusal` has seen them.
 */
export function createGuardedLookup(options: AddressOptions, resolve: typeof lookup = lookup): LookupFunction {
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
