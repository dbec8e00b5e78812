/** Tells the operating system's errors apart by their code. */

/** Whether `error` carries this code, such as ENOENT. Not by `instanceof`: Jest's test files have an `Error` of their own. */
export function hasErrorCode(error: unknown, code: string): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === code;
}
