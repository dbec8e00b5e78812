/** Reads a function's environment; a missing or wrong variable is named, never its value. */

export type Environment = Readonly<Record<string, string | undefined>>;

/** A mistake of the deployment, in a text of our own that may be logged. */
export class EnvironmentError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "EnvironmentError";
  }
}

/** @throws EnvironmentError where it is missing or empty */
export function textOf(environment: Environment, name: string): string {
  const value = environment[name];
  if (value === undefined || value === "") throw new EnvironmentError(`environment variable ${name} is missing`);
  return value;
}

/** A whole number of at least 0. @throws EnvironmentError where it is anything else; where it is missing and has no default */
export function numberOf(environment: Environment, name: string, byDefault?: number): number {
  const value = environment[name];
  if (byDefault !== undefined && (value === undefined || value === "")) return byDefault;
  const text = textOf(environment, name);
  if (!/^\d{1,15}$/.test(text)) throw new EnvironmentError(`environment variable ${name} is no whole number`);
  return Number(text);
}
