import { type Operator, operator } from "../operator.ts";
import { isFilledText, type OptionRules, readOptions } from "./options.ts";

export interface ExternalTaskMarkerOptions {
  /** The DAG that waits for this one. */
  externalDagId: string;
  /** Its task that waits, such as an `externalTaskSensor`. */
  externalTaskId: string;
  /** The logical date of the run to clear, when it is another one; ISO text. @default the same as this run's */
  logicalDate?: string;
  /** How many markers may follow each other. @default 10 */
  recursionDepth?: number;
}

const RULES: OptionRules<ExternalTaskMarkerOptions> = {
  externalDagId: isFilledText,
  externalTaskId: isFilledText,
  logicalDate: isFilledText,
  recursionDepth: [(value) => Number.isInteger(value) && (value as number) > 0, "must be a positive integer"],
};

/**
 * Says that a task of another DAG waits for this one: clearing this task with what is downstream clears that one too
 * (Airflow's ExternalTaskMarker). It does nothing when it runs.
 */
export function externalTaskMarker(options: ExternalTaskMarkerOptions): Operator<void, void> {
  const read = readOptions("externalTaskMarker", options, RULES, ["externalDagId", "externalTaskId"]);
  const { externalDagId, externalTaskId, logicalDate, recursionDepth = 10 } = read;
  return operator<void, void>({
    operatorName: "ExternalTaskMarker",
    label: "externalTaskMarker",
    uiColor: "#4db7db",
    takesNoInputs: true,
    serializedFields: {
      external_dag_id: externalDagId,
      external_task_id: externalTaskId,
      logical_date: logicalDate ?? "{{ logical_date.isoformat() }}",
      recursion_depth: recursionDepth,
    },
    dagDependencies: (dagId, taskId) => [
      { source: dagId, target: externalDagId, label: taskId, dependency_type: "marker", dependency_id: taskId },
    ],
    execute: () => undefined,
  });
}
