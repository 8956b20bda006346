import type { JsonValue } from "../../json.ts";
import { isPlainObject } from "../../json.ts";
import { type Operator, operator } from "../../operator.ts";
import {
  isFilledText,
  isFlag,
  type OptionInputs,
  type OptionRule,
  type OptionRules,
  readOptions,
  withInputs,
} from "../options.ts";
import { bindParameters, type SqlParameters } from "./bind-parameters.ts";
import { checkTarget, openDatabase, type SqlTarget } from "./open-database.ts";
import { splitStatements } from "./split-statements.ts";
import type { SqlDatabase, SqlResult } from "./sql-database.ts";

/** Makes what a statement is worth of its result. */
export type SqlHandler = (result: SqlResult) => unknown;

/** All rows, each an array; null when the statement returns none (Airflow's fetch_all_handler). */
export const fetchAllHandler: SqlHandler = ({ columns, rows }) => (columns.length === 0 ? null : rows);
/** The first row, or null (Airflow's fetch_one_handler). */
export const fetchOneHandler: SqlHandler = ({ rows }) => rows[0] ?? null;

export interface SqlOptions extends SqlTarget {
  /** A text, or several that are run in turn. */
  sql: string | readonly string[];
  /** For `%s` or `$1` as an array, for `%(name)s` or `$name` as an object. */
  parameters?: SqlParameters;
  /** Whether each statement is a transaction of its own. @default false: all of them are one */
  autocommit?: boolean;
  /** Whether a text is cut into its statements, each run by itself. @default false */
  splitStatements?: boolean;
  /** What becomes of a statement's result; null: nothing. @default fetchAllHandler */
  handler?: SqlHandler | null;
  /** Of a text that was split, whether only its last statement counts. @default true */
  returnLast?: boolean;
  /** Whether the result goes to the log. @default true */
  showReturnValueInLog?: boolean;
}

export const isSql: OptionRule = [
  (value) =>
    (typeof value === "string" && value.trim() !== "") ||
    (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string")),
  "must be a statement, or an array of them",
];
export const areParameters: OptionRule = [
  (value) => Array.isArray(value) || isPlainObject(value),
  "must be an array or an object",
];
export const TARGET_RULES: OptionRules<SqlTarget> = { connId: isFilledText, database: isFilledText };

const RULES: OptionRules<SqlOptions> = {
  ...TARGET_RULES,
  sql: isSql,
  parameters: areParameters,
  autocommit: isFlag,
  splitStatements: isFlag,
  handler: [(value) => value === null || typeof value === "function", "must be a function or null"],
  returnLast: isFlag,
  showReturnValueInLog: isFlag,
};

/**
 * Runs SQL on PostgreSQL or DuckDB; the rows are the task's result (Airflow's SQLExecuteQueryOperator).
 *
 * ```ts
 * dag.task("count", sql({ connId: "shop", sql: "select count(*) from orders where day = %s", parameters: ["2024-01-31"] }))();
 * ```
 */
export function sql(options: SqlOptions): Operator<OptionInputs<SqlOptions>, unknown> {
  const declared = readOptions("sql", options, RULES, ["sql"]);
  checkTarget("sql", declared);
  const { sql: statements, parameters, connId, database } = declared;
  return operator({
    operatorName: "SQLExecuteQueryOperator",
    label: "sql",
    uiColor: "#cdaaed",
    templateFields: { sql: statements, parameters, connId, database },
    templateExt: [".sql"],
    execute: (inputs, fields) => execute(withInputs("sql", { ...declared, ...fields }, inputs, RULES)),
  });
}

async function execute(options: SqlOptions): Promise<unknown> {
  const { sql: given, returnLast = true, splitStatements: splits = false, handler = fetchAllHandler } = options;
  const texts = typeof given === "string" ? [given] : given;
  const database = await openDatabase(options);
  const results: unknown[] = [];
  try {
    await inTransaction(database, options.autocommit ?? false, async () => {
      for (const statement of splits ? texts.flatMap(splitStatements) : texts) {
        const result = await runLogged(database, statement, options.parameters);
        results.push(await handler?.(result));
      }
    });
  } finally {
    await database.close();
  }
  if (handler === null) return undefined;
  // Airflow's return_single_query_results.
  const result = typeof given === "string" && (!splits || returnLast) ? (results.at(-1) ?? null) : results;
  if (options.showReturnValueInLog ?? true) console.log(`Returned: ${JSON.stringify(result)?.slice(0, LONGEST_SHOWN)}`);
  return result;
}

/** Characters of a result in the log. */
const LONGEST_SHOWN = 2_000;

async function inTransaction(database: SqlDatabase, autocommit: boolean, work: () => Promise<void>): Promise<void> {
  if (autocommit) return work();
  await database.run({ text: "begin", values: [] });
  // What fails leaves the transaction open, and closing the connection takes it back.
  await work();
  await database.run({ text: "commit", values: [] });
}

/** Runs a statement, with Airflow's log lines. */
export async function runLogged(
  database: SqlDatabase,
  statement: string,
  parameters: SqlParameters | undefined,
): Promise<SqlResult> {
  console.log(`Running statement: ${statement}, parameters: ${JSON.stringify(parameters ?? null)}`);
  const result = await database.run(bindParameters(statement, parameters));
  if (result.rowCount !== null) console.log(`Rows affected: ${result.rowCount}`);
  return result;
}

/** The first row of a query, for checks; null when there is none. */
export async function firstRow(
  target: SqlTarget,
  statement: string,
  parameters: SqlParameters | undefined,
): Promise<readonly JsonValue[] | null> {
  const database = await openDatabase(target);
  try {
    return (await runLogged(database, statement, parameters)).rows[0] ?? null;
  } finally {
    await database.close();
  }
}
