/** What a benchmark reports: figures with their spread over rounds, goals, and a table of them; no figure without the raw limit beside it. */
import { availableParallelism, cpus, totalmem } from "node:os";

/** The spread of one figure over the rounds of a run. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export interface Figure {
  readonly what: string;
  /** `x` for a ratio. */
  readonly unit: string;
  readonly value: Spread;
  /** @default - a figure that only explains another */
  readonly goal?: { readonly atMost: number } | { readonly atLeast: number } | undefined;
}

export interface Report {
  readonly name: string;
  /** One sentence: what is compared with what. */
  readonly about: string;
  readonly figures: readonly Figure[];
  /** What was counted or must be known to read the figures. */
  readonly notes: readonly string[];
}

export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly node: string;
  readonly platform: string;
}

export function machineOf(now: Date): Machine {
  return {
    date: now.toISOString().slice(0, 10),
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
  };
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { min: sorted[0] ?? Number.NaN, median: medianOf(values), max: sorted.at(-1) ?? Number.NaN };
}

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? (upper + (sorted[middle - 1] ?? Number.NaN)) / 2 : upper;
}

/** A figure that has no spread: a count, or a size. */
export function exactly(value: number): Spread {
  return { min: value, median: value, max: value };
}

/** Whether the median meets the goal; undefined where there is none. */
function isMet({ goal, value }: Figure): boolean | undefined {
  if (goal === undefined) return undefined;
  return "atMost" in goal ? value.median <= goal.atMost : value.median >= goal.atLeast;
}

/** As Markdown, so that the table of the terminal is the table of docs/performance.md. */
export function reportText(report: Report): string {
  const rows = report.figures.map((figure) => {
    const { what, unit, value, goal } = figure;
    const met = isMet(figure);
    return [
      what,
      number(value.min),
      number(value.median),
      number(value.max),
      unit,
      goal === undefined ? "" : "atMost" in goal ? `≤ ${number(goal.atMost)}` : `≥ ${number(goal.atLeast)}`,
      met === undefined ? "" : met ? "met" : "NOT met",
    ];
  });
  const notes = report.notes.map((note) => `- ${note}\n`).join("");
  return `## ${report.name}\n\n${report.about}\n\n${markdownTable(["figure", "min", "median", "max", "unit", "goal", ""], rows)}\n${notes}`;
}

function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((name, column) => Math.max(name.length, 3, ...rows.map((row) => row[column]?.length ?? 0)));
  const isNumber = (column: number): boolean => column >= 1 && column <= 3;
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join(" | ")} |\n`;
  const rule = `| ${widths.map((width, column) => (isNumber(column) ? `${"-".repeat(width - 1)}:` : "-".repeat(width))).join(" | ")} |\n`;
  return line(header) + rule + rows.map(line).join("");
}

/** Three significant digits, and whole numbers as they are. */
function number(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en-US");
  return Number(value.toPrecision(3)).toString();
}
