/** Where a place within a scalar's value stands in the file: for mistakes inside texts that have a syntax of their own. */
import type { Scalar } from "yaml";

/** A place in a text; both count from 1, columns characters. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** Its offset in the file; undefined where the value is not written out as it is: folded, or with escapes. */
export function offsetWithin(file: string, scalar: Scalar, { line, column }: TextPlace): number | undefined {
  const { range, type, value } = scalar;
  if (!range || typeof value !== "string") return undefined;
  const wanted = value.split("\n")[line - 1];
  if (wanted === undefined) return undefined;
  if (type === "BLOCK_LITERAL") {
    let begin = file.indexOf("\n", range[0]) + 1;
    for (let before = 1; before < line; before++) begin = file.indexOf("\n", begin) + 1;
    const end = file.indexOf("\n", begin);
    const written = file.slice(begin, end === -1 ? file.length : end).replace(/\r$/, "");
    // What is before it is the indentation.
    return written.endsWith(wanted) ? begin + written.length - wanted.length + column - 1 : undefined;
  }
  const start = range[0] + (type === "QUOTE_SINGLE" || type === "QUOTE_DOUBLE" ? 1 : 0);
  return type !== "BLOCK_FOLDED" && file.startsWith(value, start) && line === 1 ? start + column - 1 : undefined;
}
