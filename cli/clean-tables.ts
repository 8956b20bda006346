import { CLEANABLE_TABLES, type CleanableTable, listArchives, OTHER_TABLES } from "#core/database/clean.ts";
import type { Queryable } from "#core/database/connect.ts";
import { DaisyError } from "#core/errors.ts";
import type { Console } from "./console.ts";

/** The flag of the commands about cleaning. */
export const TABLES_FLAG = {
  short: "-t",
  help: `Tables, separated by commas, of ${CLEANABLE_TABLES.join(", ")}; default: all`,
} as const;

/** What a list of tables' names stands for. */
export interface ChosenTables {
  readonly tables: readonly CleanableTable[];
  /** One line for each name that Airflow knows and that is no table of its own here. */
  readonly notes: readonly string[];
}

/** @throws {DaisyError} TABLE_NOT_CLEANABLE */
export function chooseTables(names: string | undefined): ChosenTables {
  if (names === undefined) return { tables: CLEANABLE_TABLES, notes: [] };
  const wanted = names.split(",").map((name) => name.trim());
  const others = wanted.filter((name) => Object.hasOwn(OTHER_TABLES, name));
  const unknown = wanted.find((name) => !others.includes(name) && !CLEANABLE_TABLES.includes(name as CleanableTable));
  if (unknown !== undefined) throw new DaisyError("TABLE_NOT_CLEANABLE", unknown, CLEANABLE_TABLES.join(", "));
  return {
    tables: CLEANABLE_TABLES.filter((table) => wanted.includes(table)),
    notes: others.map((name) => `${name}: ${OTHER_TABLES[name]}`),
  };
}

/**
 * The archives of the named tables, or all of them; notes which names are no table of their own.
 * @throws {DaisyError} TABLE_NOT_CLEANABLE
 */
export async function chooseArchives(console: Console, db: Queryable, names: string | undefined): Promise<string[]> {
  if (names === undefined) return listArchives(db);
  const { tables, notes } = chooseTables(names);
  for (const note of notes) console.note(note);
  return listArchives(db, tables);
}

/** What is asked before archives are dropped. */
export function dropQuestion(names: readonly string[]): string {
  return `You have requested that we drop the following archived tables: ${names.join(", ")}. Proceed? (y/n)`;
}
