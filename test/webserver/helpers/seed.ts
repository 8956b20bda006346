import { randomUUID } from "node:crypto";
import type { Database, Queryable } from "#core/database/connect.ts";
import { queueTasks } from "#core/database/ready-tasks.ts";
import { claimTries, finishTries } from "#core/database/tries.ts";
import { uuid7 } from "#core/uuid7.ts";
import { Dag, operator } from "#sdk/index.ts";
import { serializeDag } from "#sdk/serialize.ts";
import type { TaskState } from "#sdk/states.ts";
import { sideBySide, startRun, storeDag } from "#test/core/database/dag-fixture.ts";

/** The workshop's pipeline, as far as its graph goes. */
export function taxiDag(dagId = "taxi"): Dag {
  const dag = new Dag(dagId, { description: "Chicago taxi tips, from CSV to a pushed model", tags: ["tfx"] });
  const component = operator({ operatorName: "AirflowComponent", uiColor: "#e8f7e4", execute: () => undefined });
  const place = (name: string) => dag.task(name, component)();
  const [gen, statistics, schema, validator] = ["CsvExampleGen", "StatisticsGen", "SchemaGen", "ExampleValidator"].map(
    place,
  );
  const [transform, trainer, resolver, evaluator, pusher] = [
    "Transform",
    "Trainer",
    "latest_blessed_model_resolver",
    "Evaluator",
    "Pusher",
  ].map(place);
  gen!.before(statistics!, transform!, evaluator!);
  statistics!.before(schema!, validator!);
  schema!.before(validator!, transform!, trainer!);
  transform!.before(trainer!);
  trainer!.before(evaluator!, pusher!);
  resolver!.before(evaluator!);
  evaluator!.before(pusher!);
  return dag;
}

export interface DagRowOverrides {
  readonly isPaused?: boolean;
  readonly isStale?: boolean;
  readonly source?: string;
  readonly owners?: string;
}

/** Writes a DAG, its code and its first version as the scheduler would. */
export async function seedDag(db: Queryable, dag: Dag, overrides: DagRowOverrides = {}): Promise<string> {
  const { isPaused = false, isStale = false, source = `// ${dag.dagId}\n`, owners = "airflow" } = overrides;
  const file = `${dag.dagId}_pipeline.ts`;
  await db.query(
    `insert into dag (dag_id, fileloc, relative_fileloc, description, owners, tags, timetable_summary, is_paused,
       is_stale, max_active_tasks, max_active_runs, dag_version_id, last_parsed_time, last_parse_duration)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 16, 16, null, now(), 0.1)`,
    [
      dag.dagId,
      `/dags/${file}`,
      file,
      dag.spec.description ?? null,
      owners,
      dag.spec.tags ?? [],
      dag.spec.schedule ?? "None",
      isPaused,
      isStale,
    ],
  );
  return seedVersion(db, dag, source);
}

/** Writes a DAG's next version, and makes it the one of new runs. */
export async function seedVersion(db: Queryable, dag: Dag, source = `// ${dag.dagId}\n`): Promise<string> {
  const file = `${dag.dagId}_pipeline.ts`;
  const serialized = serializeDag(dag, { fileloc: `/dags/${file}`, relativeFileloc: file });
  const versionId = uuid7();
  const codeHash = randomUUID();
  await db.query("insert into dag_code (code_hash, source, bundle) values ($1, $2, '')", [codeHash, source]);
  await db.query(
    `insert into dag_version (id, dag_id, version_number, serialized_hash, serialized, code_hash)
     select $1, $2, count(*) + 1, $5, $3, $4 from dag_version where dag_id = $2`,
    [versionId, dag.dagId, serialized, codeHash, codeHash],
  );
  await db.query("update dag set dag_version_id = $2 where dag_id = $1", [dag.dagId, versionId]);
  return versionId;
}

export interface RunRowOverrides {
  readonly state?: string;
  readonly conf?: unknown;
  /** Seconds from the run's start to its end. @default 30 */
  readonly seconds?: number;
}

/** Writes a run with the given states of its tasks. */
export async function seedRun(
  db: Queryable,
  dagId: string,
  runId: string,
  states: Readonly<Record<string, TaskState | null>>,
  { state = "running", conf = {}, seconds = 30 }: RunRowOverrides = {},
): Promise<number> {
  const logicalDate = runId.split("__")[1]!;
  const isFinished = state === "success" || state === "failed";
  const { rows } = await db.query<{ id: number }>(
    `insert into dag_run (dag_id, run_id, run_type, state, logical_date, data_interval_start, data_interval_end,
       run_after, queued_at, start_date, end_date, conf, triggered_by, dag_version_id)
     select $1, $2, split_part($2, '__', 1), $3, $4, $4, $4, $4, now(), now() - $7 * interval '1 second', $5, $6, 'ui', dag_version_id
     from dag where dag_id = $1 returning id`,
    [dagId, runId, state, logicalDate, isFinished ? new Date() : null, JSON.stringify(conf), seconds],
  );
  const dagRunId = rows[0]!.id;
  for (const [taskId, taskState] of Object.entries(states)) {
    const hasStarted = taskState !== null && ["running", "success", "failed", "up_for_retry"].includes(taskState);
    const hasEnded = hasStarted && taskState !== "running";
    await db.query(
      `insert into task_instance (id, dag_run_id, dag_id, run_id, task_id, state, try_number, max_tries, operator,
         pool, pool_slots, queue, priority_weight, start_date, end_date, order_date)
       values ($1, $2, $3, $4, $5, $6, $7, 0, 'AirflowComponent', 'default_pool', 1, 'default', 1, $8, $9, now())`,
      [
        uuid7(),
        dagRunId,
        dagId,
        runId,
        taskId,
        taskState,
        hasStarted || taskState === "queued" ? 1 : 0,
        hasStarted ? new Date(Date.now() - 4_200) : null,
        hasEnded ? new Date() : null,
      ],
    );
  }
  return dagRunId;
}

/** Every task in the same state. */
export function allTasks(dag: Dag, state: TaskState | null): Record<string, TaskState | null> {
  return Object.fromEntries(dag.taskIds.map((taskId) => [taskId, state]));
}

/** Lets the console believe that a scheduler runs. */
export async function seedScheduler(db: Queryable, secondsAgo = 0): Promise<void> {
  await db.query(
    `insert into job (id, job_type, state, hostname, pid, latest_heartbeat)
     values ($1, 'SchedulerJob', 'running', 'test', 1, now() - $2 * interval '1 second')`,
    [uuid7(), secondsAgo],
  );
}

/** Moves a task instance to a state and tells the console, as the scheduler and the workers do. */
export async function moveTask(
  db: Queryable,
  dagRunId: number,
  taskId: string,
  state: TaskState | null,
): Promise<void> {
  await db.query(
    `with moved as (
       update task_instance set state = $3, start_date = coalesce(start_date, now()), try_number = greatest(try_number, 1)
       where dag_run_id = $1 and task_id = $2 returning *
     )
     select pg_notify('daisy_view', json_build_object('dagRunId', dag_run_id, 'dagId', dag_id,
       'tasks', json_build_array(json_build_array(task_id, map_index, state)))::text) from moved`,
    [dagRunId, taskId, state],
  );
}

/** Gives a task of a run instances with map indexes in the given states, in place of its one row. */
export async function seedInstances(
  db: Queryable,
  dagRunId: number,
  taskId: string,
  states: readonly (TaskState | null)[],
): Promise<void> {
  await db.query(
    `insert into task_instance (id, dag_run_id, dag_id, run_id, task_id, map_index, state, try_number, max_tries,
                                operator, pool, pool_slots, queue, priority_weight, start_date, end_date, order_date)
     select new.id, ti.dag_run_id, ti.dag_id, ti.run_id, ti.task_id, new.number - 1, new.state, ti.try_number,
            ti.max_tries, ti.operator, ti.pool, ti.pool_slots, ti.queue, ti.priority_weight, ti.start_date, ti.end_date,
            ti.order_date
       from task_instance ti, unnest($3::uuid[], $4::text[]) with ordinality as new (id, state, number)
      where ti.dag_run_id = $1 and ti.task_id = $2 and ti.map_index = -1`,
    [dagRunId, taskId, states.map(() => uuid7()), states],
  );
  await db.query("delete from task_instance where dag_run_id = $1 and task_id = $2 and map_index = -1", [
    dagRunId,
    taskId,
  ]);
}

/** A DAG with a mapped task and a mapped group. */
export function mappedDag(): Dag {
  const dag = new Dag("mapped");
  const files = dag.task("files", async () => ["a", "b"])();
  const loaded = dag.task("load", async ({ file }: { file: string }) => file.length).expand({ file: files });
  const totals = dag.taskGroup("per_file").expand({ file: files }, (group, { file }) => {
    const rows = group.task("rows", async ({ file }: { file: string }) => file)({ file });
    return group.task("count", async ({ rows }: { rows: string }) => rows.length)({ rows });
  });
  dag.task(
    "all",
    async ({ loaded, totals }: { loaded: number[]; totals: number[] }) => loaded.length + totals.length,
  )({
    loaded,
    totals,
  });
  return dag;
}

/** Lets a task of a DAG of its own ask; returns the path of the question. @param question what is not as usual in it */
export async function ask(db: Database, dagId: string, question: object): Promise<string> {
  await storeDag(db, dagId, sideBySide("choose"));
  const dagRunId = await startRun(db, dagId);
  const { tasks } = await queueTasks(db, [{ dagRunId, taskId: "choose", mapIndex: -1 }], 100);
  const { id } = tasks.find((task) => task.dagRunId === dagRunId)!;
  const [claimed] = await claimTries(db, [id], { hostname: "host", pid: 1, jobId: randomUUID() });
  const trigger = { kind: "external", kwargs: { hitl: { ...USUAL_QUESTION, ...question } } };
  const deferral = { trigger, method: "executeComplete", kwargs: {}, timeout: null } as never;
  await finishTries(db, [{ id, state: "deferred", deferral }]);
  return `/api/v2/dags/${dagId}/dagRuns/${encodeURIComponent(claimed!.runId)}/taskInstances/choose/-1/hitlDetails`;
}

const USUAL_QUESTION = {
  subject: "?",
  body: null,
  options: ["a"],
  defaults: null,
  multiple: false,
  params: {},
  assigned_users: [],
};
