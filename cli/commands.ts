import type { AnyCommand } from "./command.ts";

type Loader = () => Promise<AnyCommand>;
const load = (module: Promise<{ command: AnyCommand }>) => module.then(({ command }) => command);

/** Every command by its name: Airflow 1.10's flat names first, then the groups of 2.x and 3.x. */
export const COMMANDS: Readonly<Record<string, Loader>> = {
  standalone: () => load(import("./commands/standalone.ts")),
  webserver: () => load(import("./commands/webserver.ts")),
  "api-server": () => load(import("./commands/webserver.ts")),
  scheduler: () => load(import("./commands/scheduler.ts")),
  worker: () => load(import("./commands/worker.ts")),
  "celery worker": () => load(import("./commands/worker.ts")),
  triggerer: () => load(import("./commands/triggerer.ts")),

  initdb: () => load(import("./commands/initdb.ts")),
  upgradedb: () => load(import("./commands/upgradedb.ts")),
  resetdb: () => load(import("./commands/resetdb.ts")),
  checkdb: () => load(import("./commands/db/check.ts")),
  "db init": () => load(import("./commands/db/init.ts")),
  "db migrate": () => load(import("./commands/db/migrate.ts")),
  "db upgrade": () => load(import("./commands/db/migrate.ts")),
  "db reset": () => load(import("./commands/db/reset.ts")),
  "db clean": () => load(import("./commands/db/clean.ts")),
  "db drop-archived": () => load(import("./commands/db/drop-archived.ts")),
  "db export-archived": () => load(import("./commands/db/export-archived.ts")),
  "db check": () => load(import("./commands/db/check.ts")),

  list_dags: () => load(import("./commands/list-dags.ts")),
  list_tasks: () => load(import("./commands/tasks/list.ts")),
  list_dag_runs: () => load(import("./commands/list-dag-runs.ts")),
  pause: () => load(import("./commands/pause.ts")),
  unpause: () => load(import("./commands/unpause.ts")),
  trigger_dag: () => load(import("./commands/trigger-dag.ts")),
  next_execution: () => load(import("./commands/dags/next-execution.ts")),
  list_dags_report: () => load(import("./commands/dags/report.ts")),
  backfill: () => load(import("./commands/backfill.ts")),
  delete_dag: () => load(import("./commands/delete-dag.ts")),
  clear: () => load(import("./commands/clear.ts")),
  dag_state: () => load(import("./commands/dag-state.ts")),
  task_failed_deps: () => load(import("./commands/tasks/failed-deps.ts")),
  test: () => load(import("./commands/test.ts")),
  render: () => load(import("./commands/tasks/render.ts")),
  task_state: () => load(import("./commands/tasks/state.ts")),
  variables: () => load(import("./commands/variables.ts")),
  connections: () => load(import("./commands/connections.ts")),
  pool: () => load(import("./commands/pool.ts")),
  rotate_fernet_key: () => load(import("./commands/rotate-fernet-key.ts")),
  "rotate-fernet-key": () => load(import("./commands/rotate-fernet-key.ts")),

  "dags list": () => load(import("./commands/dags/list.ts")),
  "dags pause": () => load(import("./commands/dags/pause.ts")),
  "dags unpause": () => load(import("./commands/dags/unpause.ts")),
  "dags trigger": () => load(import("./commands/dags/trigger.ts")),
  "dags details": () => load(import("./commands/dags/details.ts")),
  "dags state": () => load(import("./commands/dags/state.ts")),
  "dags list-runs": () => load(import("./commands/dags/list-runs.ts")),
  "dags list-import-errors": () => load(import("./commands/dags/list-import-errors.ts")),
  "dags delete": () => load(import("./commands/dags/delete.ts")),
  "dags next-execution": () => load(import("./commands/dags/next-execution.ts")),
  "dags list-jobs": () => load(import("./commands/dags/list-jobs.ts")),
  "dags report": () => load(import("./commands/dags/report.ts")),
  "dags backfill": () => load(import("./commands/backfill.ts")),
  "dags test": () => load(import("./commands/dags/test.ts")),

  "backfill create": () => load(import("./commands/backfill/create.ts")),

  "tasks clear": () => load(import("./commands/tasks/clear.ts")),
  "tasks failed-deps": () => load(import("./commands/tasks/failed-deps.ts")),
  "tasks list": () => load(import("./commands/tasks/list.ts")),
  "tasks render": () => load(import("./commands/tasks/render.ts")),
  "tasks test": () => load(import("./commands/tasks/test.ts")),
  "tasks state": () => load(import("./commands/tasks/state.ts")),
  "tasks states-for-dag-run": () => load(import("./commands/tasks/states-for-dag-run.ts")),

  "assets list": () => load(import("./commands/assets/list.ts")),
  "assets details": () => load(import("./commands/assets/details.ts")),
  "assets materialize": () => load(import("./commands/assets/materialize.ts")),
  "datasets list": () => load(import("./commands/assets/list.ts")),
  "datasets details": () => load(import("./commands/assets/details.ts")),
  "datasets materialize": () => load(import("./commands/assets/materialize.ts")),

  "variables list": () => load(import("./commands/variables/list.ts")),
  "variables get": () => load(import("./commands/variables/get.ts")),
  "variables set": () => load(import("./commands/variables/set.ts")),
  "variables delete": () => load(import("./commands/variables/delete.ts")),
  "variables import": () => load(import("./commands/variables/import.ts")),
  "variables export": () => load(import("./commands/variables/export.ts")),

  "connections list": () => load(import("./commands/connections/list.ts")),
  "connections get": () => load(import("./commands/connections/get.ts")),
  "connections add": () => load(import("./commands/connections/add.ts")),
  "connections delete": () => load(import("./commands/connections/delete.ts")),
  "connections import": () => load(import("./commands/connections/import.ts")),
  "connections export": () => load(import("./commands/connections/export.ts")),

  "pools list": () => load(import("./commands/pools/list.ts")),
  "pools get": () => load(import("./commands/pools/get.ts")),
  "pools set": () => load(import("./commands/pools/set.ts")),
  "pools delete": () => load(import("./commands/pools/delete.ts")),
  "pools import": () => load(import("./commands/pools/import.ts")),
  "pools export": () => load(import("./commands/pools/export.ts")),

  "config get-value": () => load(import("./commands/config/get-value.ts")),
  "config list": () => load(import("./commands/config/list.ts")),
  info: () => load(import("./commands/info.ts")),
  version: () => load(import("./commands/version.ts")),
};

const NOT_YET = "Daisy does not have it yet";

/** What Airflow has and Daisy refuses, and why or what to use. */
export const UNSUPPORTED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...["show_dag", "create_user", "delete_user"],
      ...["list_users", "sync_perm", "sync-perm", "users", "roles", "plugins", "jobs", "providers"],
      ...["dags show", "dags show-dependencies", "dags reserialize"],
      ...["connections test", "connections create-default-connections"],
      ...["db downgrade", "db check-migrations", "config lint", "config update", "cheat-sheet"],
    ].map((name) => [name, NOT_YET]),
  ),
  run: "tries are started by workers only",
  "tasks run": "tries are started by workers only",
  serve_logs: "the web server reads the logs from [logging] base_log_folder",
  flower: "workers and queues are shown in the console",
  "celery flower": "workers and queues are shown in the console",
  "celery stop": "end the worker with Ctrl-C or SIGTERM; it finishes what it runs",
  kerberos: "Daisy does not use Kerberos",
  kubernetes: "Daisy runs tasks on its own workers only",
  "dag-processor": "`airflow scheduler` parses the DAG files, in child processes",
  shell: "use psql with [database] sql_alchemy_conn",
  "db shell": "use psql with [database] sql_alchemy_conn",
};
