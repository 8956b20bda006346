import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { AirflowConfig } from "#core/config/options.ts";
import { connect, type Database } from "#core/database/connect.ts";
import { WHOLE_DAG } from "#core/database/dags.ts";
import { KEYED_LOOKUPS } from "#core/database/keyed-lookups.ts";
import { type Channel, listen, type RunChange } from "#core/database/notifications.ts";
import { type Duty, runDuties } from "#core/duty.ts";
import { housekeeping } from "#core/housekeeping/housekeeping.ts";
import type { Log } from "#core/log.ts";
import { checkBroker } from "#core/queue/check-redis.ts";
import { openTryQueue } from "#core/queue/try-queue.ts";
import { BackfillCompleter } from "./complete-backfills.ts";
import { AssetRunCreator } from "./create-asset-runs.ts";
import { RunCreator } from "./create-runs.ts";
import { dagDefaultsOf, parseDefaultsOf } from "./dag-files/configured-defaults.ts";
import { DagFiles } from "./dag-files/dag-files.ts";
import type { IgnoreSyntax } from "./dag-files/ignore-file.ts";
import type { CheckLevel } from "./dag-files/volatile-parts.ts";
import { CallbackDispatcher } from "./dispatch-callbacks.ts";
import { TryDispatcher } from "./dispatch-tries.ts";
import { Heartbeat } from "./heartbeat.ts";
import { LostTryRescuer } from "./rescue-lost-tries.ts";
import { checkPastRuns } from "./runs/check-past.ts";
import { RunEvaluator } from "./runs/evaluate-runs.ts";
import { ServedQueues } from "./served-queues.ts";
import { Sweep } from "./sweep.ts";
import { HopelessTasks } from "./warn-of-hopeless-tasks.ts";
import { QueueWatch } from "./watch-queue.ts";

export interface SchedulerOptions {
  readonly config: AirflowConfig;
  readonly log: Log;
  /** Stops the scheduler; what it has begun is finished first. */
  readonly signal: AbortSignal;
  /** Brings the runs that there are to their ends, and leaves DAG files and schedules alone. @default false */
  readonly runsOnly?: boolean;
}

/** Connections for the decisions about runs, which never wait for each other for long. */
const DECIDING_CONNECTIONS = 3;

/** What the server is told on those connections. */
export const DECIDING_SETTINGS = {
  // A decision needs no flush to disk: what a crash of the database takes back is decided again from what is left,
  // and a worker's claim, which is flushed, keeps everything before it.
  synchronous_commit: "off",
  ...KEYED_LOOKUPS,
};

/**
 * Runs a scheduler until the signal aborts: it turns DAG files into DAGs, DAGs into runs, and runs into queued tries.
 * Any number of schedulers may share a database. It never loads users' code: that happens in child processes.
 * @throws {DaisyError} BROKER_REFUSED, BROKER_EVICTS, before anything starts
 */
export async function runScheduler({ config, log, signal, runsOnly = false }: SchedulerOptions): Promise<void> {
  await checkBroker(config, log);
  const url = config.database.sql_alchemy_conn;
  const db = connect(url, {
    maxConnections: config.database.sql_alchemy_pool_size,
    applicationName: "daisy-scheduler",
  });
  const deciding = connect(url, {
    maxConnections: DECIDING_CONNECTIONS,
    applicationName: "daisy-scheduler",
    settings: DECIDING_SETTINGS,
  });
  try {
    const duties = composeDuties(config, log, db, deciding);
    await runDuties(runsOnly ? duties.filter(concernsRuns) : duties, log, signal);
  } finally {
    await Promise.all([db.end(), deciding.end()]);
  }
}

/** Whether a duty is about runs that exist already. */
function concernsRuns(duty: Duty): boolean {
  return ![RunCreator, BackfillCompleter, AssetRunCreator, DagFiles].some((other) => duty instanceof other);
}

function composeDuties(config: AirflowConfig, log: Log, db: Database, deciding: Database): Duty[] {
  const { core, scheduler } = config;
  const job = { id: randomUUID(), jobType: "SchedulerJob", hostname: hostname(), pid: process.pid } as const;
  const heartbeat = new Heartbeat(db, job, {
    every: scheduler.job_heartbeat_sec,
    countsFor: scheduler.scheduler_health_check_threshold,
  });
  const dispatcher = new TryDispatcher(() => openTryQueue(config, log), log);
  const callbacks = new CallbackDispatcher({
    db,
    log,
    dispatcher,
    defaultQueue: config.celery.default_queue,
    everySeconds: scheduler.scheduler_heartbeat_sec,
    timeoutSeconds: scheduler.task_instance_heartbeat_timeout,
  });
  const creator = new RunCreator({
    db,
    log,
    dagsPerLoop: scheduler.max_dagruns_to_create_per_loop,
    catchupByDefault: scheduler.catchup_by_default,
    everySeconds: scheduler.scheduler_heartbeat_sec,
  });
  const backfills = new BackfillCompleter(db, scheduler.scheduler_heartbeat_sec, log);
  const runsMayBeDue = () => {
    creator.wake();
    backfills.wake();
  };
  const assetRuns = new AssetRunCreator({ db, log, everySeconds: scheduler.scheduler_heartbeat_sec });
  const evaluator = new RunEvaluator({
    db: deciding,
    log,
    parallelism: () => core.parallelism * heartbeat.liveSchedulers,
    servedQueues: () => queues.served,
    dispatch: (tries) => dispatcher.dispatch(tries),
    onRunsEnded: () => {
      runsMayBeDue();
      assetRuns.runEnded();
    },
    checkPast: checkPastRuns(scheduler),
  });
  const queues = new ServedQueues({
    db,
    log,
    everySeconds: scheduler.job_heartbeat_sec,
    countsFor: scheduler.scheduler_health_check_threshold,
    onNewlyServed: () => evaluator.slotsMayBeFree(),
  });
  const dagFiles = new DagFiles({
    db,
    log,
    parse: parseDefaultsOf(config),
    dagDefaults: dagDefaultsOf(config),
    loadExamples: core.load_examples,
    ignoreSyntax: core.dag_ignore_file_syntax as IgnoreSyntax,
    processes: scheduler.max_threads,
    timeout: core.dagbag_import_timeout,
    lookEvery: Math.min(scheduler.dag_dir_list_interval, scheduler.min_file_process_interval || 30),
    reloadEvery: scheduler.min_file_process_interval,
    staleThreshold: config.dag_processor.stale_dag_threshold,
    checkLevel: config.dag_processor.dag_version_inflation_check_level as CheckLevel,
    onDagsStored: () => {
      creator.wake();
      assetRuns.wake();
    },
  });
  const rescuer = new LostTryRescuer({
    db,
    log,
    timeoutSeconds: scheduler.task_instance_heartbeat_timeout,
    everySeconds: scheduler.task_instance_heartbeat_timeout_detection_interval,
    baseLogFolder: config.logging.base_log_folder,
  });
  const queueWatch = new QueueWatch({
    db,
    log,
    timeoutSeconds: scheduler.task_queued_timeout,
    mostRequeues: scheduler.num_stuck_in_queued_retries,
    everySeconds: scheduler.task_queued_timeout_check_interval,
    aliveSeconds: Math.max(scheduler.task_instance_heartbeat_timeout, 3 * scheduler.job_heartbeat_sec),
  });
  const seconds = { sweep: scheduler.scheduler_heartbeat_sec, tellAgain: scheduler.orphaned_tasks_check_interval };
  const sweep = new Sweep(deciding, seconds, evaluator, dispatcher);
  return [
    heartbeat,
    queues,
    new HopelessTasks(db, scheduler.scheduler_heartbeat_sec, () => queues.served, log),
    dispatcher,
    callbacks,
    evaluator,
    creator,
    backfills,
    assetRuns,
    dagFiles,
    housekeeping(config, db, log, { database: true }),
    rescuer,
    queueWatch,
    sweep,
    listener(
      config.database.sql_alchemy_conn,
      { evaluator, runsMayBeDue, assetRuns, callbacks, dagFiles, queues },
      log,
    ),
  ];
}

/** The duties that notifications are for. */
interface Listeners {
  readonly evaluator: RunEvaluator;
  readonly runsMayBeDue: () => void;
  readonly assetRuns: AssetRunCreator;
  readonly callbacks: CallbackDispatcher;
  readonly dagFiles: DagFiles;
  readonly queues: ServedQueues;
}

/** Hands notifications to the duties they are for. */
function listener(url: string, listeners: Listeners, log: Log): Duty {
  const { evaluator, runsMayBeDue, assetRuns, callbacks, dagFiles, queues } = listeners;
  const lookEverywhere = () => {
    queues.workerStarted();
    callbacks.requested();
    dagFiles.parsingRequested();
    runsMayBeDue();
    assetRuns.wake();
    void evaluator.sweep().catch((error: Error) => log.warning(`The sweep failed: ${error.message}`));
  };
  const onNotification = (channel: Channel, payload: string) => {
    if (channel === "daisy_parse") {
      dagFiles.parsingRequested();
      return;
    }
    if (channel === "daisy_asset") {
      assetRuns.wake();
      return;
    }
    if (channel === "daisy_worker") {
      queues.workerStarted();
      return;
    }
    if (channel === "daisy_callback") {
      callbacks.requested();
      return;
    }
    const change = readRunChange(payload);
    if (change === undefined) {
      lookEverywhere();
      return;
    }
    evaluator.changed(change);
    if (change.dagRunId !== WHOLE_DAG) return;
    runsMayBeDue();
    assetRuns.wake();
  };
  return {
    name: "Listening",
    run: (signal) =>
      listen(
        url,
        ["daisy_run", "daisy_asset", "daisy_parse", "daisy_callback", "daisy_worker"],
        { onNotification, onListening: lookEverywhere },
        log,
        signal,
      ),
  };
}

/** The change that a notification tells, or undefined when it is none that we write. */
function readRunChange(payload: string): RunChange | undefined {
  try {
    const change = JSON.parse(payload) as Partial<RunChange> | null;
    const isChange = typeof change?.dagRunId === "number" && typeof change.dagId === "string";
    return isChange ? (change as RunChange) : undefined;
  } catch {
    return undefined;
  }
}
