/** The `$` templates of Go's Regexp.Expand: what stands for a match in ReplaceAllString. */

/** A reference behind a `$`: `{name}`, or the longest run of letters, digits and underscores. */
const REFERENCE = /^(?:\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/u;

/** Go takes digits for a number unless they begin with a needless zero or reach nine digits beyond 10^8. */
function groupNumber(name: string): number | undefined {
  return /^(?:0|[1-9][0-9]{0,8})$/.test(name) ? Number(name) : undefined;
}

/** Expands a template for one match; a group that is none or took no part gives nothing, a `$` that begins no reference stays. */
export function expandTemplate(template: string, groups: readonly (string | undefined)[], names: ReadonlyMap<string, number>): string {
  let expanded = "";
  let rest = template;
  for (;;) {
    const dollar = rest.indexOf("$");
    if (dollar < 0) return expanded + rest;
    expanded += rest.slice(0, dollar);
    rest = rest.slice(dollar + 1);
    if (rest.startsWith("$")) {
      expanded += "$";
      rest = rest.slice(1);
      continue;
    }
    const [written, braced, bare] = REFERENCE.exec(rest) ?? [];
    if (written === undefined) {
      expanded += "$";
      continue;
    }
    const name = braced ?? bare ?? "";
    expanded += groups[groupNumber(name) ?? names.get(name) ?? groups.length] ?? "";
    rest = rest.slice(written.length);
  }
}
