/** Even choices from the rendering's source of random bytes. */
import type { CallContext } from "../function-table.ts";
import { FunctionFault } from "../template-error.ts";

/** A number from 0 up to, and without, `bound`. */
export function randomBelow(context: CallContext, bound: number): number {
  if (!(bound > 0 && bound <= 2 ** 32)) throw new FunctionFault("invalid argument of a random number");
  const limit = 2 ** 32 - (2 ** 32 % bound);
  for (;;) {
    const [a = 0, b = 0, c = 0, d = 0] = context.environment.randomBytes(4);
    const value = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
    // The rest would favour the small numbers.
    if (value < limit) return value % bound;
  }
}

/** So many characters of an alphabet. */
export function randomText(context: CallContext, count: number, alphabet: string): string {
  if (count <= 0) return "";
  context.budget.checkText(count);
  context.budget.spend(count / 8);
  let text = "";
  for (let index = 0; index < count; index++) text += alphabet.charAt(randomBelow(context, alphabet.length));
  return text;
}
