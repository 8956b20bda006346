import type { JsonValue } from "../json.ts";
import type { Operator } from "../operator.ts";
import {
  isFlag,
  isFunction,
  type OptionInputs,
  type OptionRules,
  readOptions,
  withInputs,
} from "../operators/options.ts";
import type { SqlParameters } from "../operators/sql/bind-parameters.ts";
import { checkTarget, type SqlTarget } from "../operators/sql/open-database.ts";
import { areParameters, firstRow, isSql, TARGET_RULES } from "../operators/sql/sql.ts";
import { sensorOperator } from "./sensor-operator.ts";
import { SENSOR_RULES, type SensorOptions, sensorOptions } from "./sensor-options.ts";

export interface SqlSensorOptions extends SqlTarget, SensorOptions {
  /** A query; what counts is the first value of its first row. */
  sql: string;
  parameters?: SqlParameters;
  /** Says of the value whether the wait is over. @default any value but null, false, 0 and an empty text */
  success?: (value: JsonValue) => boolean;
  /** Says of the value whether the try fails. @default no value does */
  failure?: (value: JsonValue) => boolean;
  /** Takes another value of the row than its first. */
  selector?: (row: readonly JsonValue[]) => JsonValue;
  /** Whether a query without rows fails the try. @default false: not yet */
  failOnEmpty?: boolean;
}

/** What a task of it may be called with. */
type SqlSensorInputs = OptionInputs<SqlTarget & Pick<SqlSensorOptions, "sql" | "parameters">>;

const RULES: OptionRules<SqlSensorOptions> = {
  ...SENSOR_RULES,
  ...TARGET_RULES,
  sql: isSql,
  parameters: areParameters,
  success: isFunction,
  failure: isFunction,
  selector: isFunction,
  failOnEmpty: isFlag,
};

/** Waits until a query has an answer (Airflow's SqlSensor). With `deferrable` it holds no slot meanwhile. */
export function sqlSensor(options: SqlSensorOptions): Operator<SqlSensorInputs, unknown> {
  const declared = readOptions("sqlSensor", options, RULES, ["sql"]);
  checkTarget("sqlSensor", declared);
  const { sql, parameters, connId, database } = declared;
  return sensorOperator<SqlSensorInputs, unknown>({
    operatorName: "SqlSensor",
    label: "sqlSensor",
    uiColor: "#7c7287",
    options: sensorOptions(declared),
    templateFields: { sql, parameters, connId, database },
    templateExt: [".sql"],
    poke: (inputs, fields) => poke(withInputs("sqlSensor", { ...declared, ...fields }, inputs ?? {}, RULES)),
  });
}

async function poke(options: SqlSensorOptions): Promise<boolean> {
  const { sql, parameters, connId, database, success = Boolean, failure, failOnEmpty = false } = options;
  console.log(`Poking: ${sql} (with parameters ${JSON.stringify(parameters ?? null)})`);
  const row = await firstRow({ connId, database }, sql, parameters);
  if (row === null) {
    if (failOnEmpty) throw new Error("No rows returned, raising as per fail_on_empty flag");
    return false;
  }
  const value = options.selector ? options.selector(row) : (row[0] ?? null);
  if (failure?.(value)) throw new Error(`Failure criteria met. failure(${JSON.stringify(value)}) returned true`);
  return success(value);
}
