/** A small glob matcher for paths: `**`, `*`, `?` and `{a,b}`; everything else is literal. */

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
