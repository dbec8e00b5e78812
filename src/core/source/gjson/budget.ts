/** Bounds the work of one path, because modifiers and multipaths can multiply a document by themselves; exhausted, every step finds nothing. */

/** Bytes read or made for one path: a thousand passes over the largest secret of Secrets Manager, about half a second. */
const MAX_WORK = 64 * 1024 * 1024;

/** Levels of calls within one another; deeper would come near the engine's stack. */
const MAX_DEPTH = 500;

/** What is left to one look-up. Mutable, and passed to each step of it. */
export interface Budget {
  /** Whether a limit was passed: then the answer is no answer. */
  isExhausted(): boolean;
  /** Takes work from the budget; false when there is none left. */
  spend(bytes: number): boolean;
  /** Runs a step one level deeper, or gives `otherwise` where that is too deep. */
  deeper<T>(step: () => T, otherwise: T): T;
}

export function createBudget(): Budget {
  let work = MAX_WORK;
  let depth = 0;
  let isTooDeep = false;
  const isExhausted = () => isTooDeep || work < 0;
  return {
    isExhausted,
    spend: (bytes) => {
      work -= bytes;
      return !isExhausted();
    },
    deeper: (step, otherwise) => {
      if (depth === MAX_DEPTH) isTooDeep = true;
      if (isExhausted()) return otherwise;
      depth++;
      const result = step();
      depth--;
      return result;
    },
  };
}
