import { findCurrentVersion } from "#core/database/console-dags.ts";
import { countActiveRuns } from "#core/database/console-runs.ts";
import type { DagDetailsAnswer } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { dagOf } from "../find-or-404.ts";
import { showDagDetails } from "../show/show-dag.ts";

export const getDagDetails: Handler = async (call): Promise<DagDetailsAnswer> => {
  const { db, fileTokens } = call.server;
  const dag = await dagOf(call);
  const [version, activeRuns] = await Promise.all([
    findCurrentVersion(db, dag.dag_id),
    countActiveRuns(db, dag.dag_id),
  ]);
  return showDagDetails(dag, version, activeRuns, fileTokens);
};
