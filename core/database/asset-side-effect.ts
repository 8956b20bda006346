import { emitAssetEvents } from "./assets.ts";
import type { SideEffect } from "./side-effects.ts";

/** A task that succeeded has brought its outlets up to date: DAGs that wait for them get a run. */
export const emitOutletEvents: SideEffect = {
  concerns: ({ state, assetEvents }) => state === "success" && assetEvents !== undefined && assetEvents.length > 0,
  async store(tx, finished) {
    const { rows } = await tx.query<{ id: number; runId: string }>({
      name: "run-ids-of-runs",
      text: 'select id, run_id as "runId" from dag_run where id = any($1)',
      values: [finished.map(({ dagRunId }) => dagRunId)],
    });
    const runIds = new Map(rows.map(({ id, runId }) => [id, runId]));
    await emitAssetEvents(
      tx,
      finished.flatMap(({ dagRunId, dagId, taskId, mapIndex, outcome }) =>
        outcome.assetEvents!.map((event) => ({ ...event, dagId, taskId, mapIndex, runId: runIds.get(dagRunId) })),
      ),
    );
    return [];
  },
};
