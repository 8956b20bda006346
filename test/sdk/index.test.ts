import test from "ava";
import * as sdk from "#sdk/index.ts";

/** What `apache-airflow-ts-sdk` exports at run time. */
const AIRFLOW = [
  "Asset",
  "Bundle",
  "ConnectionNotFoundError",
  "Dag",
  "SUPERVISOR_API_VERSION",
  "TaskHandler",
  "VariableNotFoundError",
  "getClient",
  "getContext",
  "triggerDagRun",
  "withArgNames",
];
/** What it must not export. */
const INTERNAL = [
  "registerTask",
  "listRegisteredTasks",
  "registerDags",
  "defaultRegistry",
  "startCoordinator",
  "serveDags",
  "DagRegistry",
  "TaskHandlerArgs",
  "runInTaskScope",
  "TaskScope",
  "getArgNames",
];

test("the names of Airflow's TypeScript SDK are there, and what it keeps to itself is not", (t) => {
  t.deepEqual(
    AIRFLOW.filter((name) => !(name in sdk)),
    [],
  );
  t.deepEqual(
    INTERNAL.filter((name) => name in sdk),
    [],
  );
  t.is(sdk.SUPERVISOR_API_VERSION, "2026-10-30");
});
