/** The tree of a template: one shape per construct of Go's text/template. */

export interface TextNode {
  readonly kind: "text";
  readonly position: number;
  readonly text: string;
}

/** A constant may be several things at once; the parameter that takes it decides. */
export interface NumberNode {
  readonly kind: "number";
  readonly position: number;
  readonly isComplex: boolean;
  /** Whether the text itself asks for a float: it has a point or an exponent. */
  readonly isFloatText: boolean;
  readonly int?: bigint | undefined;
  readonly uint?: bigint | undefined;
  readonly float?: number | undefined;
}

export type OperandNode =
  | { readonly kind: "bool"; readonly position: number; readonly value: boolean }
  | { readonly kind: "dot"; readonly position: number }
  | { readonly kind: "nil"; readonly position: number }
  | NumberNode
  | { readonly kind: "string"; readonly position: number; readonly value: string }
  | { readonly kind: "field"; readonly position: number; readonly names: readonly string[] }
  | { readonly kind: "variable"; readonly position: number; readonly name: string; readonly fields: readonly string[] }
  | { readonly kind: "function"; readonly position: number; readonly name: string }
  | { readonly kind: "chain"; readonly position: number; readonly operand: OperandNode; readonly fields: readonly string[] }
  | PipeNode;

export interface CommandNode {
  readonly position: number;
  readonly operands: readonly OperandNode[];
}

export interface PipeNode {
  readonly kind: "pipe";
  readonly position: number;
  readonly variables: readonly string[];
  /** `=` instead of `:=`. */
  readonly isAssignment: boolean;
  readonly commands: readonly CommandNode[];
}

export interface BranchNode {
  readonly kind: "if" | "range" | "with";
  readonly position: number;
  readonly pipe: PipeNode;
  readonly body: readonly TemplateNode[];
  readonly otherwise?: readonly TemplateNode[] | undefined;
}

export type TemplateNode =
  | TextNode
  | { readonly kind: "action"; readonly position: number; readonly pipe: PipeNode }
  | BranchNode
  | { readonly kind: "break" | "continue"; readonly position: number }
  | { readonly kind: "template"; readonly position: number; readonly name: string; readonly pipe?: PipeNode | undefined };

/** A parsed template with what it defines. Immutable: the caller may keep it and execute it many times. */
export interface ParsedTemplate {
  readonly name: string;
  /** The text as bytes (a Go string), for the places of errors. */
  readonly text: string;
  readonly root: readonly TemplateNode[];
  readonly defined: ReadonlyMap<string, readonly TemplateNode[]>;
  /** Every function that it names, so that the caller can load just what it needs. */
  readonly functions: ReadonlySet<string>;
}
