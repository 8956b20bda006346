import { runIdFor } from "../run-id.ts";
import { randomEnding } from "./asset-runs.ts";
import type { Queryable } from "./connect.ts";
import { createDagRun } from "./create-dag-run.ts";

/** Starts a run of a DAG so that it brings an asset up to date; without a logical date, as in Airflow 3. */
export async function materializeAsset(db: Queryable, dagId: string, triggeredBy: "rest_api" | "cli"): Promise<string> {
  const now = new Date();
  const run = await createDagRun(db, {
    dagId,
    runId: `${runIdFor("asset_materialization", now)}_${randomEnding()}`,
    runType: "asset_materialization",
    logicalDate: null,
    dataInterval: null,
    runAfter: now,
    triggeredBy,
  });
  return run.runId;
}
