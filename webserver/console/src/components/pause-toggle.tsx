import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useFlash } from "../flash.tsx";
import { sendJson } from "../http.ts";

/** Turns a DAG on and off. */
export function PauseToggle({ dagId, isPaused, id }: { dagId: string; isPaused: boolean; id?: string }) {
  const client = useQueryClient();
  const flash = useFlash();
  const change = useMutation({
    mutationFn: (paused: boolean) =>
      sendJson("PATCH", `/api/v2/dags/${encodeURIComponent(dagId)}`, { is_paused: paused }),
    onError: (error) => flash({ category: "error", message: error.message }),
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ["lists"] }),
        client.invalidateQueries({ queryKey: ["dag", dagId] }),
      ]),
  });
  // While the change is on its way, show what was asked for.
  const paused = change.isPending ? change.variables : isPaused;
  return (
    <input
      type="checkbox"
      role="switch"
      id={id}
      className="toggle"
      checked={!paused}
      aria-checked={!paused}
      onChange={() => change.mutate(!paused)}
      aria-label={`${dagId} is on`}
      title={paused ? "The DAG is off: no run starts" : "The DAG is on"}
    />
  );
}
