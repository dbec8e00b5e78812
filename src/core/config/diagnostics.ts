/** Mistakes in config as values: where they are, the line itself, and what would be right. Never used for text that came from a secret. */

/** One file of the config; `path` is relative to the config folder, with `/` on every system. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** One mistake. Lines and columns count from 1. */
export interface Diagnostic {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The offending line; empty where it is withheld, because the document may hold a core Secret. */
  readonly lineText: string;
  readonly message: string;
  /** What would be right. @default nothing is known to be right */
  readonly hint?: string | undefined;
}

const LONGEST_LINE = 160;

/** Gives `file:line:column: message`, the line, a caret below the place, and what would be right. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, lineText, message, hint } = diagnostic;
  const shown = lineText.slice(0, LONGEST_LINE);
  const parts = [`${file}:${line}:${column}: ${message}`];
  if (shown !== "" && column <= shown.length + 1) {
    // Tabs stay tabs, so that the caret stands below its character whatever the terminal makes of them.
    parts.push(`  ${shown}`, `  ${shown.slice(0, column - 1).replace(/[^\t]/g, " ")}^`);
  }
  if (hint !== undefined) parts.push(`  ${hint}`);
  return parts.join("\n");
}

/** Formats all mistakes, in the order of file, line and column. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[]): string {
  return sortDiagnostics(diagnostics).map(formatDiagnostic).join("\n");
}

/** Orders by file, line and column, so that equal configs give equal reports. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...diagnostics].toSorted((a, b) => compareText(a.file, b.file) || a.line - b.line || a.column - b.column);
}

/** Orders by code units: the same on every machine, unlike localeCompare. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
