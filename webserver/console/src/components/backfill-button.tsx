import { useState } from "react";
import { BackfillDialog } from "./backfill-dialog.tsx";

/** The button that runs a DAG for past days. */
export function BackfillButton({ dagId, isPaused }: { dagId: string; isPaused: boolean }) {
  const [asking, setAsking] = useState(false);
  return (
    <span className="actions">
      <button
        type="button"
        className="action backfill"
        onClick={() => setAsking(true)}
        aria-label={`Backfill ${dagId}`}
        title="Run the DAG for past days"
      >
        <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
          <path d="M8 2.2v11.6L1.4 8zM14.8 2.2v11.6L8.2 8z" fill="currentColor" />
        </svg>
        Backfill
      </button>
      {asking && <BackfillDialog dagId={dagId} isPaused={isPaused} onClose={() => setAsking(false)} />}
    </span>
  );
}
