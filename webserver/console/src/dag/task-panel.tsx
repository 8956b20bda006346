import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { TaskInstanceAnswer } from "../../../protocol.ts";
import { QueryView } from "../components/query-view.tsx";
import { StateLabel } from "../components/state-label.tsx";
import { formatDuration, formatTime, secondsBetween } from "../format.ts";
import { runStates, type TaskKey, taskInstance, taskTries } from "../queries.ts";
import { setQuery } from "../router.tsx";
import { LogView } from "./log-view.tsx";
import { TaskActions } from "./task-actions.tsx";
import { XComView } from "./xcom-view.tsx";

const TABS = ["Log", "Details", "XCom"] as const;

/** One task instance: its tries with their logs, what is known of it, and what it left for others. */
export function TaskPanel({ task, onClose }: { task: TaskKey; onClose: () => void }) {
  const panel = useRef<HTMLElement>(null);
  const [tab, setTab] = useState<(typeof TABS)[number]>("Log");
  const query = useQuery(taskInstance(task));
  useEffect(() => panel.current?.focus({ preventScroll: true }), []);
  return (
    <aside
      ref={panel}
      className="panel"
      id="task-panel"
      tabIndex={-1}
      aria-label={`Task ${task.taskId}`}
      onKeyDown={(event) => event.key === "Escape" && onClose()}
    >
      <div className="panel-head">
        <h2>{task.taskId}</h2>
        {query.data && <StateLabel state={query.data.state} />}
        <span className="spring" />
        <button type="button" className="close" aria-label="Close panel" onClick={onClose}>
          ×
        </button>
      </div>
      <p className="quiet run-id">{task.runId}</p>
      <MapIndexSelect task={task} />
      {query.data && <TaskActions task={task} instance={query.data} />}
      <div className="tabs" role="tablist">
        {TABS.map((name) => (
          <button key={name} type="button" role="tab" aria-selected={name === tab} onClick={() => setTab(name)}>
            {name}
          </button>
        ))}
      </div>
      <QueryView query={query}>
        {(instance) => (
          <>
            {tab === "Log" && <Tries task={task} instance={instance} />}
            {tab === "Details" && <Details instance={instance} />}
            {tab === "XCom" && <XComView task={task} />}
          </>
        )}
      </QueryView>
    </aside>
  );
}

/** Chooses among the instances of a mapped task. */
function MapIndexSelect({ task }: { task: TaskKey }) {
  const { data } = useQuery(runStates(task.dagId, task.runId));
  const instances = data?.task_instances.filter((instance) => instance.task_id === task.taskId) ?? [];
  if (instances.length < 2) return null;
  return (
    <label className="map-index">
      Map index
      <select value={task.mapIndex} onChange={(event) => setQuery({ map_index: event.target.value })}>
        {instances.map((instance) => (
          <option key={instance.map_index} value={instance.map_index}>
            {instance.map_index} ({instance.state ?? "no status"})
          </option>
        ))}
      </select>
    </label>
  );
}

function Tries({ task, instance }: { task: TaskKey; instance: TaskInstanceAnswer }) {
  const { data } = useQuery(taskTries(task));
  const [chosen, setChosen] = useState<number>();
  const tries = data?.task_instances ?? [];
  if (data !== undefined && tries.length === 0) {
    return <p className="empty">{whyNoLog(instance)}</p>;
  }
  // Without a choice the latest, also when another try starts.
  const shown = tries.find((attempt) => attempt.try_number === chosen) ?? tries.at(-1);
  if (shown === undefined) return <p className="empty loading">Loading…</p>;
  return (
    <>
      <div className="tries" role="tablist" aria-label="Tries">
        {tries.map((attempt) => (
          <button
            key={attempt.try_number}
            type="button"
            role="tab"
            aria-selected={attempt === shown}
            onClick={() => setChosen(attempt.try_number)}
            title={`${attempt.state ?? "no status"}, ${formatDuration(secondsBetween(attempt.start_date, attempt.end_date))}`}
          >
            <span className="dot" data-state={attempt.state ?? "no_status"} />
            Try {attempt.try_number}
          </button>
        ))}
      </div>
      {shown.start_date === null ? (
        <p className="empty">{whyNoLog(shown)}</p>
      ) : (
        <LogView key={shown.task_instance_id} task={task} tryNumber={shown.try_number} />
      )}
    </>
  );
}

function whyNoLog({ state }: { state: string | null }): string {
  if (state === "queued") return "The try is queued; its log starts when a worker takes it.";
  if (state === "scheduled") return "The task is ready and waits for a free slot.";
  if (state === "skipped") return "The task was skipped, so there is no log.";
  if (state === "upstream_failed") return "A task before this one failed, so it did not run.";
  if (state === null) return "The task has not started; it waits for the tasks before it.";
  return "The task did not run, so there is no log.";
}

function Details({ instance }: { instance: TaskInstanceAnswer }) {
  const rows: readonly (readonly [string, string | number | null])[] = [
    ["Task id", instance.task_id],
    ["Operator", instance.operator],
    ["State", instance.state ?? "no status"],
    ["Try", `${instance.try_number} of at most ${instance.max_tries + 1}`],
    ["Queued", formatTime(instance.queued_when)],
    ["Started", formatTime(instance.start_date)],
    ["Ended", formatTime(instance.end_date)],
    ["Duration", formatDuration(secondsBetween(instance.start_date, instance.end_date))],
    ["Logical date", formatTime(instance.logical_date)],
    ["Host", instance.hostname],
    ["Process", instance.pid],
    ["Queue", instance.queue],
    ["Pool", `${instance.pool}, ${instance.pool_slots} ${instance.pool_slots === 1 ? "slot" : "slots"}`],
    ["Priority weight", instance.priority_weight],
    ["Id of the try", instance.id],
    ["DAG version", instance.dag_version?.version_number ?? null],
  ];
  return (
    <dl className="facts">
      {rows.map(
        ([name, value]) =>
          value !== null &&
          value !== "" && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
