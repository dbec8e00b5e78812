/** Where in our sources a bug showed: what of a foreign error's stack may be told. */
import { readFileSync } from "node:fs";
import type { SourceMap } from "node:module";
import { join } from "node:path";

const FRAME = /^ {4}at /;
const SOURCE = /((?:src|functions)\/[\w./-]{1,120}\.ts:\d{1,7}:\d{1,7})\)?$/;
/** Of any file of a bundle: it names the map to look into, and is never told itself. */
const OF_A_FILE = /([\w-]{1,80}\.mjs):(\d{1,7}):(\d{1,7})\)?$/;
/** Told where no map helps: names that the bundler made, and no others, since the frame may be a forgery in an error's message. */
const BUNDLED = /((?:index|chunk-\w+)\.mjs:\d{1,7}:\d{1,7})\)?$/;

/**
 * The first frame of the error's stack that is ours, as `src/app/sync.ts:12:3`. In a bundle it is found by the source map beside it, which is
 * read now, and not by Node's --enable-source-maps: that reads and parses all of them at each cold start, a third of its time.
 *
 * @param folder the bundle's
 */
export function placeOf(error: unknown, folder = import.meta.dirname): string | undefined {
  const stack = typeof error === "object" && error !== null && "stack" in error && typeof error.stack === "string" ? error.stack : "";
  const frames = stack.split("\n").filter((line) => FRAME.test(line));
  const placed = frames.map((frame) => SOURCE.exec(frame)?.[1] ?? sourceOf(frame, folder));
  return [...placed, ...frames.map((frame) => BUNDLED.exec(frame)?.[1])].find((place) => place !== undefined);
}

function sourceOf(frame: string, folder: string): string | undefined {
  const [, file, line, column] = OF_A_FILE.exec(frame) ?? [];
  if (file === undefined) return undefined;
  const origin = readMap(join(folder, `${file}.map`))?.findOrigin(Number(line), Number(column));
  if (origin === undefined || !("fileName" in origin)) return undefined;
  return SOURCE.exec(`${origin.fileName}:${origin.lineNumber}:${origin.columnNumber}`)?.[1];
}

const maps = new Map<string, SourceMap | undefined>();

/** Without one, the place in the bundle is told: no reason to lose the failure that is about to be. */
function readMap(path: string): SourceMap | undefined {
  if (maps.has(path)) return maps.get(path);
  try {
    // Not imported: it is for the day of a bug.
    const node = process.getBuiltinModule("node:module");
    maps.set(path, new node.SourceMap(JSON.parse(readFileSync(path, "utf8"))));
  } catch {
    maps.set(path, undefined);
  }
  return maps.get(path);
}
