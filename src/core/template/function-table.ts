/** How a function of the templates is declared: Go's parameter types, by which constants are read and arguments are checked. */

import type { GoList, GoMap, GoStruct, GoTime, Value } from "./go/values.ts";
import type { Budget } from "./limits.ts";

/** What a function is handed for each parameter type. */
export interface ParameterTypes {
  readonly any: Value;
  readonly bool: boolean;
  readonly certificate: GoStruct;
  readonly float64: number;
  readonly int: number;
  readonly list: GoList;
  readonly map: GoMap;
  readonly string: string;
  readonly time: GoTime;
  readonly uint32: number;
}

export type ParameterType = keyof ParameterTypes;

/** The inputs of a rendering that are no data: equal ones give equal bytes (rule 8). */
export interface Environment {
  /** The clock, in milliseconds since 1970. */
  readonly nowMs: number;
  /** So many random bytes; a real source, or a seeded one in tests. */
  readonly randomBytes: (count: number) => Uint8Array;
}

export interface CallContext {
  readonly environment: Environment;
  readonly budget: Budget;
}

export interface TemplateFunction {
  readonly parameters: readonly ParameterType[];
  /** The type of all further arguments. */
  readonly rest?: ParameterType;
  /** @throws FunctionFault with a fixed phrase, never with an argument in it */
  call(context: CallContext, values: readonly unknown[]): Value;
}

export type FunctionTable = Readonly<Record<string, TemplateFunction>>;

type Arguments<P extends readonly ParameterType[]> = { [K in keyof P]: ParameterTypes[P[K] & ParameterType] };

/** A function of fixed arity. */
export function fixed<const P extends readonly ParameterType[]>(
  parameters: P,
  call: (context: CallContext, ...values: Arguments<P>) => Value,
): TemplateFunction {
  return { parameters, call: (context, values) => call(context, ...(values as unknown as Arguments<P>)) };
}

/** A function whose last parameter takes any number of arguments. */
export function variadic<const P extends readonly ParameterType[], R extends ParameterType>(
  parameters: P,
  rest: R,
  call: (context: CallContext, rest: readonly ParameterTypes[R][], ...values: Arguments<P>) => Value,
): TemplateFunction {
  return {
    parameters,
    rest,
    call: (context, values) =>
      call(
        context,
        values.slice(parameters.length) as ParameterTypes[R][],
        ...(values.slice(0, parameters.length) as unknown as Arguments<P>),
      ),
  };
}
