import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { TaskInstanceAnswer } from "../../../protocol.ts";
import { QueryView } from "../components/query-view.tsx";
import { StateLabel } from "../components/state-label.tsx";
import { formatDuration, formatTime, secondsBetween } from "../format.ts";
import { runStates, type TaskKey, taskInstance, taskTries } from "../queries.ts";
import { setQuery } from "../router.tsx";
import { stateOf } from "../states.ts";
import { LogView } from "./log-view.tsx";
import { MappedInstances } from "./mapped-instances.tsx";
import { RenderedView } from "./rendered-view.tsx";
import { TaskActions } from "./task-actions.tsx";
import { XComView } from "./xcom-view.tsx";

const TABS = ["Log", "Details", "XCom", "Rendered"] as const;

/** A task of a run: one instance, or the list of a mapped task's instances. */
export function TaskPanel({ task, onClose }: { task: TaskKey; onClose: () => void }) {
  const panel = useRef<HTMLElement>(null);
  const states = useQuery(runStates(task.dagId, task.runId));
  const summary = states.data?.tasks.find(({ task_id }) => task_id === task.taskId);
  useEffect(() => panel.current?.focus({ preventScroll: true }), []);
  const isList = summary?.is_mapped === true && task.mapIndex === -1;
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
        {isList ? <StateLabel state={stateOf(summary)} /> : <InstanceState task={task} isKnown={!states.isPending} />}
        <span className="spring" />
        <button type="button" className="close" aria-label="Close panel" onClick={onClose}>
          ×
        </button>
      </div>
      <p className="quiet run-id">{task.runId}</p>
      {states.isPending ? (
        <p className="empty loading">Loading…</p>
      ) : isList ? (
        <>
          <TaskActions task={task} />
          <MappedInstances task={task} summary={summary} />
        </>
      ) : (
        <Instance task={task} isMapped={summary?.is_mapped ?? false} />
      )}
    </aside>
  );
}

/** @param isKnown whether it is known that the key names one instance */
function InstanceState({ task, isKnown }: { task: TaskKey; isKnown: boolean }) {
  const { data } = useQuery({ ...taskInstance(task), enabled: isKnown });
  return data === undefined ? null : <StateLabel state={data.state} />;
}

/** One task instance: its tries with their logs, what is known of it, and what it left for others. */
function Instance({ task, isMapped }: { task: TaskKey; isMapped: boolean }) {
  const [tab, setTab] = useState<(typeof TABS)[number]>("Log");
  const query = useQuery(taskInstance(task));
  return (
    <>
      {isMapped && (
        <p className="map-index">
          Instance <strong>{query.data?.rendered_map_index ?? task.mapIndex}</strong>
          <button type="button" className="link" onClick={() => setQuery({ map_index: null })}>
            All instances
          </button>
        </p>
      )}
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
            {tab === "Rendered" && <RenderedView instance={instance} />}
          </>
        )}
      </QueryView>
    </>
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
    ["Map index", instance.map_index < 0 ? null : instance.map_index],
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
