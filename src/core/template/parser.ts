/** From the text of a template to its tree: text/template's grammar, its checks and its order of definitions. */
import { pipeline, type Scope, unquote } from "./expressions.ts";
import { fromText } from "./go/strings.ts";
import type { Token } from "./lexer.ts";
import type { BranchNode, ParsedTemplate, PipeNode, TemplateNode } from "./nodes.ts";
import { readTokens, type TokenReader } from "./token-reader.ts";

/** What ends a list of nodes. */
interface End {
  readonly kind: "end" | "else";
  readonly position: number;
}

function isEnd(node: TemplateNode | End): node is End {
  return node.kind === "end" || node.kind === "else";
}

function newScope(reader: TokenReader): Scope {
  return { reader, variables: ["$"], rangeDepth: 0 };
}

/** Go keeps the first non-empty definition of a name, and refuses a second one. */
function isEmpty(nodes: readonly TemplateNode[]): boolean {
  return nodes.every((node) => node.kind === "text" && /^[\t\n\v\f\r ]*$/.test(node.text));
}

function define(reader: TokenReader, name: string, nodes: readonly TemplateNode[], position: number): void {
  const earlier = reader.defined.get(name);
  if (earlier === undefined || isEmpty(earlier)) reader.defined.set(name, nodes);
  else if (!isEmpty(nodes)) reader.fail(position, "multiple definition of a template");
}

function expectRightDelimiter(reader: TokenReader, context: string): Token {
  const token = reader.nextNonSpace();
  return token.kind === "right-delimiter" ? token : reader.unexpected(token, context);
}

function templateName(scope: Scope, context: string): string {
  const token = scope.reader.nextNonSpace();
  if (token.kind !== "string" && token.kind !== "raw-string") return scope.reader.unexpected(token, context);
  return unquote(scope, token);
}

function body(scope: Scope): { readonly nodes: readonly TemplateNode[]; readonly end: End } {
  const nodes: TemplateNode[] = [];
  for (;;) {
    const token = scope.reader.peekNonSpace();
    if (token.kind === "end-of-text") return scope.reader.fail(token.position, "unexpected end of the text");
    const node = textOrAction(scope);
    if (isEnd(node)) return { nodes, end: node };
    nodes.push(node);
  }
}

function bodyUpToEnd(scope: Scope, context: string): readonly TemplateNode[] {
  const { nodes, end } = body(scope);
  return end.kind === "end" ? nodes : scope.reader.fail(end.position, `unexpected 'else' in ${context}`);
}

function otherwise(scope: Scope, kind: BranchNode["kind"], end: End): readonly TemplateNode[] | undefined {
  if (end.kind === "end") return undefined;
  const { reader } = scope;
  const token = reader.peek();
  // `else if` and `else with` chain on; `if` then takes the one `end` of both.
  if (kind !== "range" && token.kind === "keyword" && token.text === kind) {
    reader.next();
    return [branch(scope, kind, end.position)];
  }
  return bodyUpToEnd(scope, "the branch behind 'else'");
}

function branch(scope: Scope, kind: BranchNode["kind"], position: number): BranchNode {
  const { reader } = scope;
  return reader.nest(position, () => {
    const outer = scope.variables.length;
    const pipe = pipeline(scope, kind, "right-delimiter");
    if (kind === "range") scope.rangeDepth++;
    const { nodes, end } = body(scope);
    if (kind === "range") scope.rangeDepth--;
    const node: BranchNode = { kind, position: pipe.position, pipe, body: nodes, otherwise: otherwise(scope, kind, end) };
    scope.variables.length = outer;
    return node;
  });
}

function loopControl(scope: Scope, kind: "break" | "continue", position: number): TemplateNode {
  const token = scope.reader.nextNonSpace();
  if (token.kind !== "right-delimiter") return scope.reader.unexpected(token, `{{${kind}}}`);
  return scope.rangeDepth === 0 ? scope.reader.fail(position, `{{${kind}}} outside {{range}}`) : { kind, position };
}

function elseControl(scope: Scope): End {
  const token = scope.reader.peekNonSpace();
  if (token.kind === "keyword" && (token.text === "if" || token.text === "with")) return { kind: "else", position: token.position };
  return { kind: "else", position: expectRightDelimiter(scope.reader, "else").position };
}

function templateControl(scope: Scope, position: number): TemplateNode {
  const name = templateName(scope, "template clause");
  const { reader } = scope;
  reader.peekNonSpace();
  const mark = reader.mark();
  if (reader.next().kind === "right-delimiter") return { kind: "template", position, name };
  reader.reset(mark);
  return { kind: "template", position, name, pipe: pipeline(scope, "template clause", "right-delimiter") };
}

function blockControl(scope: Scope, position: number): TemplateNode {
  const { reader } = scope;
  const name = templateName(scope, "block clause");
  const pipe: PipeNode = pipeline(scope, "block clause", "right-delimiter");
  const nodes = reader.nest(position, () => bodyUpToEnd(newScope(reader), "block clause"));
  define(reader, name, nodes, position);
  return { kind: "template", position, name, pipe };
}

function action(scope: Scope): TemplateNode | End {
  const { reader } = scope;
  reader.peekNonSpace();
  const mark = reader.mark();
  const token = reader.next();
  const { position } = token;
  if (token.kind === "keyword") {
    switch (token.text) {
      case "block":
        return blockControl(scope, position);
      case "break":
      case "continue":
        return loopControl(scope, token.text, position);
      case "else":
        return elseControl(scope);
      case "end":
        return { kind: "end", position: expectRightDelimiter(reader, "end").position };
      case "if":
      case "range":
      case "with":
        return branch(scope, token.text, position);
      case "template":
        return templateControl(scope, position);
      default:
    }
  }
  reader.reset(mark);
  return { kind: "action", position, pipe: pipeline(scope, "command", "right-delimiter") };
}

function textOrAction(scope: Scope): TemplateNode | End {
  const token = scope.reader.nextNonSpace();
  if (token.kind === "text") return { kind: "text", position: token.position, text: token.text };
  return token.kind === "left-delimiter" ? action(scope) : scope.reader.unexpected(token, "input");
}

/** `{{define "name"}} … {{end}}` at the top of a text; false, and nothing taken, where there is none. */
function definition(reader: TokenReader): boolean {
  const mark = reader.mark();
  const position = reader.next().position;
  const token = reader.nextNonSpace();
  if (token.kind !== "keyword" || token.text !== "define") {
    reader.reset(mark);
    return false;
  }
  const scope = newScope(reader);
  const name = templateName(scope, "define clause");
  expectRightDelimiter(reader, "define clause");
  define(reader, name, bodyUpToEnd(scope, "define clause"), position);
  return true;
}

/**
 * Parses a template. `name` is what errors call it, and what `define` may not define again; it is a place in the config, no value.
 * @throws TemplateError
 */
export function parseTemplate(name: string, text: string): ParsedTemplate {
  const bytes = fromText(text);
  const reader = readTokens(name, bytes);
  const scope = newScope(reader);
  const root: TemplateNode[] = [];
  while (reader.peek().kind !== "end-of-text") {
    if (reader.peek().kind === "left-delimiter" && definition(reader)) continue;
    const node = textOrAction(scope);
    if (isEnd(node)) return reader.fail(node.position, `unexpected '${node.kind}'`);
    root.push(node);
  }
  define(reader, fromText(name), root, 0);
  return { name, text: bytes, root: reader.defined.get(fromText(name)) ?? root, defined: reader.defined, functions: reader.functions };
}
