import { createReadStream } from "node:fs";

/** One record of a CSV file, and the line of the file on which it starts, counting from 1. */
export interface CsvRecord {
  readonly cells: readonly string[];
  readonly line: number;
}

/**
 * Reads the header: the first line, split at every comma and trimmed, quotes not regarded (TFX's CsvExampleGen).
 * @throws when the file has no line
 */
export async function readCsvHeader(file: string, signal?: AbortSignal): Promise<string[]> {
  for await (const lines of readLines(file, signal)) {
    if (lines.length > 0) return lines[0]!.split(",").map((name) => name.trim());
  }
  throw new Error(`${file} is empty; expected a header line`);
}

/**
 * Reads the records after the header, in groups as the file comes in. A record goes on over lines until its quotes
 * balance; a cell is quoted when it starts with a quote, as in Python's csv module. Blank lines are skipped.
 * @throws when quotes do not balance, a record has not as many cells as the header, or the file is not UTF-8; with file and line
 */
export async function* readCsvRecords(
  file: string,
  header: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<CsvRecord[]> {
  let line = 0;
  let open: { readonly lines: string[]; readonly line: number } | undefined;
  for await (const lines of readLines(file, signal)) {
    const records: CsvRecord[] = [];
    for (const text of lines) {
      line++;
      if (line === 1) continue;
      const opensOrCloses = hasOddQuotes(text);
      if (open || opensOrCloses) {
        open ??= { lines: [], line };
        open.lines.push(text);
        if (open.lines.length === 1 || !opensOrCloses) continue;
      }
      const record: CsvRecord = { cells: parseRecord(open ? open.lines.join("\n") : text), line: open?.line ?? line };
      open = undefined;
      if (text === "" && record.cells.length === 1) continue;
      if (record.cells.length !== header.length) throw wrongCellCount(file, record.line, header, record.cells);
      records.push(record);
    }
    if (records.length > 0) yield records;
  }
  if (open) throw new Error(`Csv record had unbalanced quotes. File: ${file}, line ${open.line}`);
}

function wrongCellCount(file: string, line: number, header: readonly string[], cells: readonly string[]): Error {
  return new Error(
    `Columns do not match specified csv headers: ${pythonList(header)} -> ${pythonList(cells)} ` +
      `(file ${file}, line ${line}: expected ${header.length} cells, got ${cells.length})`,
  );
}

/** A list as Python prints it, the form in which TFX's messages show one. */
export function pythonList(values: readonly string[]): string {
  const quoted = values.map((value) =>
    value.includes("'") && !value.includes('"') ? `"${value}"` : `'${value.replaceAll("'", "\\'")}'`,
  );
  return `[${quoted.join(", ")}]`;
}

/** The file's lines in groups, without line ends; a last line without an end counts. */
async function* readLines(file: string, signal?: AbortSignal): AsyncGenerator<string[]> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  let count = 0;
  const decode = (chunk?: Buffer): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      throw new Error(`${file} is not valid UTF-8, after line ${count}`);
    }
  };
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20, signal }) as AsyncIterable<Buffer>) {
    const lines = (rest + decode(chunk)).split("\n");
    rest = lines.pop()!;
    count += lines.length;
    yield lines.map(withoutCarriageReturn);
  }
  rest += decode();
  if (rest !== "") yield [withoutCarriageReturn(rest)];
}

function withoutCarriageReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

function hasOddQuotes(text: string): boolean {
  let odd = false;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) odd = !odd;
  return odd;
}

function parseRecord(text: string): string[] {
  if (!text.includes('"')) return text.split(",");
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    let cell = "";
    if (text[at] === '"') {
      // A doubled quote is one quote; after the closing one, what is left up to the comma is taken as it is.
      for (at++; ; ) {
        const quote = text.indexOf('"', at);
        if (quote === -1) return [...cells, cell + text.slice(at)];
        cell += text.slice(at, quote);
        at = quote + 1;
        if (text[at] !== '"') break;
        cell += '"';
        at++;
      }
    }
    const comma = text.indexOf(",", at);
    cells.push(cell + text.slice(at, comma === -1 ? text.length : comma));
    if (comma === -1) return cells;
    at = comma + 1;
  }
}
