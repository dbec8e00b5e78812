/** Renders a parsed template: text/template's execution with missingkey=error, inside the limits. */
import { chargeCall, evaluatePipe, type Run, type Variable } from "./evaluate.ts";
import type { Environment, FunctionTable } from "./function-table.ts";
import { show } from "./go/print.ts";
import { type GoMap, int, integer, isTrue, sortedKeys, type Value } from "./go/values.ts";
import { createBudget, DEFAULT_LIMITS, type Limits } from "./limits.ts";
import type { BranchNode, ParsedTemplate, TemplateNode } from "./nodes.ts";
import { FunctionFault, placeOf, TemplateError } from "./template-error.ts";

type Flow = "next" | "break" | "continue";

export interface ExecuteOptions {
  readonly functions: FunctionTable;
  readonly environment: Environment;
  /** @default DEFAULT_LIMITS */
  readonly limits?: Limits;
}

function walk(run: Run, dot: Value, nodes: readonly TemplateNode[]): Flow {
  for (const node of nodes) {
    run.position = node.position;
    run.budget.spend(1);
    switch (node.kind) {
      case "text":
        write(run, node.text);
        break;
      case "action": {
        const value = evaluatePipe(run, dot, node.pipe);
        run.position = node.position;
        if (node.pipe.variables.length === 0) writeValue(run, value);
        break;
      }
      case "break":
      case "continue":
        return node.kind;
      case "template":
        walkTemplate(run, dot, node);
        break;
      case "range": {
        const mark = run.variables.length;
        walkRange(run, dot, node);
        run.variables.length = mark;
        break;
      }
      case "if":
      case "with": {
        const mark = run.variables.length;
        const value = evaluatePipe(run, dot, node.pipe);
        const flow = isTrue(value) ? walk(run, node.kind === "with" ? value : dot, node.body) : walk(run, dot, node.otherwise ?? []);
        run.variables.length = mark;
        if (flow !== "next") return flow;
        break;
      }
    }
  }
  return "next";
}

function write(run: Run, text: string): void {
  run.outputBytes += text.length;
  if (run.outputBytes > run.budget.limits.maxOutputBytes) throw new FunctionFault("the rendered text grows too long");
  run.output.push(text);
}

function writeValue(run: Run, value: Value): void {
  if (typeof value === "string") {
    write(run, value);
    return;
  }
  if (value === null) {
    write(run, "<no value>");
    return;
  }
  chargeCall(run, value);
  write(run, show(value));
}

function walkTemplate(run: Run, dot: Value, node: TemplateNode & { readonly kind: "template" }): void {
  const body = run.defined.get(node.name);
  if (body === undefined) throw new FunctionFault("template not defined");
  if (run.depth === run.budget.limits.maxTemplateDepth) throw new FunctionFault("exceeded maximum template depth");
  const value = node.pipe === undefined ? null : evaluatePipe(run, dot, node.pipe);
  const { variables } = run;
  run.variables = [{ name: "$", value }];
  run.depth++;
  walk(run, value, body);
  run.depth--;
  run.variables = variables;
}

function* integers(count: bigint, toValue: (value: bigint) => Value): Generator<readonly [Value, Value]> {
  for (let value = 0n; value < count; value++) yield [null, toValue(value)];
}

/** What a range goes over: [index or key, element]. */
function* pairs(value: Value, variables: number): Generator<readonly [Value, Value]> {
  if (value === null) return;
  if (typeof value === "object") {
    switch (value.kind) {
      case "integer":
        if (variables > 1) throw new FunctionFault("range over an integer has only one variable");
        yield* integers(value.value, (element) => integer(value.type, element));
        return;
      case "list":
        for (const [index, item] of value.items.entries()) yield [int(index), item];
        return;
      case "map":
        for (const key of sortedKeys(value.entries)) yield [key, value.entries.get(key) ?? null];
        return;
      default:
    }
  }
  throw new FunctionFault("range can't iterate over a value of this type");
}

function assign(run: Run, name: string, value: Value): void {
  const variable = run.variables.findLast((candidate) => candidate.name === name);
  if (variable === undefined) throw new FunctionFault("undefined variable");
  variable.value = value;
}

function bind(run: Run, node: BranchNode, index: Value, element: Value): void {
  const { variables, isAssignment } = node.pipe;
  const [first, second] = variables;
  if (first === undefined) return;
  if (isAssignment) {
    assign(run, first, second === undefined ? element : index);
    if (second !== undefined) assign(run, second, element);
    return;
  }
  const top = run.variables.length;
  const last = run.variables[top - 1];
  const before = run.variables[top - 2];
  if (last !== undefined) last.value = element;
  if (second !== undefined && before !== undefined) before.value = index;
}

function walkRange(run: Run, dot: Value, node: BranchNode): void {
  const value = evaluatePipe(run, dot, node.pipe);
  const mark = run.variables.length;
  let isEmpty = true;
  for (const [index, element] of pairs(value, node.pipe.variables.length)) {
    isEmpty = false;
    run.budget.spend(1);
    bind(run, node, index, element);
    const flow = walk(run, element, node.body);
    run.variables.length = mark;
    if (flow === "break") return;
  }
  if (isEmpty && node.otherwise !== undefined) walk(run, dot, node.otherwise);
}

function toTemplateError(parsed: ParsedTemplate, run: Run, error: unknown): unknown {
  return error instanceof FunctionFault ? new TemplateError(parsed.name, placeOf(parsed.text, run.position), error.message) : error;
}

/**
 * The rendered bytes, as a Go string (each unit a byte). `options.functions` must hold every name of `parsed.functions`.
 * @throws TemplateError for what Go calls an error, and beyond a limit
 */
export function executeTemplate(parsed: ParsedTemplate, data: GoMap, options: ExecuteOptions): string {
  const variables: Variable[] = [{ name: "$", value: data }];
  const run: Run = {
    functions: options.functions,
    environment: options.environment,
    budget: createBudget(options.limits ?? DEFAULT_LIMITS),
    defined: parsed.defined,
    output: [],
    outputBytes: 0,
    position: 0,
    depth: 0,
    variables,
  };
  try {
    walk(run, data, parsed.root);
  } catch (error) {
    throw toTemplateError(parsed, run, error);
  }
  return run.output.join("");
}
