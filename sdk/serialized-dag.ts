import type { SerializedOutlet } from "./encode-asset.ts";
import type { JsonValue } from "./json.ts";
import type { SerializedParam } from "./param.ts";
import type { SerializedTimetable } from "./schedule.ts";
import type { RunType } from "./states.ts";

/** Airflow's Dag JSON, version 3, as far as Daisy writes and reads it. */
export interface SerializedDag {
  readonly __version: 3;
  readonly dag: SerializedDagFields;
}

export interface SerializedDagFields {
  readonly dag_id: string;
  readonly fileloc: string;
  readonly relative_fileloc: string;
  readonly timezone: string;
  readonly timetable: SerializedTimetable;
  readonly tasks: readonly SerializedTask[];
  readonly task_group: SerializedTaskGroup;
  readonly dag_dependencies: readonly JsonValue[];
  /** By upstream and downstream task id. */
  readonly edge_info: Readonly<Record<string, Readonly<Record<string, { readonly label: string }>>>>;
  readonly params: readonly SerializedParam[];
  readonly deadline: null;
  /** Null: all. */
  readonly allowed_run_types: readonly RunType[] | null;
  readonly description?: string;
  /** Epoch seconds. */
  readonly start_date?: number;
  readonly end_date?: number;
  readonly tags?: readonly string[];
  readonly dag_display_name?: string;
  readonly doc_md?: string;
  readonly max_active_tasks?: number;
  readonly max_active_runs?: number;
  readonly max_consecutive_failed_dag_runs?: number;
  /** Seconds. */
  readonly dagrun_timeout?: number;
  readonly catchup?: boolean;
  readonly fail_fast?: boolean;
  readonly is_paused_upon_creation?: boolean;
  readonly disable_bundle_versioning?: boolean;
  readonly render_template_as_native_obj?: boolean;
  /** By owner. */
  readonly owner_links?: Readonly<Record<string, string>>;
  readonly has_on_success_callback?: true;
  readonly has_on_failure_callback?: true;
}

export interface SerializedTask {
  readonly __type: "operator";
  readonly __var: SerializedTaskFields;
}

/** An argument of a task in Airflow's serialized form. */
export type ArgBinding =
  | { readonly name: string; readonly kind: "xcom"; readonly task_id: string }
  | { readonly name: string; readonly kind: "literal"; readonly value: JsonValue }
  /** A whole list made of results. */
  | { readonly name: string; readonly kind: "xcomref"; readonly value: SerializedXComRef }
  /** An argument of the mapped group that the task is in. */
  | { readonly name: string; readonly kind: "mapped-argument"; readonly key: string };

/** What a mapped task or group is expanded over. */
export type SerializedExpandInput =
  /** Every combination of the arguments' items; the first argument varies slowest. Literals are arrays and `dict`s. */
  | {
      readonly type: "dict-of-lists";
      readonly value: {
        readonly __type: "dict";
        readonly __var: Readonly<Record<string, SerializedXComRef | JsonValue>>;
      };
    }
  /** One instance for each object of arguments. */
  | { readonly type: "list-of-dicts"; readonly value: SerializedXComRef | readonly JsonValue[] };

/** A list made of tasks' results. */
export interface SerializedXComRef {
  readonly __type: "xcomref";
  readonly __var: SerializedXComArg;
}

/** Airflow's kinds of XComArg. */
export type SerializedXComArg =
  | { readonly type?: undefined; readonly task_id: string; readonly key: string }
  /** As long as `arg`; `callables` are source texts. */
  | { readonly type: "map"; readonly arg: SerializedXComArg; readonly callables: readonly string[] }
  /** As long as the shortest or, with a fillvalue, the longest. */
  | { readonly type: "zip"; readonly args: readonly SerializedXComArg[]; readonly fillvalue?: JsonValue }
  | { readonly type: "concat"; readonly args: readonly SerializedXComArg[] };

/** Fields left out have the default of `TASK_FIELDS`. */
export interface SerializedTaskFields {
  readonly task_id: string;
  readonly task_type: string;
  readonly _task_module: string;
  readonly _operator_name?: string;
  readonly ui_color?: string;
  /** Names of links, and the XComs that hold their addresses. */
  readonly _operator_extra_links?: Readonly<Record<string, string>>;
  /** Whether the task decides which of the tasks after it are skipped. */
  readonly _can_skip_downstream?: true;
  /** Whether the task does nothing. */
  readonly _is_empty?: true;
  readonly language: "typescript";
  /** Names of this task's fields that are templates; their values stand under the names. */
  readonly template_fields: readonly string[];
  /** What an unknown name is in the task's templates. @default "strict" */
  readonly _template_undefined?: "strict" | "default" | "chainable";
  /** More names for the task's templates. Of a task, because Airflow's form of a DAG has no place for them. */
  readonly _user_defined_macros?: Readonly<Record<string, JsonValue>>;
  readonly params?: readonly SerializedParam[];
  readonly is_stub: true;
  readonly _arg_bindings?: readonly ArgBinding[];
  readonly _is_mapped?: true;
  /** The field that says what the task is expanded over. */
  readonly _expand_input_attr?: "op_kwargs_expand_input";
  readonly op_kwargs_expand_input?: SerializedExpandInput;
  readonly is_setup?: true;
  readonly is_teardown?: true;
  /** Of a teardown: whether the run fails when it does. */
  readonly on_failure_fail_dagrun?: true;
  readonly downstream_task_ids?: readonly string[];
  readonly owner?: string;
  /** Seconds since 1970. */
  readonly start_date?: number;
  /** Seconds since 1970. */
  readonly end_date?: number;
  readonly trigger_rule?: string;
  readonly depends_on_past?: boolean;
  readonly ignore_first_depends_on_past?: boolean;
  readonly wait_for_downstream?: boolean;
  readonly wait_for_past_depends_before_skipping?: boolean;
  readonly retries?: number;
  readonly queue?: string;
  readonly pool?: string;
  readonly pool_slots?: number;
  /** Seconds. */
  readonly execution_timeout?: number;
  readonly retry_delay?: number;
  readonly retry_exponential_backoff?: number;
  readonly max_retry_delay?: number;
  readonly priority_weight?: number;
  readonly weight_rule?: string;
  readonly executor?: string;
  readonly do_xcom_push?: boolean;
  readonly max_active_tis_per_dag?: number;
  readonly max_active_tis_per_dagrun?: number;
  /** A template of the names of a mapped task's instances. */
  readonly map_index_template?: string;
  readonly doc_md?: string;
  readonly inlets?: readonly SerializedOutlet[];
  readonly outlets?: readonly SerializedOutlet[];
  /** Addresses, as they were written. */
  readonly email?: string | readonly string[];
  readonly email_on_failure?: boolean;
  readonly email_on_retry?: boolean;
  readonly has_on_execute_callback?: true;
  readonly has_on_success_callback?: true;
  readonly has_on_failure_callback?: true;
  readonly has_on_retry_callback?: true;
  readonly has_on_skipped_callback?: true;
}

export interface SerializedTaskGroup {
  readonly _group_id: string | null;
  readonly group_display_name: string;
  readonly prefix_group_id: boolean;
  readonly tooltip: string;
  readonly ui_color: string;
  readonly ui_fgcolor: string;
  readonly children: Readonly<
    Record<string, readonly ["operator", string] | readonly ["taskgroup", SerializedTaskGroup]>
  >;
  readonly upstream_group_ids: readonly string[];
  readonly downstream_group_ids: readonly string[];
  readonly upstream_task_ids: readonly string[];
  readonly downstream_task_ids: readonly string[];
  readonly is_mapped?: true;
  /** Of a mapped group. */
  readonly expand_input?: SerializedExpandInput;
}
