import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { AirflowConfig } from "#core/config/options.ts";
import { connect, type Database } from "#core/database/connect.ts";
import { resumeDeferred, type TriggerEnd } from "#core/database/defer-tasks.ts";
import { type Channel, listen } from "#core/database/notifications.ts";
import { untilWritten } from "#core/database/patience.ts";
import { type Duty, runDuties } from "#core/duty.ts";
import type { Log } from "#core/log.ts";
import { pollFile } from "#sdk/triggers/file-trigger.ts";
import { type Listing, readRealFolder } from "#sdk/triggers/find-file.ts";
import { pollHttp } from "#sdk/triggers/http-trigger.ts";
import { IntervalPoller, type Look } from "./interval-poller.ts";
import type { Fire } from "./poller.ts";
import { StatePoller } from "./state-poller.ts";
import { TriggerKeeper } from "./trigger-keeper.ts";

export interface TriggererOptions {
  readonly config: AirflowConfig;
  readonly log: Log;
  /** Stops the triggerer; its triggers are left to others. */
  readonly signal: AbortSignal;
  /** Triggers to look after at most. @default `[triggerer] capacity` */
  readonly capacity?: number;
}

const CONNECTIONS = 3;
// Every lookup has an index; a plan made while the tables were small would read them whole.
const SETTINGS = { enable_seqscan: "off" };
const FILES_AT_ONCE = 16;
const REQUESTS_AT_ONCE = 64;
/** Events of one statement. */
const BATCH = 500;

/**
 * Runs a triggerer until the signal aborts: it looks after the triggers that deferred tasks wait for, and resumes
 * tasks whose trigger fired. Any number of triggerers may share a database. Triggers are data: no DAG author's code
 * runs here. Moments and timeouts are not its matter: the scheduler has a clock for them.
 */
export async function runTriggerer({ config, log, signal, capacity }: TriggererOptions): Promise<void> {
  const url = config.database.sql_alchemy_conn;
  const db = connect(url, { maxConnections: CONNECTIONS, applicationName: "daisy-triggerer", settings: SETTINGS });
  try {
    await runDuties(composeDuties(db, url, capacity ?? config.triggerer.capacity, log, signal), log, signal);
  } finally {
    await db.end();
  }
}

function composeDuties(db: Database, url: string, capacity: number, log: Log, signal: AbortSignal): Duty[] {
  const fire: Fire = async (ends) => {
    for (let start = 0; start < ends.length; start += BATCH) {
      await untilWritten(() => resumeAndLog(db, ends.slice(start, start + BATCH), log), log, signal);
    }
    for (const { id } of ends) keeper.forget(id);
  };
  const files = new IntervalPoller("Watching files", startFileSweep, FILES_AT_ONCE, fire);
  const servers = new IntervalPoller("Asking servers", () => askServer, REQUESTS_AT_ONCE, fire);
  const states = new StatePoller(db, fire);
  const job = { id: randomUUID(), jobType: "TriggererJob", hostname: hostname(), pid: process.pid } as const;
  const pollers = { file: files, http: servers, dag_run: states, external_task: states };
  const keeper = new TriggerKeeper({ db, log, job, capacity, pollers });
  return [keeper, files, servers, states, listener(url, keeper, states, log)];
}

async function resumeAndLog(db: Database, ends: readonly TriggerEnd[], log: Log): Promise<void> {
  if (ends.length === 0) return;
  const resumed = await resumeDeferred(db, ends);
  for (const end of ends) {
    if (!resumed.has(end.id)) continue;
    if ("failure" in end) log.warning(`The trigger of task instance ${end.id} failed: ${end.failure}`);
    else log.debug(`The trigger of task instance ${end.id} fired`);
  }
}

/** One sweep reads each folder once, however many triggers look into it. */
function startFileSweep(): Look {
  const seen = new Map<string, Promise<Listing>>();
  const readFolder = (folder: string) => {
    const known = seen.get(folder) ?? readRealFolder(folder);
    seen.set(folder, known);
    return known;
  };
  return ({ kwargs }) => pollFile(kwargs, readFolder);
}

const askServer: Look = ({ kwargs }, signal) => pollHttp(kwargs, signal);

/** Hands notifications to the duties that they are for. */
function listener(url: string, keeper: TriggerKeeper, states: StatePoller, log: Log): Duty {
  const onNotification = (channel: Channel, payload: string) => {
    if (channel === "daisy_trigger") keeper.wake();
    else {
      const dagId = readDagId(payload);
      if (dagId !== undefined) states.changed(dagId);
    }
  };
  const onListening = () => {
    keeper.wake();
    states.changedAll();
  };
  return {
    name: "Listening",
    run: (signal) => listen(url, ["daisy_trigger", "daisy_view"], { onNotification, onListening }, log, signal),
  };
}

/** The DAG that a change is about; undefined for a change of lists as a whole. */
function readDagId(payload: string): string | undefined {
  try {
    const { dagId } = JSON.parse(payload) as { dagId?: unknown };
    return typeof dagId === "string" ? dagId : undefined;
  } catch {
    return undefined;
  }
}
