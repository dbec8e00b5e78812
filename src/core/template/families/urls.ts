/** sprig's urlParse and urlJoin, as Go's net/url reads and writes addresses. */
import { type FunctionTable, fixed } from "../function-table.ts";
import { type GoMap, map, type Value } from "../go/values.ts";
import { FunctionFault } from "../template-error.ts";

function invalid(): never {
  throw new FunctionFault("unable to parse url");
}

type Part = "fragment" | "host" | "path" | "user" | "zone";

/** Bytes that need no escape in a part, besides letters, digits and `-_.~`. */
const PLAIN: Record<Part, string> = {
  fragment: "$&+,/:;=?@!()*",
  host: "!$&'()*+,;=:[]<>\"",
  path: "$&+,/:;=@",
  user: "$&+,;=",
  zone: "!$&'()*+,;=:[]<>\"",
};

function escapePart(text: string, part: Part): string {
  return text.replace(/[^A-Za-z0-9\-_.~]/g, (char) =>
    PLAIN[part].includes(char) ? char : `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

/** Percent escapes resolved; a host may only escape what is no ASCII, and has no spaces or the like. */
function unescapePart(text: string, part: Part): string {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return invalid();
  if (part === "host") {
    for (const [escape] of text.matchAll(/%[0-9a-fA-F]{2}/g))
      if (Number.parseInt(escape.slice(1, 2), 16) < 8 && escape !== "%25") return invalid();
    if (/[^A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"%\x80-\xff]/.test(text)) return invalid();
  }
  return text.replace(/%([0-9a-fA-F]{2})/g, (_escape, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

function isValidPort(port: string): boolean {
  return port === "" || /^:[0-9]*$/.test(port);
}

function parseHost(host: string): string {
  if (host.startsWith("[") || host.includes("[")) {
    const close = host.lastIndexOf("]");
    if (!host.startsWith("[") || close < 0 || !isValidPort(host.slice(close + 1))) return invalid();
    const zone = host.indexOf("%25");
    if (zone >= 0 && zone < close) {
      return (
        unescapePart(host.slice(0, zone), "host") + unescapePart(host.slice(zone, close).replace("%25", "%25"), "zone") + host.slice(close)
      );
    }
    if (!/^\[[0-9a-fA-F:.]*\]/.test(host)) return invalid();
  } else {
    const colon = host.lastIndexOf(":");
    if (colon >= 0 && (!isValidPort(host.slice(colon)) || host.slice(0, colon).includes(":"))) return invalid();
  }
  return unescapePart(host, "host");
}

/** `user:password`, written as Userinfo.String does; undefined for none. */
function parseUser(text: string): string {
  if (/[^A-Za-z0-9\-._:~!$&'()*+,;=%@]/.test(text)) return invalid();
  const colon = text.indexOf(":");
  if (colon < 0) return escapePart(unescapePart(text, "user"), "user");
  return `${escapePart(unescapePart(text.slice(0, colon), "user"), "user")}:${escapePart(unescapePart(text.slice(colon + 1), "user"), "user")}`;
}

interface Url {
  scheme: string;
  opaque: string;
  userinfo: string | undefined;
  host: string;
  path: string;
  query: string;
  fragment: string;
}

function splitScheme(text: string): readonly [scheme: string, rest: string] {
  const found = /^[a-zA-Z][a-zA-Z0-9+\-.]*:/.exec(text)?.[0];
  if (found !== undefined) return [found.slice(0, -1).toLowerCase(), text.slice(found.length)];
  return text.startsWith(":") ? invalid() : ["", text];
}

function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

/** url.Parse. @throws FunctionFault */
function parseUrl(text: string): Url {
  if (hasControl(text)) return invalid();
  const url: Url = { scheme: "", opaque: "", userinfo: undefined, host: "", path: "", query: "", fragment: "" };
  const hash = text.indexOf("#");
  if (hash >= 0) url.fragment = unescapePart(text.slice(hash + 1), "fragment");
  const beforeHash = hash < 0 ? text : text.slice(0, hash);
  if (beforeHash === "*") return { ...url, path: "*" };
  const [scheme, afterScheme] = splitScheme(beforeHash);
  url.scheme = scheme;
  let rest = afterScheme;
  const mark = rest.indexOf("?");
  if (mark >= 0) {
    url.query = rest.slice(mark + 1);
    rest = rest.slice(0, mark);
  }
  if (!rest.startsWith("/")) {
    if (scheme !== "") return { ...url, opaque: rest };
    if (rest.split("/")[0]?.includes(":")) return invalid();
  }
  if (rest.startsWith("//") && (scheme !== "" || !rest.startsWith("///"))) {
    const slash = rest.indexOf("/", 2);
    const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
    rest = slash < 0 ? "" : rest.slice(slash);
    const at = authority.lastIndexOf("@");
    url.host = parseHost(authority.slice(at + 1));
    if (at >= 0) url.userinfo = parseUser(authority.slice(0, at));
  }
  url.path = unescapePart(rest, "path");
  return url;
}

function hostName(host: string): string {
  const close = host.lastIndexOf("]");
  const colon = host.lastIndexOf(":");
  const bare = colon > close && /^:[0-9]*$/.test(host.slice(colon)) ? host.slice(0, colon) : host;
  return bare.startsWith("[") && bare.endsWith("]") ? bare.slice(1, -1) : bare;
}

/** URL.String. */
function writeUrl(url: Url): string {
  let text = url.scheme === "" ? "" : `${url.scheme}:`;
  if (url.opaque !== "") text += url.opaque;
  else {
    if (url.scheme !== "" || url.host !== "" || url.userinfo !== undefined) {
      if (url.host !== "" || url.path !== "" || url.userinfo !== undefined) text += "//";
      if (url.userinfo !== undefined) text += `${url.userinfo}@`;
      text += escapePart(url.host, "host");
    }
    const path = url.path === "*" ? "*" : escapePart(url.path, "path");
    if (path !== "" && !path.startsWith("/") && url.host !== "") text += "/";
    if (text === "" && path.split("/")[0]?.includes(":")) text += "./";
    text += path;
  }
  if (url.query !== "") text += `?${url.query}`;
  return url.fragment === "" ? text : `${text}#${escapePart(url.fragment, "fragment")}`;
}

function entryText(dict: GoMap, key: string): string {
  const value: Value | undefined = dict.entries.get(key);
  if (value === undefined) return "";
  if (typeof value !== "string") throw new FunctionFault("a part of the url must be of type string");
  return value;
}

function join(dict: GoMap): string {
  const userinfo = entryText(dict, "userinfo");
  return writeUrl({
    scheme: entryText(dict, "scheme"),
    host: entryText(dict, "host"),
    path: entryText(dict, "path"),
    query: entryText(dict, "query"),
    opaque: entryText(dict, "opaque"),
    fragment: entryText(dict, "fragment"),
    userinfo: userinfo === "" ? undefined : parseUrl(`proto://${userinfo}@host`).userinfo,
  });
}

export const URLS: FunctionTable = Object.freeze({
  urlParse: fixed(["string"], (_context, text) => {
    const url = parseUrl(text);
    return map([
      ["scheme", url.scheme],
      ["host", url.host],
      ["hostname", hostName(url.host)],
      ["path", url.path],
      ["query", url.query],
      ["opaque", url.opaque],
      ["fragment", url.fragment],
      ["userinfo", url.userinfo ?? ""],
    ]);
  }),
  urlJoin: fixed(["map"], (_context, dict) => join(dict)),
});
