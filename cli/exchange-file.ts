import { readFile, stat } from "node:fs/promises";
import { DaisyError } from "#core/errors.ts";
import { replaceFile } from "#core/files.ts";
import { dumpYaml, loadYaml } from "#core/templates/yaml.ts";
import { isPlainObject } from "#sdk/json.ts";
import type { Console } from "./console.ts";

/** Reads a file that is to be imported; `missing` is the complaint when there is none. */
export async function readExchangeFile(file: string, missing: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new DaisyError("IMPORT_FILE", missing);
    throw new DaisyError("IMPORT_FILE", `${file} cannot be read: ${(error as Error).message}`);
  }
}

/** The object in a file's text, JSON or by the file's name YAML; `invalid` is the complaint when there is none. */
export function parseExchange(file: string, text: string, invalid: string): Record<string, unknown> {
  try {
    const parsed = /\.ya?ml$/i.test(file) ? loadYaml(text) : (JSON.parse(text) as unknown);
    if (isPlainObject(parsed)) return parsed;
  } catch {
    // As for what is no object.
  }
  throw new DaisyError("IMPORT_FILE", invalid);
}

/** YAML as Airflow exports it: keys in order, in blocks. */
export function exchangeYaml(entries: Readonly<Record<string, unknown>>): string {
  return dumpYaml(entries).trimEnd();
}

/** JSON as Airflow exports it: keys in order, indented by four. */
export function exchangeJson(entries: Readonly<Record<string, unknown>>): string {
  const sorted = Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(sorted), undefined, 4);
}

/**
 * Writes an export, readable by its owner only since it holds secrets, and then says so. `-` is standard output,
 * where nothing else is said.
 */
export async function writeExchangeFile(console: Console, file: string, text: string, done: string): Promise<void> {
  if (file === "-" || file === "/dev/stdout") {
    console.print(text);
    return;
  }
  const found = await stat(file).catch(() => undefined);
  if (found !== undefined && !found.isFile()) {
    throw new DaisyError("IMPORT_FILE", `${file} is not a file; use - to write to standard output`);
  }
  try {
    await replaceFile(file, `${text}\n`, 0o600);
  } catch (error) {
    throw new DaisyError("IMPORT_FILE", `${file} cannot be written: ${(error as Error).message}`);
  }
  console.print(done);
}
