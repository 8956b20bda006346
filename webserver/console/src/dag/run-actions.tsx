import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { Page, TaskInstanceAnswer } from "../../../protocol.ts";
import { type Change, ChangeDialog, type ChangeWish } from "../components/change-dialog.tsx";
import { ModalDialog } from "../components/modal-dialog.tsx";
import { NoteDialog } from "../components/note-dialog.tsx";
import { useFlash } from "../flash.tsx";
import { countInstances } from "../format.ts";
import { getJson, sendDelete, sendJson } from "../http.ts";
import { dagDetails, dagRun, leaveRun, runPath } from "../queries.ts";
import { setQuery } from "../router.tsx";

type Mark = "success" | "failed";
type Instances = Page<"task_instances", TaskInstanceAnswer>;
interface RunKey {
  readonly dagId: string;
  readonly runId: string;
}

/** What can be done with a run by hand. */
export function RunActions({ dagId, runId }: RunKey) {
  const [open, setOpen] = useState<"clear" | "note" | "delete" | Mark>();
  const { data: run } = useQuery(dagRun(dagId, runId));
  const latest = useQuery(dagDetails(dagId)).data?.latest_dag_version?.version_number;
  if (run === undefined) return null;
  const version = run.dag_versions[0]?.version_number;
  const isOld = latest !== undefined && version !== undefined && version < latest;
  const close = () => setOpen(undefined);
  return (
    <span className="by-hand">
      <button type="button" className="button" onClick={() => setOpen("clear")}>
        Clear run
      </button>
      <button type="button" className="button" onClick={() => setOpen("success")}>
        Mark run success
      </button>
      <button type="button" className="button" onClick={() => setOpen("failed")}>
        Mark run failed
      </button>
      <button type="button" className="button" onClick={() => setOpen("note")}>
        {run.note === null ? "Add note" : "Edit note"}
      </button>
      <button type="button" className="button danger" onClick={() => setOpen("delete")}>
        Delete run
      </button>
      {open === "clear" && <ChangeDialog change={clearOf({ dagId, runId }, isOld)} onClose={close} />}
      {(open === "success" || open === "failed") && (
        <ChangeDialog change={markOf({ dagId, runId }, open)} onClose={close} />
      )}
      {open === "note" && (
        <NoteDialog
          title={`Note on ${runId}`}
          note={run.note}
          save={(note) => sendJson("PATCH", runPath(dagId, runId), { note })}
          onClose={close}
        />
      )}
      {open === "delete" && <DeleteDialog dagId={dagId} runId={runId} onClose={close} />}
    </span>
  );
}

/** A run's note, when it has one. */
export function RunNote({ dagId, runId }: RunKey) {
  const { data: run } = useQuery(dagRun(dagId, runId));
  if (run === undefined || run.note === null) return null;
  return <p className="note">{run.note}</p>;
}

function clearOf({ dagId, runId }: RunKey, isOld: boolean): Change {
  const path = `${runPath(dagId, runId)}/clear`;
  const body = ({ scopes }: ChangeWish) => ({ only_failed: scopes.has("Failed") });
  return {
    title: `Clear the run ${runId}`,
    verb: "Clear",
    scopes: ["Failed"],
    chosen: [],
    offersLatestVersion: isOld,
    mayBeEmpty: false,
    announce: (count) =>
      count === 0 ? "No task instances to clear" : "Here's the list of task instances you are about to clear:",
    report: (count) => `${countInstances(count)} ${count === 1 ? "has" : "have"} been cleared`,
    preview: async (wish) => (await sendJson<Instances>("POST", path, { dry_run: true, ...body(wish) })).task_instances,
    make: (wish) =>
      sendJson("POST", path, {
        dry_run: false,
        run_on_latest_version: wish.runOnLatestVersion,
        ...body(wish),
      }),
  };
}

function markOf({ dagId, runId }: RunKey, mark: Mark): Change {
  const preview = `/ui/dags/${encodeURIComponent(dagId)}/runs/${encodeURIComponent(runId)}/marks/${mark}`;
  return {
    title: `Mark the run ${runId} as ${mark}`,
    verb: `Mark ${mark}`,
    scopes: [],
    chosen: [],
    offersLatestVersion: false,
    mayBeEmpty: true,
    announce: (count) =>
      count === 0
        ? `The run is marked as ${mark}; its task instances stay as they are.`
        : mark === "success"
          ? "These task instances are marked as success with it:"
          : "What runs is killed and fails, and what has not begun is skipped:",
    report: (count) => `Marked ${mark} on the run and ${countInstances(count)}`,
    preview: async () => (await getJson<Instances>(preview)).task_instances,
    make: () => sendJson("PATCH", runPath(dagId, runId), { state: mark }),
  };
}

function DeleteDialog({ dagId, runId, onClose }: RunKey & { onClose: () => void }) {
  const client = useQueryClient();
  const flash = useFlash();
  const cancel = useRef<HTMLButtonElement>(null);
  // What cannot be undone is not answered by a hasty Enter.
  useEffect(() => cancel.current!.focus(), []);
  const deletion = useMutation({
    mutationFn: () => {
      setQuery({ task_id: null, map_index: null }, { replace: true });
      return leaveRun(dagId, runId, () => sendDelete(runPath(dagId, runId)));
    },
    onSuccess: () => {
      flash({ category: "success", message: `Deleted the run ${runId}` });
      onClose();
      setQuery({ run_id: null }, { replace: true });
      void client.invalidateQueries({ queryKey: ["lists"] });
      void client.invalidateQueries({ queryKey: ["dag", dagId] });
    },
  });
  return (
    <ModalDialog title={`Delete the run ${runId}?`} onClose={onClose}>
      <p>Its task instances and XComs go with it, which cannot be undone. Logs stay.</p>
      {deletion.error !== null && (
        <p className="problem" role="alert">
          {deletion.error.message}
        </p>
      )}
      <div className="buttons">
        <button type="button" className="button" onClick={onClose} ref={cancel}>
          Cancel
        </button>
        <button type="button" className="button danger" disabled={deletion.isPending} onClick={() => deletion.mutate()}>
          Delete
        </button>
      </div>
    </ModalDialog>
  );
}
