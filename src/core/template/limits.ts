/** What a template may use up: every step, byte and costly call is counted, so that none runs long or grows without bound. */
import { FunctionFault } from "./template-error.ts";

export interface Limits {
  /** Nodes walked, plus the work of functions in units of about the same time. @default 200,000 */
  readonly maxSteps: number;
  /** Bytes of the rendered text. A Secret holds 1 MiB in all. @default 1 MiB */
  readonly maxOutputBytes: number;
  /** Bytes of any one text that a function makes. @default 1 MiB */
  readonly maxTextBytes: number;
  /** Items of any one list that a function makes. @default 50,000 */
  readonly maxItems: number;
  /** `template` inside `template`. @default 100 */
  readonly maxTemplateDepth: number;
  /** Costly computations: keys, password hashes. @default 16 */
  readonly maxCostlyCalls: number;
}

export const DEFAULT_LIMITS: Limits = Object.freeze({
  maxSteps: 200_000,
  maxOutputBytes: 1024 * 1024,
  maxTextBytes: 1024 * 1024,
  maxItems: 50_000,
  maxTemplateDepth: 100,
  maxCostlyCalls: 16,
});

/** Bytes that a function reads or writes for the price of one step. */
const BYTES_PER_STEP = 32;

/** What is left of the limits in one execution. */
export interface Budget {
  readonly limits: Limits;
  /** @throws FunctionFault when nothing is left */
  spend(steps: number): void;
  spendBytes(bytes: number): void;
  /** One key or password hash. */
  spendCostly(): void;
  /** Checks a text that is about to be made. */
  checkText(bytes: number): void;
  checkItems(items: number): void;
}

export function createBudget(limits: Limits): Budget {
  let steps = limits.maxSteps;
  let costly = limits.maxCostlyCalls;
  const budget: Budget = {
    limits,
    spend: (count) => {
      steps -= count;
      if (steps < 0) throw new FunctionFault("the template takes too many steps");
    },
    spendBytes: (bytes) => budget.spend(bytes / BYTES_PER_STEP),
    spendCostly: () => {
      costly--;
      if (costly < 0) throw new FunctionFault("the template makes too many keys or password hashes");
    },
    checkText: (bytes) => {
      if (!(bytes <= limits.maxTextBytes)) throw new FunctionFault("a text grows too long");
      budget.spendBytes(bytes);
    },
    checkItems: (items) => {
      if (!(items <= limits.maxItems)) throw new FunctionFault("a list grows too long");
      budget.spend(items / 4);
    },
  };
  return budget;
}
