import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Flash } from "../../../protocol.ts";
import { useFlash } from "../flash.tsx";
import { sendJson } from "../http.ts";
import { TriggerDialog } from "./trigger-dialog.tsx";

/** The buttons that start a run and that have the DAG's file parsed again. */
export function DagActions({ dagId, isPaused, withText }: { dagId: string; isPaused: boolean; withText?: boolean }) {
  const [asking, setAsking] = useState(false);
  return (
    <span className="actions">
      <button
        type="button"
        className="action trigger"
        onClick={() => setAsking(true)}
        aria-label={`Trigger ${dagId}`}
        title="Trigger DAG"
      >
        <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
          <path d="M3.5 1.8v12.4L14 8z" fill="currentColor" />
        </svg>
        {withText && "Trigger DAG"}
      </button>
      <RefreshButton dagId={dagId} withText={withText} />
      {asking && <TriggerDialog dagId={dagId} isPaused={isPaused} onClose={() => setAsking(false)} />}
    </span>
  );
}

function RefreshButton({ dagId, withText }: { dagId: string; withText?: boolean | undefined }) {
  const client = useQueryClient();
  const flash = useFlash();
  const refresh = useMutation({
    mutationFn: () => sendJson<Flash>("POST", `/ui/dags/${encodeURIComponent(dagId)}/refresh`, {}),
    onSuccess: flash,
    onError: (error) => flash({ category: "error", message: error.message }),
    onSettled: () => client.invalidateQueries(),
  });
  return (
    <button
      type="button"
      className={`action refresh ${refresh.isPending ? "busy" : ""}`}
      onClick={() => refresh.mutate()}
      disabled={refresh.isPending}
      aria-label={`Refresh ${dagId}`}
      title="Refresh: parse the DAG's file again"
    >
      <RefreshIcon />
      {withText && "Refresh"}
    </button>
  );
}

export function RefreshIcon() {
  return (
    <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <path
        d="M13.2 6.2A5.5 5.5 0 1 0 13.4 9.5M13.7 2.2v4.2H9.5"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.8"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
