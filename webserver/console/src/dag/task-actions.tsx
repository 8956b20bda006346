import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Page, TaskInstanceAnswer } from "../../../protocol.ts";
import { type Change, ChangeDialog, type ChangeWish } from "../components/change-dialog.tsx";
import { NoteDialog } from "../components/note-dialog.tsx";
import { countInstances } from "../format.ts";
import { sendJson } from "../http.ts";
import { dagDetails, dagPath, type TaskKey, taskPath } from "../queries.ts";

type Mark = "success" | "failed" | "skipped";
type Instances = Page<"task_instances", TaskInstanceAnswer>;

/**
 * What can be done with a task instance by hand, and its note.
 * @param instance left out for all instances of a mapped task together, which have no note
 */
export function TaskActions({ task, instance }: { task: TaskKey; instance?: TaskInstanceAnswer }) {
  const [open, setOpen] = useState<"clear" | "note" | Mark>();
  const latest = useQuery(dagDetails(task.dagId)).data?.latest_dag_version?.version_number;
  const version = instance?.dag_version?.version_number;
  const isOld = latest !== undefined && version !== undefined && version < latest;
  const close = () => setOpen(undefined);
  return (
    <>
      <div className="by-hand">
        <button type="button" className="button" onClick={() => setOpen("clear")}>
          Clear
        </button>
        <button type="button" className="button" onClick={() => setOpen("success")}>
          Mark success
        </button>
        <button type="button" className="button" onClick={() => setOpen("failed")}>
          Mark failed
        </button>
        <button type="button" className="button" onClick={() => setOpen("skipped")}>
          Mark skipped
        </button>
        {instance && (
          <button type="button" className="button" onClick={() => setOpen("note")}>
            {instance.note === null ? "Add note" : "Edit note"}
          </button>
        )}
      </div>
      {instance?.note != null && <p className="note">{instance.note}</p>}
      {open === "clear" && <ChangeDialog change={clearOf(task, isOld)} onClose={close} />}
      {(open === "success" || open === "failed" || open === "skipped") && (
        <ChangeDialog change={markOf(task, open)} onClose={close} />
      )}
      {open === "note" && instance && (
        <NoteDialog
          title={`Note on ${nameOf(task)}`}
          note={instance.note}
          save={(note) => sendJson("PATCH", patchPath(task), { note })}
          onClose={close}
        />
      )}
    </>
  );
}

function clearOf(task: TaskKey, isOld: boolean): Change {
  const clear = async ({ scopes, runOnLatestVersion }: ChangeWish, dryRun: boolean) => {
    const body = {
      dry_run: dryRun,
      dag_run_id: task.runId,
      task_ids: [task.mapIndex < 0 ? task.taskId : [task.taskId, task.mapIndex]],
      ...reach({ scopes }),
      include_recursive: scopes.has("Recursive"),
      only_failed: scopes.has("Failed"),
      run_on_latest_version: runOnLatestVersion,
    };
    return (await sendJson<Instances>("POST", `${dagPath(task.dagId)}/clearTaskInstances`, body)).task_instances;
  };
  return {
    title: `Clear ${nameOf(task)}`,
    verb: "Clear",
    scopes: ["Past", "Future", "Upstream", "Downstream", "Recursive", "Failed"],
    chosen: ["Downstream", "Recursive"],
    offersLatestVersion: isOld,
    mayBeEmpty: false,
    announce: (count) =>
      count === 0 ? "No task instances to clear" : "Here's the list of task instances you are about to clear:",
    report: (count) => `${countInstances(count)} ${count === 1 ? "has" : "have"} been cleared`,
    preview: (wish) => clear(wish, true),
    make: (wish) => clear(wish, false),
  };
}

function markOf(task: TaskKey, mark: Mark): Change {
  const path = patchPath(task);
  return {
    title: `Mark ${nameOf(task)} as ${mark}`,
    verb: `Mark ${mark}`,
    scopes: ["Past", "Future", "Upstream", "Downstream"],
    chosen: [],
    offersLatestVersion: false,
    mayBeEmpty: false,
    announce: (count) =>
      count === 0 ? `It is ${mark} already` : `Here's the list of task instances you are about to mark as ${mark}:`,
    report: (count) => `Marked ${mark} on ${countInstances(count)}`,
    preview: async (wish) =>
      (await sendJson<Instances>("PATCH", `${path}/dry_run`, { new_state: mark, ...reach(wish) })).task_instances,
    make: (wish) => sendJson("PATCH", path, { new_state: mark, ...reach(wish) }),
  };
}

function reach({ scopes }: Pick<ChangeWish, "scopes">) {
  return {
    include_past: scopes.has("Past"),
    include_future: scopes.has("Future"),
    include_upstream: scopes.has("Upstream"),
    include_downstream: scopes.has("Downstream"),
  };
}

function patchPath(task: TaskKey): string {
  return task.mapIndex < 0 ? taskPath(task) : `${taskPath(task)}/${task.mapIndex}`;
}

function nameOf({ taskId, mapIndex }: TaskKey): string {
  return mapIndex < 0 ? taskId : `${taskId} [${mapIndex}]`;
}
