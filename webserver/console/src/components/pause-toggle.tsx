import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { DagDetailsAnswer, DagListAnswer } from "../../../protocol.ts";
import { useFlash } from "../flash.tsx";
import { sendJson } from "../http.ts";
import { dagDetails } from "../queries.ts";

/** Turns a DAG on and off. */
export function PauseToggle({ dagId, isPaused, id }: { dagId: string; isPaused: boolean; id?: string }) {
  const client = useQueryClient();
  const flash = useFlash();
  // Shown while the change is on its way.
  const [asked, setAsked] = useState<boolean>();
  const change = useMutation({
    mutationFn: (paused: boolean) =>
      sendJson("PATCH", `/api/v2/dags/${encodeURIComponent(dagId)}`, { is_paused: paused }),
    // What is being read now may still be from before.
    onMutate: () => client.cancelQueries({ queryKey: ["lists"] }),
    onSuccess: (_answer, paused) => rememberPaused(client, dagId, paused),
    onError: (error) => flash({ category: "error", message: error.message }),
    onSettled: () => {
      setAsked(undefined);
      void client.invalidateQueries({ queryKey: ["lists"] });
      void client.invalidateQueries({ queryKey: ["dag", dagId] });
    },
  });
  const paused = asked ?? isPaused;
  return (
    <input
      type="checkbox"
      role="switch"
      id={id}
      className="toggle"
      checked={!paused}
      aria-checked={!paused}
      onChange={() => {
        setAsked(!paused);
        change.mutate(!paused);
      }}
      aria-label={`${dagId} is on`}
      title={paused ? "The DAG is off: no run starts" : "The DAG is on"}
    />
  );
}

/** Puts the change into what was read before, so that it shows until it is read again. */
function rememberPaused(client: QueryClient, dagId: string, isPaused: boolean): void {
  client.setQueriesData<DagListAnswer>({ queryKey: ["lists", "dags"] }, (list) => {
    const dags = list?.dags.map((dag) => (dag.dag_id === dagId ? { ...dag, is_paused: isPaused } : dag));
    return list && dags && { ...list, dags };
  });
  client.setQueryData<DagDetailsAnswer>(dagDetails(dagId).queryKey, (dag) => dag && { ...dag, is_paused: isPaused });
}
