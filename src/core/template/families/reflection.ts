/** sprig's questions about types, and file paths. */
import { type FunctionTable, fixed } from "../function-table.ts";
import { kindName, typeName } from "../go/values.ts";

/** path.Clean. */
function clean(path: string): string {
  if (path === "") return ".";
  const isRooted = path.startsWith("/");
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") kept.push(part);
    else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (!isRooted) kept.push(part);
  }
  const joined = kept.join("/");
  return isRooted ? `/${joined}` : joined === "" ? "." : joined;
}

function base(path: string): string {
  if (path === "") return ".";
  const trimmed = trimSlashes(path);
  return trimmed === "" ? "/" : trimmed.slice(trimmed.lastIndexOf("/") + 1);
}

function trimSlashes(path: string): string {
  let end = path.length;
  while (end > 0 && path.charAt(end - 1) === "/") end--;
  return path.slice(0, end);
}

function extension(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return dot < 0 ? "" : name.slice(dot);
}

const dir = (path: string): string => clean(path.slice(0, path.lastIndexOf("/") + 1));
const onPath = (convert: (path: string) => string | boolean) => fixed(["string"], (_context, path) => convert(path));
const isAbsolute = onPath((path) => path.startsWith("/"));

export const REFLECTION: FunctionTable = Object.freeze({
  typeOf: fixed(["any"], (_context, value) => typeName(value)),
  typeIs: fixed(["string", "any"], (_context, name, value) => name === typeName(value)),
  typeIsLike: fixed(["string", "any"], (_context, name, value) => name === typeName(value) || `*${name}` === typeName(value)),
  kindOf: fixed(["any"], (_context, value) => kindName(value)),
  kindIs: fixed(["string", "any"], (_context, name, value) => name === kindName(value)),
  base: onPath(base),
  osBase: onPath(base),
  dir: onPath(dir),
  osDir: onPath(dir),
  clean: onPath(clean),
  osClean: onPath(clean),
  ext: onPath(extension),
  osExt: onPath(extension),
  isAbs: isAbsolute,
  osIsAbs: isAbsolute,
});
