/** A small glob matcher for paths: `**`, `*`, `?` and `{a,b}`; everything else is literal. And which path a glob that matches none meant. */

/** Tells whether a glob matches the whole of a text; only `**` crosses a `/`. */
export function matchesGlob(glob: string, text: string): boolean {
  return toRegExp(glob).test(text);
}

function toRegExp(glob: string): RegExp {
  let source = "";
  let depth = 0;
  const tokens = glob.replace(/^\.\//, "").match(/\*\*\/|\*\*|[\s\S]/g) ?? [];
  for (const token of tokens) {
    if (token === "**/") source += "(?:.*/)?";
    else if (token === "**") source += ".*";
    else if (token === "*") source += "[^/]*";
    else if (token === "?") source += "[^/]";
    else if (token === "{") {
      depth += 1;
      source += "(?:";
    } else if (token === "}" && depth > 0) {
      depth -= 1;
      source += ")";
    } else if (token === "," && depth > 0) source += "|";
    else source += token.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  }
  // An unclosed brace closes at the end: a glob is never a reason to throw.
  return new RegExp(`^${source}${")".repeat(depth)}$`, "s");
}

/** The path that a glob is fewest edits away from, its wildcards free of charge; undefined only where there is no path. */
export function nearestPath(glob: string, paths: readonly string[]): string | undefined {
  // The alternatives of a brace count as a wildcard: near enough for a hint.
  const tokens =
    glob
      .replace(/^\.\//, "")
      .replace(/\{[^}]*\}?/g, "*")
      .match(/\*\*\/?|[\s\S]/g) ?? [];
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const path of paths) {
    const distance = globDistance(tokens, path);
    if (distance < bestDistance) [best, bestDistance] = [path, distance];
  }
  return best;
}

/** Levenshtein's distance, one row a token; a wildcard takes any run of characters (`*`: of one path segment) for nothing. */
function globDistance(tokens: readonly string[], path: string): number {
  let row = Array.from({ length: path.length + 1 }, (_, index) => index);
  for (const token of tokens) {
    const isWildcard = token.startsWith("*");
    const next = [(row[0] ?? 0) + (isWildcard ? 0 : 1)];
    for (let at = 1; at <= path.length; at += 1) {
      const character = path[at - 1] ?? "";
      const above = row[at] ?? 0;
      const before = next[at - 1] ?? 0;
      if (isWildcard) next.push(Math.min(above, before + (token === "*" && character === "/" ? 1 : 0)));
      else {
        const isEqual = token === character || (token === "?" && character !== "/");
        next.push(Math.min((row[at - 1] ?? 0) + (isEqual ? 0 : 1), above + 1, before + 1));
      }
    }
    row = next;
  }
  return row[path.length] ?? 0;
}
