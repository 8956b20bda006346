/// <reference path="./python-modules.d.ts" />
// What a DAG file is written with. The names of Airflow's TypeScript SDK, and some more in its style.

export { type ArgList, withArgList } from "./arg-list.ts";
export { type ArgNameMap, withArgNames } from "./arg-names.ts";
export {
  Asset,
  /** Airflow 2's name. */
  Asset as Dataset,
  type AssetNameRef,
  type AssetRef,
  type AssetRefSpec,
  type AssetSpec,
  type AssetUriRef,
} from "./asset.ts";
// Schedules on assets, and assets that are known at run time only.
export {
  AssetAlias,
  type AssetAliasSpec,
  type AssetExpression,
  type AssetLike,
  assetAll,
  assetAny,
} from "./asset-expression.ts";
export type { AssetStateStore, AssetStateStores } from "./asset-state.ts";
export { Bundle, type Registerable } from "./bundle.ts";
export type { Callback, CallbackContext, CallbackDagRun, Callbacks, CallbackTaskInstance } from "./callbacks.ts";
export { chain, chainLinear, crossDownstream } from "./chain.ts";
export type { AssetEvent, ConnectionResult, GetXComOpts, SetXComOpts, TaskClient } from "./client.ts";
export type { Branch, Condition, ConditionElse, DeciderArgs } from "./control-flow.ts";
export { Dag } from "./dag.ts";
export type { TaskGroupRef } from "./declare-group.ts";
// How an operator waits without a worker.
export { type DeferOptions, defer } from "./defer.ts";
// What a task may throw, and what a client throws.
export {
  AirflowFailException,
  AirflowRescheduleException,
  AirflowSensorTimeout,
  AirflowSkipException,
  ConnectionNotFoundError,
  TaskDeferralError,
  TaskDeferralTimeout,
  VariableNotFoundError,
} from "./errors.ts";
// Mapped tasks and groups: one instance for each item of a list.
export type { Expansion, Mapping } from "./expansion.ts";
// Words shared with Airflow.
export type { TaskGroupOptions } from "./group-options.ts";
export type { JsonValue } from "./json.ts";
export { type LabelledNode, label } from "./label.ts";
export { concat, zip } from "./lists.ts";
export type { GroupMapping } from "./mapped-group.ts";
export { maskSecret } from "./mask-secret.ts";
export type { Node, TaskFactory, TaskFunction, TaskInput, TaskInputs, TaskRef } from "./node.ts";
export { type Operator, type OperatorDefinition, operator, type Resumption } from "./operator.ts";
export { type BashOptions, bash } from "./operators/bash.ts";
export { branch, type Choice } from "./operators/branch.ts";
export { type EmailOptions, email } from "./operators/email.ts";
export { empty } from "./operators/empty.ts";
export { type ExternalTaskMarkerOptions, externalTaskMarker } from "./operators/external-task-marker.ts";
export type { HttpResponse } from "./operators/http-call.ts";
export { type HttpRequestOptions, httpRequest } from "./operators/http-request.ts";
export { latestOnly } from "./operators/latest-only.ts";
export {
  type PythonArguments,
  type PythonFile,
  type PythonFunctionOptions,
  pythonFunction,
} from "./operators/python-function.ts";
export { type ShortCircuitOptions, shortCircuit } from "./operators/short-circuit.ts";
export { fetchAllHandler, fetchOneHandler, type SqlHandler, type SqlOptions, sql } from "./operators/sql/sql.ts";
export {
  type SqlCheckOptions,
  type SqlValueCheckOptions,
  sqlCheck,
  sqlValueCheck,
} from "./operators/sql/sql-check.ts";
export type { SqlResult } from "./operators/sql/sql-database.ts";
export { type TriggerDagRunSpec, type TriggerDagRunTask, triggerDagRun } from "./operators/trigger-dag-run.ts";
export type { AliasEvents, AssetEventExtra, OutletEvent, OutletEvents } from "./outlet-events.ts";
// What a DAG's runs are triggered with.
export { Param, type ParamOptions, type ParamSchema, type Params, param } from "./param.ts";
// Tasks that wait.
export { type DateTimeSensorOptions, dateTimeSensor } from "./sensors/date-time-sensor.ts";
export { type DayOfWeekSensorOptions, dayOfWeekSensor, type WeekDay } from "./sensors/day-of-week-sensor.ts";
export { type ExternalTaskSensorOptions, externalTaskSensor } from "./sensors/external-task-sensor.ts";
export { type FileSensorOptions, fileSensor } from "./sensors/file-sensor.ts";
export { type HttpSensorOptions, httpSensor } from "./sensors/http-sensor.ts";
export { type PokeResult, type PokeReturnValue, pokeReturn } from "./sensors/poke-return.ts";
export { sensor } from "./sensors/sensor.ts";
export type { SensorOptions } from "./sensors/sensor-options.ts";
export { type SqlSensorOptions, sqlSensor } from "./sensors/sql-sensor.ts";
export { type TimeDeltaSensorOptions, timeDeltaSensor } from "./sensors/time-delta-sensor.ts";
export { type TimeSensorOptions, timeSensor } from "./sensors/time-sensor.ts";
export type { TeardownOptions } from "./setup-teardown.ts";
export type { DagSpec, TaskOptions, TaskSpec } from "./specs.ts";
export type { DagRunState, RunType, TaskState } from "./states.ts";
export { SUPERVISOR_API_VERSION } from "./supervisor-api-version.ts";
export { TaskHandler } from "./task-handler.ts";
// What a running task may ask for.
export { getClient, getContext, type TaskContext } from "./task-scope.ts";
// Schedules beyond cron texts and presets.
export {
  assetOrTime,
  cronDataInterval,
  cronTrigger,
  delta,
  deltaDataInterval,
  deltaTrigger,
  events,
  multipleCronTrigger,
  type Timetable,
} from "./timetables.ts";
export type { TriggerRule } from "./trigger-rule.ts";
export {
  type DagRunTriggerOptions,
  dagRunTrigger,
  type ExternalTaskTriggerOptions,
  externalTaskTrigger,
} from "./triggers/external-trigger.ts";
// What an operator may defer to.
export { type FileTriggerOptions, fileTrigger } from "./triggers/file-trigger.ts";
export { type HttpTriggerOptions, httpTrigger } from "./triggers/http-trigger.ts";
export { type SerializedTrigger, timeTrigger } from "./triggers/trigger.ts";
export type { GroupArgument, ListRef } from "./value-ref.ts";
