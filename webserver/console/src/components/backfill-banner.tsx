import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { BackfillProgress } from "../../../protocol.ts";
import { useFlash } from "../flash.tsx";
import { formatMinute } from "../format.ts";
import { sendJson } from "../http.ts";
import { activeBackfills } from "../queries.ts";

/** The backfill of a DAG that is under way: how far it is, and the buttons to pause and cancel it. */
export function BackfillBanner({ dagId }: { dagId: string }) {
  const { data } = useQuery(activeBackfills(dagId));
  return (
    <>
      {data?.backfills.map((backfill) => (
        <Progress key={backfill.id} backfill={backfill} />
      ))}
    </>
  );
}

function Progress({ backfill }: { backfill: BackfillProgress }) {
  const client = useQueryClient();
  const flash = useFlash();
  const { id, from_date, to_date, is_paused, runs, ended_runs, failed_runs } = backfill;
  const change = useMutation({
    mutationFn: (verb: "pause" | "unpause" | "cancel") => sendJson("PUT", `/api/v2/backfills/${id}/${verb}`, {}),
    onError: (error) => flash({ category: "error", message: error.message }),
    onSettled: () => client.invalidateQueries(),
  });
  return (
    <div className="banner backfill-banner" role="status">
      <span>
        Backfill {is_paused ? "paused" : "in progress"}: {formatMinute(from_date)} – {formatMinute(to_date)}
      </span>
      <progress max={runs} value={ended_runs} aria-label="Runs that have ended" />
      <span>
        {ended_runs} of {runs} runs{failed_runs > 0 && `, ${failed_runs} failed`}
      </span>
      <span className="spring" />
      <button
        type="button"
        className="button"
        disabled={change.isPending}
        onClick={() => change.mutate(is_paused ? "unpause" : "pause")}
      >
        {is_paused ? "Unpause" : "Pause"}
      </button>
      <button
        type="button"
        className="button"
        disabled={change.isPending}
        title="Queued runs fail; those that run go on"
        onClick={() => change.mutate("cancel")}
      >
        Cancel backfill
      </button>
    </div>
  );
}
