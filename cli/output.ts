import { isoDate } from "#core/run-id.ts";
import type { Console } from "./console.ts";

export const OUTPUT_FLAG = {
  help: "Output format (table)",
  short: "-o",
  choices: ["table", "json", "yaml", "plain"],
} as const;

export type OutputFormat = (typeof OUTPUT_FLAG.choices)[number];
type Cell = string | number | boolean | Date | null | undefined | readonly Cell[];

/**
 * Prints rows as Airflow's group commands do: a table with a double rule under its head, JSON or YAML whose values
 * are strings, or plain columns. Nothing at all is `No data found`.
 */
export function printRows(
  console: Console,
  rows: readonly Readonly<Record<string, Cell>>[],
  format: OutputFormat = "table",
): void {
  if (rows.length === 0) {
    console.print("No data found");
    return;
  }
  const texts = rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, cell]) => [key, textOf(cell)])));
  if (format === "json") console.print(JSON.stringify(texts));
  else if (format === "yaml") console.print(texts.map(yamlItem).join("\n"));
  else for (const line of columns(texts, format)) console.print(line);
}

/** Python's spelling: `True`, ISO dates with an offset, lists joined by commas; null stays null. */
function textOf(cell: Cell): string | null {
  if (cell === null || cell === undefined) return null;
  if (typeof cell === "boolean") return cell ? "True" : "False";
  if (cell instanceof Date) return isoDate(cell);
  if (Array.isArray(cell)) return cell.map((item: Cell) => textOf(item) ?? "None").join(",");
  return String(cell);
}

function columns(rows: readonly Record<string, string | null>[], format: "table" | "plain"): string[] {
  const names = Object.keys(rows[0]!);
  const cells = [names, ...rows.map((row) => names.map((name) => row[name] ?? "None"))];
  const widths = names.map((_, index) => Math.max(...cells.map((line) => line[index]!.length)));
  const [between, rule] = format === "table" ? [" | ", true] : ["  ", false];
  const lines = cells.map((line) =>
    line
      .map((cell, index) => cell.padEnd(widths[index]!))
      .join(between)
      .trimEnd(),
  );
  return rule ? [lines[0]!, widths.map((width) => "=".repeat(width)).join("=+="), ...lines.slice(1)] : lines;
}

function yamlItem(row: Record<string, string | null>): string {
  const lines = Object.entries(row).map(([key, text]) => `${key}: ${yamlText(text)}`);
  return `- ${lines.join("\n  ")}`;
}

/** Plain where it cannot be taken for anything but a string, quoted as JSON (which YAML reads) elsewhere. */
function yamlText(text: string | null): string {
  if (text === null) return "null";
  const plain = /^[A-Za-z_/][\w./@-]*$/.test(text) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(text);
  return plain ? text : JSON.stringify(text);
}
