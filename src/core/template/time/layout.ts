/** Go's time layouts, cut into literal text and the pieces that stand for parts of a time. */

export interface LayoutPiece {
  readonly kind: "text" | "piece";
  readonly text: string;
}

const PIECE =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|002|0[1-6]|15|1|2006|2|__2|_2(?!006)|3|4|5|PM|pm|[-Z]070000|[-Z]07:00:00|[-Z]0700|[-Z]07:00|[-Z]07|[.,](?:0+|9+)(?!\d)/g;

/** The pieces of a layout in order. */
export function layoutPieces(layout: string): readonly LayoutPiece[] {
  const pieces: LayoutPiece[] = [];
  let at = 0;
  for (const match of layout.matchAll(PIECE)) {
    if (match.index > at) pieces.push({ kind: "text", text: layout.slice(at, match.index) });
    pieces.push({ kind: "piece", text: match[0] });
    at = match.index + match[0].length;
  }
  if (at < layout.length) pieces.push({ kind: "text", text: layout.slice(at) });
  return pieces;
}

export const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
export const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
