import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useFlash } from "../flash.tsx";
import { sendJson } from "../http.ts";
import { parseConf } from "../parse-conf.ts";
import { dagDetails } from "../queries.ts";
import { setQuery } from "../router.tsx";
import { ParamFields, type ParamInputs, type ParamSpec, readInputs } from "./param-fields.tsx";

/** Asks whether a run should start, and with what configuration. */
export function TriggerDialog({ dagId, isPaused, onClose }: { dagId: string; isPaused: boolean; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const confirm = useRef<HTMLButtonElement>(null);
  const client = useQueryClient();
  const flash = useFlash();
  const details = useQuery(dagDetails(dagId));
  const params = (details.data?.params ?? {}) as unknown as Record<string, ParamSpec>;
  const [inputs, setInputs] = useState<ParamInputs>({});
  const [conf, setConf] = useState("");
  const [unpause, setUnpause] = useState(isPaused);
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    dialog.current!.showModal();
    // The question is asked so that Enter can answer it.
    confirm.current!.focus();
  }, []);
  const path = encodeURIComponent(dagId);
  const trigger = useMutation({
    mutationFn: async (parsed: object) => {
      if (unpause) await sendJson("PATCH", `/api/v2/dags/${path}`, { is_paused: false });
      await sendJson("POST", `/ui/dags/${path}/trigger`, { conf: parsed });
    },
    onSuccess: () => {
      flash({ category: "success", message: `Triggered ${dagId}, it should start any moment now.` });
      onClose();
      // Back from an older run to the latest, which is the new one.
      setQuery({ run_id: null, task_id: null, map_index: null }, { replace: true });
    },
    onError: (error) => setProblem(error.message),
    onSettled: () => client.invalidateQueries(),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const parsed = parseConf(conf);
    if (typeof parsed === "string") return setProblem(parsed);
    try {
      trigger.mutate({ ...readInputs(params, inputs), ...parsed });
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <dialog ref={dialog} className="dialog" onClose={onClose} aria-labelledby="trigger-question">
      <form onSubmit={submit}>
        <h2 id="trigger-question">Are you sure you want to run '{dagId}' now?</h2>
        <ParamFields
          params={params}
          inputs={inputs}
          onInput={(name, input) => setInputs((before) => ({ ...before, [name]: input }))}
        />
        <details>
          <summary>Configuration</summary>
          <label htmlFor="trigger-conf">A JSON object that the run's tasks can read (optional)</label>
          <textarea
            id="trigger-conf"
            rows={5}
            spellCheck={false}
            placeholder="{}"
            value={conf}
            onChange={(event) => setConf(event.target.value)}
          />
        </details>
        {isPaused && (
          <label className="check">
            <input type="checkbox" checked={unpause} onChange={(event) => setUnpause(event.target.checked)} />
            Switch the DAG on; while it is off, the run waits
          </label>
        )}
        {problem !== undefined && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        <div className="buttons">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={trigger.isPending} ref={confirm}>
            Trigger
          </button>
        </div>
      </form>
    </dialog>
  );
}
