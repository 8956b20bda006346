import pg from "pg";
import { absenceOf } from "../absence.ts";
import { pauseFor } from "../duty.ts";
import type { Log } from "../log.ts";
import { answeredWithin, KEEP_ALIVE, normalizeUrl, type Queryable } from "./connect.ts";
import { cutOff, onUnanswered } from "./connection-watch.ts";

/**
 * The channels on which processes wake each other. A notification is a hint: what it says is read again from the
 * tables, and a periodic sweep finds what a lost one would have told.
 *
 * - `daisy_run`: a run needs the scheduler; payload `RunChange`.
 * - `daisy_asset`: assets have had events; no payload.
 * - `daisy_parse`: a file should be parsed at once; payload: the request's id.
 * - `daisy_parsed`: a parsing request is finished; payload: the request's id.
 * - `daisy_trigger`: there is a trigger that no triggerer looks after yet; no payload.
 * - `daisy_view`: something that the console shows changed; payload `RunChange`, or empty for lists as a whole.
 * - `daisy_callback`: callbacks wait to be run; no payload.
 * - `daisy_worker`: a worker has started; no payload.
 */
export type Channel =
  | "daisy_run"
  | "daisy_asset"
  | "daisy_callback"
  | "daisy_parse"
  | "daisy_parsed"
  | "daisy_trigger"
  | "daisy_view"
  | "daisy_worker";

/** What changed in a run; without `tasks` the whole run is to be read again. */
export interface RunChange {
  readonly dagRunId: number;
  readonly dagId: string;
  /** Task id, map index and new state of each task instance that changed. */
  readonly tasks?: readonly (readonly [taskId: string, mapIndex: number, state: string | null])[];
}

/** PostgreSQL takes less than 8,000 bytes; a longer change is told without its tasks. */
const MAX_PAYLOAD_BYTES = 7_900;

/** Tells listeners, when the transaction commits, that a run changed. */
export async function notifyRun(db: Queryable, channel: "daisy_run" | "daisy_view", change: RunChange): Promise<void> {
  await notify(db, channel, runChangePayload(change));
}

/** The payload of a change, cut down to the run when its tasks do not fit. */
export function runChangePayload(change: RunChange): string {
  const whole = JSON.stringify(change);
  if (Buffer.byteLength(whole) <= MAX_PAYLOAD_BYTES) return whole;
  return JSON.stringify({ dagRunId: change.dagRunId, dagId: change.dagId });
}

/** A task instance of a run, with the state that it has taken. */
export interface ChangedTask {
  readonly dagRunId: number;
  readonly dagId: string;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly state: string | null;
}

/**
 * Tells of task instances that changed, once a run and when the transaction commits: a query, which returns one row.
 * @param changed what has their `dag_run_id`, `dag_id`, `task_id`, `map_index` and `state`, as it stands after `from`
 * @param channels whom to tell. @default schedulers and consoles
 */
export const TELL_OF_CHANGED = (
  changed: string,
  channels: readonly ("daisy_run" | "daisy_view")[] = ["daisy_run", "daisy_view"],
) => `
  select ${channels.map((channel) => `count(pg_notify('${channel}', change)) as ${channel}`).join(", ")}
    from (select run_change(dag_run_id, dag_id, json_agg(json_build_array(task_id, map_index, state))) as change
            from ${changed} group by dag_run_id, dag_id) as per_run`;

/** Tells schedulers and consoles, once a run and when the transaction commits, of task instances that changed. */
export async function tellOfTasks(db: Queryable, changed: readonly ChangedTask[]): Promise<void> {
  await db.query({
    name: "tell-of-tasks",
    text: TELL_OF_CHANGED(
      `unnest($1::bigint[], $2::text[], $3::text[], $4::integer[], $5::text[])
         as c (dag_run_id, dag_id, task_id, map_index, state)`,
    ),
    values: [
      changed.map((task) => task.dagRunId),
      changed.map((task) => task.dagId),
      changed.map((task) => task.taskId),
      changed.map((task) => task.mapIndex),
      changed.map((task) => task.state),
    ],
  });
}

/** Tells listeners, when the transaction commits. */
export async function notify(db: Queryable, channel: Channel, payload = ""): Promise<void> {
  await db.query("select pg_notify($1, $2)", [channel, payload]);
}

/** Who listens hears nothing for hours when nothing happens, so it asks now and then whether somebody is there. */
const ASKING = { askEveryMs: 10_000, answerWithinMs: 5_000 };

export interface Listener {
  onNotification: (channel: Channel, payload: string) => void;
  /** Called after each (re)connection: what was told in between is lost, so it should look for itself. */
  onListening?: () => void;
}

/** Listens until the signal aborts, on a connection of its own that is made again when it breaks or falls silent. */
export async function listen(
  url: string,
  channels: readonly Channel[],
  { onNotification, onListening }: Listener,
  log: Log,
  signal: AbortSignal,
  asking = ASKING,
): Promise<void> {
  const absence = absenceOf(log, "The database");
  const listener = {
    onNotification,
    onListening() {
      absence.answered();
      onListening?.();
    },
  };
  while (!signal.aborted) {
    try {
      await listenOnce(url, channels, listener, signal, asking);
    } catch (error) {
      if (signal.aborted) return;
      absence.failed(error);
      await pauseFor(500, signal);
    }
  }
}

async function listenOnce(
  url: string,
  channels: readonly Channel[],
  { onNotification, onListening }: Required<Listener>,
  signal: AbortSignal,
  { askEveryMs, answerWithinMs }: typeof ASKING,
): Promise<void> {
  const client = new pg.Client({
    connectionString: normalizeUrl(url),
    application_name: "daisy-listen",
    ...KEEP_ALIVE,
  });
  const forget = onUnanswered(url, () => cutOff(client));
  let ask = () => {};
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<void>((resolve, reject) => {
    client.on("error", reject);
    client.on("end", () => reject(new Error("the connection ended")));
    signal.addEventListener("abort", () => resolve(), { once: true });
    ask = () => void client.query(answeredWithin(answerWithinMs, { text: "select" })).catch(reject);
  });
  ended.catch(() => undefined);
  client.on("notification", ({ channel, payload }) => onNotification(channel as Channel, payload ?? ""));
  try {
    await client.connect();
    for (const channel of channels) await client.query(`listen ${channel}`);
    onListening();
    timer = setInterval(ask, askEveryMs);
    await ended;
  } finally {
    clearInterval(timer);
    forget();
    cutOff(client);
  }
}
