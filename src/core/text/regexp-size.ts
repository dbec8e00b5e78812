/** Guesses how large a pattern's program gets before it is compiled, because a few characters of nested repeats make millions of instructions. */

/** The pieces of a pattern that matter for its size: quotes, escapes, classes, counted repeats, groups, and everything else. */
const PIECE =
  /\\Q[\s\S]*?(?:\\E|$)|\\[pP]\{[^}]*\}|\\x\{[^}]*\}|\\[\s\S]|\[\^?\]?(?:\\[\s\S]|\[:[^\]]*:\]|[^\]\\])*\]|\{\d+(?:,\d*)?\}|[\s\S]/g;

/** Go's parser refuses larger counts; a larger one is counted as this, so that the sum stays finite. */
const MAX_REPEAT = 1000;

function countOf(repeat: string): number {
  const counts = (repeat.match(/\d+/g) ?? []).map(Number);
  return Math.min(MAX_REPEAT, Math.max(1, ...counts));
}

/** Instructions, roughly: every piece counts one, a repeat multiplies what stands before it. In one pass over the pattern. */
export function estimateProgram(pattern: string): number {
  const open: number[] = [];
  let total = 0;
  let last = 0;
  for (const [piece] of pattern.matchAll(PIECE)) {
    if (piece === "(") {
      open.push(total);
      last = 0;
    } else if (piece === ")") {
      const before = open.pop() ?? 0;
      last = total - before + 2;
      total += 2;
    } else if (/^\{\d/.test(piece)) {
      const grown = last * countOf(piece);
      total += grown - last;
      last = grown;
    } else {
      last = piece.startsWith("\\Q") ? piece.length : 1;
      total += last;
    }
  }
  return total;
}
