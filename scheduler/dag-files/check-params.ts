import { readParams, resolveParams } from "#core/params/params.ts";
import { schemaProblem } from "#core/params/violation.ts";
import type { SerializedDag } from "#sdk/serialized-dag.ts";

const NO_SCHEDULE = "airflow.timetables.simple.NullTimetable";

/**
 * Checks the params of a DAG and its tasks: their schemas, and, of a DAG that runs by itself, that every param has a
 * default that fits, since nobody gives it another value.
 */
export function checkParams({ dag }: SerializedDag): void {
  const owners = [
    { label: `Dag "${dag.dag_id}"`, params: dag.params },
    ...dag.tasks.map(({ __var }) => ({
      label: `task "${__var.task_id}" of Dag "${dag.dag_id}"`,
      params: __var.params,
    })),
  ];
  for (const { label, params } of owners) {
    for (const { name, schema } of readParams(params)) {
      const problem = schemaProblem(schema);
      if (problem !== undefined) throw new Error(`The schema of param "${name}" of ${label} is not valid: ${problem}`);
    }
  }
  if (dag.timetable.__type === NO_SCHEDULE) return;
  try {
    resolveParams(readParams(dag.params), null);
  } catch (error) {
    throw new Error(
      "DAG Schedule must be None, if there are any required params without default values or the default values are " +
        `invalid: Dag "${dag.dag_id}": ${(error as Error).message}`,
    );
  }
}
