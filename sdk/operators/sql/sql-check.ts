import { AirflowFailException } from "../../errors.ts";
import type { JsonValue } from "../../json.ts";
import { type Operator, operator } from "../../operator.ts";
import { type OptionInputs, type OptionRule, type OptionRules, readOptions, withInputs } from "../options.ts";
import type { SqlParameters } from "./bind-parameters.ts";
import { checkTarget, type SqlTarget } from "./open-database.ts";
import { areParameters, firstRow, isSql, TARGET_RULES } from "./sql.ts";

export interface SqlCheckOptions extends SqlTarget {
  /** A query of one row. */
  sql: string;
  parameters?: SqlParameters;
}

const CHECK_RULES: OptionRules<SqlCheckOptions> = { ...TARGET_RULES, sql: isSql, parameters: areParameters };

/** Fails for good when the query's first row is missing or holds a false value, such as 0 (Airflow's SQLCheckOperator). */
export function sqlCheck(options: SqlCheckOptions): Operator<OptionInputs<SqlCheckOptions>, void> {
  const declared = readOptions("sqlCheck", options, CHECK_RULES, ["sql"]);
  checkTarget("sqlCheck", declared);
  const { sql, parameters, connId, database } = declared;
  return operator({
    operatorName: "SQLCheckOperator",
    label: "sqlCheck",
    uiColor: "#fff7e6",
    templateFields: { sql, parameters, connId, database },
    templateExt: [".sql"],
    execute: (inputs, fields) => check(withInputs("sqlCheck", { ...declared, ...fields }, inputs, CHECK_RULES)),
  });
}

async function check({ sql, parameters, ...target }: SqlCheckOptions): Promise<void> {
  const row = await readRow(target, sql, parameters);
  if (row.every((value) => isTrue(value))) return console.log("All tests have passed");
  throw new AirflowFailException(`Test failed.\nQuery:\n${sql}\nResults:\n${JSON.stringify(row)}`);
}

export interface SqlValueCheckOptions extends SqlCheckOptions {
  /** What each value of the row has to be. */
  passValue: number | string;
  /** How far a number may be away, as a part of `passValue`: 0.1 is ten per cent. @default none */
  tolerance?: number;
}

const isNumberOrText: OptionRule = [
  (value) => typeof value === "string" || Number.isFinite(value),
  "must be a number or a string",
];
const VALUE_RULES: OptionRules<SqlValueCheckOptions> = {
  ...CHECK_RULES,
  passValue: isNumberOrText,
  tolerance: [(value) => Number.isFinite(value) && (value as number) >= 0, "must be a number not below zero"],
};

/** Fails for good when a value of the query's first row is not the expected one (Airflow's SQLValueCheckOperator). */
export function sqlValueCheck(options: SqlValueCheckOptions): Operator<OptionInputs<SqlValueCheckOptions>, void> {
  const declared = readOptions("sqlValueCheck", options, VALUE_RULES, ["sql", "passValue"]);
  checkTarget("sqlValueCheck", declared);
  const { sql, parameters, connId, database, passValue } = declared;
  return operator({
    operatorName: "SQLValueCheckOperator",
    label: "sqlValueCheck",
    uiColor: "#fff7e6",
    templateFields: { sql, parameters, connId, database, passValue },
    templateExt: [".sql"],
    execute: (inputs, fields) =>
      checkValue(withInputs("sqlValueCheck", { ...declared, ...fields }, inputs, VALUE_RULES)),
  });
}

async function checkValue({ sql, parameters, passValue, tolerance, ...target }: SqlValueCheckOptions): Promise<void> {
  const row = await readRow(target, sql, parameters);
  if (row.every((value) => passes(value, passValue, tolerance))) return;
  const allowed = tolerance === undefined ? "" : `\nTolerance: ${tolerance * 100}%`;
  throw new AirflowFailException(
    `Test failed.\nPass value: ${passValue}${allowed}\nQuery:\n${sql}\nResults:\n${JSON.stringify(row)}`,
  );
}

async function readRow(target: SqlTarget, sql: string, parameters: SqlParameters | undefined) {
  const row = await firstRow(target, sql, parameters);
  if (row === null) throw new AirflowFailException(`The following query returned zero rows: ${sql}`);
  return row;
}

/** As Python has it. */
function isTrue(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** A number is compared as one, also when the database gives it as text. */
function passes(value: JsonValue, expected: number | string, tolerance = 0): boolean {
  const number = Number(expected);
  if (String(expected).trim() === "" || !Number.isFinite(number)) return String(value) === expected;
  const margin = Math.abs(number) * tolerance;
  return value !== null && Number(value) >= number - margin && Number(value) <= number + margin;
}
