/** Reads and checks context keys of cdk.json: the one reader of the stack and of the command line, so that both take the same. Pure. */

/** A mistake in the context or the config: shown as it is, without a stack trace. */
export class UserMistake extends Error {}

export function isUserMistake(error: unknown): error is UserMistake {
  return error instanceof UserMistake;
}

/** The value of a context key as it was written; undefined where it is not given. Values of `-c key=value` are text. */
export type ReadContext = (key: string) => unknown;

/** Each gives the checked value of a key, or throws UserMistake with the key's name. */
export interface ContextReader {
  readonly refuse: (key: string, wanted: string) => never;
  readonly integer: (key: string, fallback: number, from: number, to: number) => number;
  readonly flag: (key: string, fallback: boolean) => boolean;
  /** Undefined where the key is absent or empty. */
  readonly text: (key: string, pattern: RegExp, wanted: string) => string | undefined;
  /** A list, or text with commas. */
  readonly list: (key: string, pattern: RegExp, wanted: string) => readonly string[];
}

export function createContextReader(read: ReadContext): ContextReader {
  const refuse = (key: string, wanted: string): never => {
    throw new UserMistake(`context key "${key}" must be ${wanted}, got ${JSON.stringify(read(key))}`);
  };
  return {
    refuse,
    integer(key, fallback, from, to) {
      const value = read(key) ?? fallback;
      const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
      if (typeof number === "number" && Number.isInteger(number) && number >= from && number <= to) return number;
      return refuse(key, `a whole number from ${from} to ${to}`);
    },
    flag(key, fallback) {
      const value = read(key) ?? fallback;
      if (value === true || value === "true") return true;
      return value === false || value === "false" ? false : refuse(key, "true or false");
    },
    text(key, pattern, wanted) {
      const value = read(key);
      if (value === undefined || value === "") return undefined;
      return typeof value === "string" && pattern.test(value) ? value : refuse(key, wanted);
    },
    list(key, pattern, wanted) {
      const value = read(key) ?? [];
      const items: readonly unknown[] =
        typeof value === "string" ? value.split(",").filter((item) => item !== "") : Array.isArray(value) ? value : [value];
      return items.map((item) => (typeof item === "string" && pattern.test(item) ? item : refuse(key, wanted)));
    },
  };
}
