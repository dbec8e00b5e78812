/** Columns for the terminal: as wide as their widest cell, two spaces between them, the last one as long as it is. */

/** A table with its header; `paint` colours a cell after it was measured. Every row has as many cells as the header. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  paint: (cell: string, column: string) => string = (cell) => cell,
): string {
  const widths = header.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[], painted: (cell: string, column: number) => string): string =>
    cells
      .map((cell, column) => painted(cell, column) + (column === cells.length - 1 ? "" : " ".repeat((widths[column] ?? 0) - cell.length)))
      .join("  ")
      .trimEnd();
  return [line(header, (cell) => cell), ...rows.map((row) => line(row, (cell, column) => paint(cell, header[column] ?? "")))]
    .map((text) => `${text}\n`)
    .join("");
}

/** How long ago, as kubectl writes it: the two largest units that say something. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return withRest(minutes, "m", seconds % 60, "s");
  if (minutes < 120) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 10) return withRest(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  return days < 8 ? withRest(days, "d", hours % 24, "h") : `${days}d`;
}

function withRest(amount: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${amount}${unit}` : `${amount}${unit}${rest}${restUnit}`;
}
