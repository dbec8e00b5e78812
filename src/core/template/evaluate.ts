/** text/template's evaluation of pipelines, fields and calls, with Go's rules of what fits which parameter. */
import type { CallContext, Environment, FunctionTable, ParameterType, TemplateFunction } from "./function-table.ts";
import { int, isTrue, NIL_LIST, nilMap, type Value } from "./go/values.ts";
import type { Budget } from "./limits.ts";
import type { CommandNode, NumberNode, OperandNode, PipeNode, TemplateNode } from "./nodes.ts";
import { fieldOfStruct } from "./struct-fields.ts";
import { FunctionFault } from "./template-error.ts";

export interface Variable {
  readonly name: string;
  value: Value;
}

/** The state of one execution. */
export interface Run extends CallContext {
  readonly functions: FunctionTable;
  readonly environment: Environment;
  readonly budget: Budget;
  readonly defined: ReadonlyMap<string, readonly TemplateNode[]>;
  readonly output: string[];
  outputBytes: number;
  /** Where an error is. */
  position: number;
  depth: number;
  variables: Variable[];
}

/** The value that a pipeline hands to its next command; a missing one is not the same as nil. */
const MISSING = Symbol("missing");
type Final = Value | typeof MISSING;

function fail(phrase: string): never {
  throw new FunctionFault(phrase);
}

/** The value of a pipeline; its variables are set. */
export function evaluatePipe(run: Run, dot: Value, pipe: PipeNode): Value {
  run.position = pipe.position;
  run.budget.spend(1);
  let value: Final = MISSING;
  for (const command of pipe.commands) value = evaluateCommand(run, dot, command, value);
  const result = value === MISSING ? null : value;
  for (const name of pipe.variables) {
    if (!pipe.isAssignment) run.variables.push({ name, value: result });
    else {
      const variable = run.variables.findLast((candidate) => candidate.name === name);
      if (variable === undefined) return fail("undefined variable");
      variable.value = result;
    }
  }
  return result;
}

function evaluateCommand(run: Run, dot: Value, command: CommandNode, final: Final): Value {
  const [first, ...rest] = command.operands;
  if (first === undefined) return fail("empty command");
  if (first.kind === "function") return evaluateFunction(run, dot, first, rest, final);
  const hasArguments = rest.length > 0 || final !== MISSING;
  run.position = first.position;
  switch (first.kind) {
    case "field":
      return evaluateFields(dot, first.names, hasArguments);
    case "chain":
      return evaluateFields(chained(run, dot, first.operand), first.fields, hasArguments);
    case "variable":
      if (first.fields.length > 0) return evaluateFields(variableValue(run, first.name), first.fields, hasArguments);
      break;
    case "nil":
      return fail("nil is not a command");
    default:
  }
  return hasArguments ? fail("can't give argument to non-function") : evaluateOperand(run, dot, first);
}

function chained(run: Run, dot: Value, operand: OperandNode): Value {
  return operand.kind === "nil" ? fail("indirection through explicit nil") : evaluateOperand(run, dot, operand);
}

function variableValue(run: Run, name: string): Value {
  const variable = run.variables.findLast((candidate) => candidate.name === name);
  return variable === undefined ? fail("undefined variable") : variable.value;
}

/** An operand where any type will do. */
function evaluateOperand(run: Run, dot: Value, operand: OperandNode): Value {
  run.position = operand.position;
  switch (operand.kind) {
    case "bool":
    case "string":
      return operand.value;
    case "dot":
      return dot;
    case "nil":
      return null;
    case "number":
      return idealConstant(operand);
    case "field":
      return evaluateFields(dot, operand.names, false);
    case "variable":
      return operand.fields.length === 0
        ? variableValue(run, operand.name)
        : evaluateFields(variableValue(run, operand.name), operand.fields, false);
    case "function":
      return evaluateFunction(run, dot, operand, [], MISSING);
    case "chain":
      return evaluateFields(chained(run, dot, operand.operand), operand.fields, false);
    case "pipe":
      return evaluatePipe(run, dot, operand);
  }
}

function idealConstant(constant: NumberNode): Value {
  if (constant.isComplex) return fail("complex numbers are not supported");
  if (constant.isFloatText && constant.float !== undefined) return constant.float;
  return constant.int === undefined ? fail("the constant overflows int") : int(constant.int);
}

function evaluateFields(receiver: Value, names: readonly string[], hasArguments: boolean): Value {
  let value = receiver;
  for (const [index, name] of names.entries()) value = evaluateField(value, name, hasArguments && index === names.length - 1);
  return value;
}

function evaluateField(receiver: Value, name: string, hasArguments: boolean): Value {
  if (receiver === null) return fail("nil data; no entry for the key");
  if (typeof receiver !== "object") return fail("can't evaluate a field in a value of this type");
  switch (receiver.kind) {
    case "map": {
      if (hasArguments) return fail("a field is not a method but has arguments");
      const value = receiver.entries.get(name);
      return value === undefined ? fail("map has no entry for the key") : value;
    }
    case "time":
    case "struct":
      return fieldOfStruct(receiver, name, hasArguments);
    default:
      return fail("can't evaluate a field in a value of this type");
  }
}

function evaluateFunction(
  run: Run,
  dot: Value,
  node: OperandNode & { readonly kind: "function" },
  operands: readonly OperandNode[],
  final: Final,
): Value {
  const callee = Object.hasOwn(run.functions, node.name) ? run.functions[node.name] : undefined;
  if (callee === undefined) return fail("the function is not loaded");
  const count = operands.length + (final === MISSING ? 0 : 1);
  const { parameters, rest } = callee;
  if (rest === undefined ? count !== parameters.length : count < parameters.length) {
    run.position = node.position;
    return fail(`wrong number of args for ${node.name}`);
  }
  if (node.name === "and" || node.name === "or") return shortCircuit(run, dot, node.name, operands, final);
  const values: unknown[] = operands.map((operand, index) => argument(run, dot, parameterAt(callee, index), operand));
  if (final !== MISSING) values.push(fitValue(final, parameterAt(callee, operands.length)));
  run.position = node.position;
  for (const value of values) chargeCall(run, value);
  try {
    const result = callee.call(run, values);
    chargeCall(run, result);
    return result;
  } catch (error) {
    if (error instanceof FunctionFault) return fail(`error calling ${node.name}: ${error.message}`);
    throw error;
  }
}

/** A call costs a step, and more for long texts and lists. */
export function chargeCall(run: Run, value: unknown): void {
  if (typeof value === "string") {
    if (value.length > run.budget.limits.maxTextBytes) fail("a text grows too long");
    run.budget.spendBytes(value.length);
  } else if (typeof value === "object" && value !== null) {
    if ("items" in value && Array.isArray(value.items)) run.budget.checkItems(value.items.length);
    else if ("entries" in value && value.entries instanceof Map) run.budget.checkItems(value.entries.size);
  }
  run.budget.spend(1);
}

function parameterAt(callee: TemplateFunction, index: number): ParameterType {
  return callee.parameters[index] ?? callee.rest ?? "any";
}

function shortCircuit(run: Run, dot: Value, name: "and" | "or", operands: readonly OperandNode[], final: Final): Value {
  let value: Value = null;
  for (const operand of operands) {
    value = evaluateOperand(run, dot, operand);
    if (isTrue(value) === (name === "or")) return value;
  }
  return final === MISSING ? value : final;
}

/** An operand as an argument: constants are read as the parameter's type, all else is evaluated and must fit. */
function argument(run: Run, dot: Value, type: ParameterType, operand: OperandNode): unknown {
  run.position = operand.position;
  switch (operand.kind) {
    case "nil":
      return type === "any" || type === "list" || type === "map" ? fitValue(null, type) : fail("cannot assign nil to this parameter");
    case "bool":
      return type === "any" || type === "bool" ? operand.value : fail(`expected ${type}; found a bool`);
    case "string":
      return type === "any" || type === "string" ? operand.value : fail(`expected ${type}; found a string`);
    case "number":
      return constantAs(operand, type);
    default:
      return fitValue(evaluateOperand(run, dot, operand), type);
  }
}

function constantAs(constant: NumberNode, type: ParameterType): unknown {
  switch (type) {
    case "any":
      return idealConstant(constant);
    case "int":
      return constant.int === undefined ? fail("expected integer") : Number(constant.int);
    case "uint32":
      return constant.uint === undefined ? fail("expected unsigned integer") : Number(BigInt.asUintN(32, constant.uint));
    case "float64":
      return constant.float ?? fail("expected float");
    default:
      return fail(`expected ${type}; found a number`);
  }
}

/** Go's assignability of a value to a parameter: kinds are never converted. */
function fitValue(value: Value, type: ParameterType): unknown {
  if (type === "any") return value;
  if (value === null) {
    if (type === "map") return nilMap();
    return type === "list" ? NIL_LIST : fail(`invalid value; expected ${type}`);
  }
  switch (typeof value) {
    case "string":
      if (type === "string") return value;
      break;
    case "boolean":
      if (type === "bool") return value;
      break;
    case "number":
      if (type === "float64") return value;
      break;
    default:
      if (isFitObject(value, type)) return value.kind === "integer" ? Number(value.value) : value;
  }
  return fail(`wrong type for value; expected ${type}`);
}

function isFitObject(value: Exclude<Value, string | boolean | number | null>, type: ParameterType): boolean {
  switch (value.kind) {
    case "integer":
      return type === value.type;
    case "list":
      return type === "list" && value.type === "[]interface {}";
    case "map":
      return type === "map" && value.type === "map[string]interface {}";
    case "time":
      return type === "time";
    case "struct":
      return type === "certificate" && value.type === "sprig.certificate";
  }
}
