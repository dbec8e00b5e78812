/** The parser's inside of an action: pipelines, commands and operands. */
import { numberConstant } from "./constants.ts";
import { isTemplateFunction } from "./families/names.ts";
import { unquoteString } from "./go/quote.ts";
import type { Token } from "./lexer.ts";
import type { CommandNode, OperandNode, PipeNode } from "./nodes.ts";
import type { TokenReader } from "./token-reader.ts";

/** One template of a text: `define` and `block` begin a scope of their own. */
export interface Scope {
  readonly reader: TokenReader;
  /** The variables in reach, the innermost last. */
  readonly variables: string[];
  rangeDepth: number;
}

/** The text of a string token. */
export function unquote(scope: Scope, token: Token): string {
  const text = unquoteString(token.text);
  return text === undefined ? scope.reader.fail(token.position, "invalid syntax in a quoted string") : text;
}

function variable(scope: Scope, token: Token): OperandNode {
  if (!scope.variables.includes(token.text)) return scope.reader.fail(token.position, "undefined variable");
  return { kind: "variable", position: token.position, name: token.text, fields: [] };
}

function term(scope: Scope): OperandNode | undefined {
  const { reader } = scope;
  const mark = reader.mark();
  const token = reader.nextNonSpace();
  const { position } = token;
  switch (token.kind) {
    case "identifier":
      if (!isTemplateFunction(token.text)) return reader.fail(position, "function not defined");
      reader.functions.add(token.text);
      return { kind: "function", position, name: token.text };
    case "dot":
      return { kind: "dot", position };
    case "nil":
      return { kind: "nil", position };
    case "variable":
      return variable(scope, token);
    case "field":
      return { kind: "field", position, names: [token.text.slice(1)] };
    case "bool":
      return { kind: "bool", position, value: token.text === "true" };
    case "character":
    case "complex":
    case "number": {
      const constant = numberConstant(token);
      return typeof constant === "string" ? reader.fail(position, constant) : constant;
    }
    case "left-paren":
      return reader.nest(position, () => pipeline(scope, "parenthesized pipeline", "right-paren"));
    case "string":
    case "raw-string":
      return { kind: "string", position, value: unquote(scope, token) };
    default:
      reader.reset(mark);
      reader.peekNonSpace();
      return undefined;
  }
}

function operand(scope: Scope): OperandNode | undefined {
  const { reader } = scope;
  const first = term(scope);
  if (first === undefined || reader.peek().kind !== "field") return first;
  const { position } = reader.peek();
  const fields: string[] = [];
  while (reader.peek().kind === "field") fields.push(reader.next().text.slice(1));
  switch (first.kind) {
    case "field":
      return { ...first, names: [...first.names, ...fields] };
    case "variable":
      return { ...first, fields };
    case "bool":
    case "dot":
    case "nil":
    case "number":
    case "string":
      return reader.fail(position, "unexpected . after a term");
    default:
      return { kind: "chain", position, operand: first, fields };
  }
}

function command(scope: Scope): CommandNode {
  const { reader } = scope;
  const { position } = reader.peekNonSpace();
  const operands: OperandNode[] = [];
  for (;;) {
    reader.peekNonSpace();
    const found = operand(scope);
    if (found !== undefined) operands.push(found);
    const mark = reader.mark();
    const token = reader.next();
    if (token.kind === "space") continue;
    if (token.kind === "right-delimiter" || token.kind === "right-paren") reader.reset(mark);
    else if (token.kind !== "pipe") return reader.unexpected(token, "operand");
    break;
  }
  if (operands.length === 0) return reader.fail(position, "empty command");
  return { position, operands };
}

interface Declaration {
  readonly variables: readonly string[];
  readonly isAssignment: boolean;
}

/** `$x :=`, `$x =` and, in a range, `$i, $x :=`; nothing is taken where a pipeline begins with a variable's value. */
function declaration(scope: Scope, context: string): Declaration {
  const { reader } = scope;
  const variables: string[] = [];
  for (;;) {
    const mark = reader.mark();
    const token = reader.peekNonSpace();
    if (token.kind !== "variable") return { variables, isAssignment: false };
    reader.next();
    const next = reader.peekNonSpace();
    if (next.kind === "assign" || next.kind === "declare") {
      reader.nextNonSpace();
      variables.push(token.text);
      scope.variables.push(token.text);
      return { variables, isAssignment: next.kind === "assign" };
    }
    if (next.kind !== "char" || next.text !== ",") {
      reader.reset(mark);
      return { variables, isAssignment: false };
    }
    reader.nextNonSpace();
    variables.push(token.text);
    scope.variables.push(token.text);
    if (context !== "range" || variables.length > 1) return reader.fail(next.position, `too many declarations in ${context}`);
    const after = reader.peekNonSpace();
    if (after.kind !== "variable" && after.kind !== "right-delimiter" && after.kind !== "right-paren") {
      return reader.fail(after.position, "range can only initialize variables");
    }
  }
}

const OPERAND_STARTS: ReadonlySet<string> = new Set([
  "bool",
  "character",
  "complex",
  "dot",
  "field",
  "identifier",
  "number",
  "nil",
  "raw-string",
  "string",
  "variable",
  "left-paren",
]);
const NOT_EXECUTABLE: ReadonlySet<string> = new Set(["bool", "dot", "nil", "number", "string"]);

function checkCommands(scope: Scope, commands: readonly CommandNode[], position: number, context: string): void {
  if (commands.length === 0) scope.reader.fail(position, `missing value for ${context}`);
  for (const [index, { operands }] of commands.entries()) {
    const first = operands[0];
    if (index > 0 && first !== undefined && NOT_EXECUTABLE.has(first.kind)) {
      scope.reader.fail(first.position, `non executable command in pipeline stage ${index + 1}`);
    }
  }
}

/** A pipeline up to and with its `end`. */
export function pipeline(scope: Scope, context: string, end: "right-delimiter" | "right-paren"): PipeNode {
  const { reader } = scope;
  const { position } = reader.peekNonSpace();
  const { variables, isAssignment } = declaration(scope, context);
  const commands: CommandNode[] = [];
  for (;;) {
    reader.peekNonSpace();
    const mark = reader.mark();
    const token = reader.next();
    if (token.kind === end) {
      checkCommands(scope, commands, position, context);
      return { kind: "pipe", position, variables, isAssignment, commands };
    }
    if (!OPERAND_STARTS.has(token.kind)) return reader.unexpected(token, context);
    reader.reset(mark);
    commands.push(command(scope));
  }
}
