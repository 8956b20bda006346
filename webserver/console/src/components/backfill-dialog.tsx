import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import type { BackfillAnswer } from "../../../protocol.ts";
import { useFlash } from "../flash.tsx";
import { sendJson } from "../http.ts";
import { parseConf } from "../parse-conf.ts";
import { backfillDryRun } from "../queries.ts";

const BEHAVIORS = [
  ["none", "Missing runs"],
  ["failed", "Missing and failed runs"],
  ["completed", "All runs"],
] as const;

/** Asks for which days a DAG should run, and says how many runs there would be. */
export function BackfillDialog({
  dagId,
  isPaused,
  onClose,
}: {
  dagId: string;
  isPaused: boolean;
  onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const client = useQueryClient();
  const flash = useFlash();
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [behavior, setBehavior] = useState("none");
  const [maxActiveRuns, setMaxActiveRuns] = useState("10");
  const [conf, setConf] = useState("");
  const [backwards, setBackwards] = useState(false);
  const [unpause, setUnpause] = useState(isPaused);
  useEffect(() => dialog.current!.showModal(), []);
  const parsed = parseConf(conf);
  const isConf = typeof parsed !== "string";
  const wish = {
    dag_id: dagId,
    from_date: `${from}T00:00:00Z`,
    // The whole of the last day.
    to_date: `${to}T23:59:59Z`,
    run_backwards: backwards,
    reprocess_behavior: behavior,
    max_active_runs: Number(maxActiveRuns),
    // Runs that are run again keep what they had, unless something else is given.
    ...(conf.trim() !== "" && isConf && { dag_run_conf: parsed }),
  };
  const dryRun = useQuery(backfillDryRun(dagId, wish, from !== "" && to !== "" && isConf));
  const create = useMutation({
    mutationFn: async () => {
      const backfill = await sendJson<BackfillAnswer>("POST", "/api/v2/backfills", wish);
      if (unpause) await sendJson("PATCH", `/api/v2/dags/${encodeURIComponent(dagId)}`, { is_paused: false });
      return backfill;
    },
    onSuccess: () => {
      flash({ category: "success", message: `Backfill of ${dagId} created` });
      onClose();
    },
    onSettled: () => client.invalidateQueries(),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  const problem = isConf ? (create.error ?? dryRun.error)?.message : parsed;
  const runs = dryRun.data?.total_entries;
  return (
    <dialog ref={dialog} className="dialog" onClose={onClose} aria-labelledby="backfill-question">
      <form onSubmit={submit}>
        <h2 id="backfill-question">Backfill '{dagId}'</h2>
        <div className="backfill-fields">
          <label htmlFor="backfill-from">From</label>
          <input id="backfill-from" type="date" required value={from} onChange={(e) => setFrom(e.target.value)} />
          <label htmlFor="backfill-to">To</label>
          <input id="backfill-to" type="date" required value={to} onChange={(e) => setTo(e.target.value)} />
          <label htmlFor="backfill-behavior">Run</label>
          <select id="backfill-behavior" value={behavior} onChange={(e) => setBehavior(e.target.value)}>
            {BEHAVIORS.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
          <label htmlFor="backfill-max">Runs at a time</label>
          <input
            id="backfill-max"
            type="number"
            min={1}
            required
            value={maxActiveRuns}
            onChange={(e) => setMaxActiveRuns(e.target.value)}
          />
        </div>
        <p className="hint">Both days are included, in UTC.</p>
        <label className="check">
          <input type="checkbox" checked={backwards} onChange={(e) => setBackwards(e.target.checked)} />
          Latest day first
        </label>
        {isPaused && (
          <label className="check">
            <input type="checkbox" checked={unpause} onChange={(e) => setUnpause(e.target.checked)} />
            Switch the DAG on; while it is off, the runs wait
          </label>
        )}
        <details>
          <summary>Configuration</summary>
          <label htmlFor="backfill-conf">A JSON object that the runs' tasks can read (optional)</label>
          <textarea
            id="backfill-conf"
            rows={4}
            spellCheck={false}
            placeholder="{}"
            value={conf}
            onChange={(event) => setConf(event.target.value)}
          />
        </details>
        <p
          className={problem === undefined ? "backfill-count" : "problem"}
          role={problem === undefined ? "status" : "alert"}
        >
          {problem ?? describeRuns(runs)}
        </p>
        <div className="buttons">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={!runs || !isConf || create.isPending}>
            Run backfill
          </button>
        </div>
      </form>
    </dialog>
  );
}

function describeRuns(runs: number | undefined): string {
  if (runs === undefined) return "";
  if (runs === 0) return "No runs to trigger in this range";
  return runs === 1 ? "1 run will be triggered" : `${runs} runs will be triggered`;
}
