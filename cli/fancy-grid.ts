const NUMBER = /^[+-]?\d+(\.\d+)?$/;

/** A table as Airflow 1.10 draws it: `fancy_grid` of Python's tabulate, columns of numbers to the right. */
export function fancyGrid(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = head.map((title, at) => {
    const cells = rows.map((row) => row[at]!);
    // tabulate leaves two places beside a title.
    const width = Math.max(title.length + 2, ...cells.map((cell) => cell.length));
    return { width, isNumeric: cells.length > 0 && cells.every((cell) => NUMBER.test(cell)) };
  });
  const line = (cells: readonly string[]) =>
    `│ ${cells.map((cell, at) => (columns[at]!.isNumeric ? cell.padStart(columns[at]!.width) : cell.padEnd(columns[at]!.width))).join(" │ ")} │`;
  const rule = (left: string, dash: string, between: string, right: string) =>
    left + columns.map(({ width }) => dash.repeat(width + 2)).join(between) + right;
  const body = rows.map(line).join(`\n${rule("├", "─", "┼", "┤")}\n`);
  return [
    rule("╒", "═", "╤", "╕"),
    line(head),
    rule("╞", "═", "╪", "╡"),
    ...(rows.length > 0 ? [body] : []),
    rule("╘", "═", "╧", "╛"),
  ].join("\n");
}
