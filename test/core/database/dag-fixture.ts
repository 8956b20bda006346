import type { Database } from "#core/database/connect.ts";
import { createManualRun } from "#core/database/create-dag-run.ts";
import { startQueuedRuns } from "#core/database/dag-runs.ts";
import { hashDag } from "#scheduler/dag-files/hash-dag.ts";
import { type DagDefaults, storeParsedFile } from "#scheduler/dag-files/store-parsed-file.ts";
import { Dag, type DagSpec } from "#sdk/index.ts";
import { serializeDag } from "#sdk/serialize.ts";
import type { SerializedDag } from "#sdk/serialized-dag.ts";

const DEFAULTS: DagDefaults = { isPaused: false, maxActiveTasks: 16, maxActiveRuns: 16, catchup: false };

/** Stores a DAG as if its file had been parsed. */
export async function storeDag(
  db: Database,
  dagId: string,
  declare: (dag: Dag) => void,
  spec: DagSpec = {},
  file = `${dagId}.ts`,
  defaults: DagDefaults = DEFAULTS,
): Promise<void> {
  const dag = new Dag(dagId, spec);
  declare(dag);
  await storeSerializedDag(db, serializeDag(dag, { fileloc: `/dags/${file}`, relativeFileloc: file }), defaults);
}

/** Stores a DAG in Airflow's serialized form as if its file had been parsed. */
export async function storeSerializedDag(
  db: Database,
  serialized: SerializedDag,
  defaults: DagDefaults = DEFAULTS,
): Promise<void> {
  const { fileloc, relative_fileloc: relativeFileloc } = serialized.dag;
  const answer = {
    kind: "parsed",
    brokenDags: [],
    dags: [{ serialized, serializedHash: hashDag(serialized) }],
    source: "source",
    bundle: "bundle",
    codeHash: "0".repeat(64),
    logicHash: "0".repeat(64),
    inputs: [],
    templates: [],
    warnings: [],
  } as const;
  await storeParsedFile(db, { fileloc, relativeFileloc }, answer, defaults, { seconds: 0.1 });
}

/** Tasks that do not depend on each other, with the given ids. */
export const sideBySide =
  (...ids: readonly string[]) =>
  (dag: Dag): void => {
    for (const id of ids) dag.task(id, async () => undefined)();
  };

/** Creates a run and starts it; returns its id. */
export async function startRun(db: Database, dagId: string, logicalDate?: Date): Promise<number> {
  const { id } = await createManualRun(db, { dagId, logicalDate, triggeredBy: "test" });
  await startQueuedRuns(db, [dagId]);
  return id;
}
