import { readAwaitedAssets } from "#core/assets/dag-assets.ts";
import { storeDagAssets } from "#core/database/assets.ts";
import { moveUnfinishedRuns } from "#core/database/by-hand/move-to-version.ts";
import { type Database, type Transaction, transaction } from "#core/database/connect.ts";
import { lastScheduledInterval } from "#core/database/dag-runs.ts";
import { lockStoredFiles, putDagCode, putDagVersion } from "#core/database/dag-versions.ts";
import { findOwnersOfDags, markStaleExcept, setNextRun, upsertDag } from "#core/database/dags.ts";
import { deleteImportError, putImportError } from "#core/database/import-errors.ts";
import { notify } from "#core/database/notifications.ts";
import { nextRunOf } from "#core/timetable/next-run.ts";
import { readTimetable } from "#core/timetable/read-timetable.ts";
import type { SerializedDagFields } from "#sdk/serialized-dag.ts";
import type { ParseAnswer, ParsedDag } from "./parse-protocol.ts";

export interface FilePlace {
  /** Absolute. */
  readonly fileloc: string;
  /** Below the dags folder. */
  readonly relativeFileloc: string;
}

/** What the configuration says of DAGs that do not say it themselves. */
export interface DagDefaults {
  readonly isPaused: boolean;
  readonly maxActiveTasks: number;
  readonly maxActiveRuns: number;
  readonly catchup: boolean;
  /** Whether unfinished runs move to each new version of their DAG. @default false */
  readonly disableBundleVersioning?: boolean;
}

export interface StoreOutcome {
  /** The DAGs that the file holds now. */
  readonly dagIds: readonly string[];
  /** The DAGs that the file held before and does not hold any more. */
  readonly gone: readonly string[];
  /** What the console shows about the file, or null. */
  readonly error: string | null;
}

/**
 * Stores what a file turned out to hold, in one transaction: its DAGs, their code, a new version of each that
 * changed, and the import error or its end. A DAG id that another file holds stays with that file, and becomes an
 * import error of this one; so does a DAG that is declared wrongly.
 * @param parseSeconds how long loading took
 */
export async function storeParsedFile(
  db: Database,
  place: FilePlace,
  answer: Extract<ParseAnswer, { kind: "parsed" }>,
  defaults: DagDefaults,
  parseSeconds: number,
): Promise<StoreOutcome> {
  return transaction(db, async (tx) => {
    // One after the other: two files may claim one DAG id.
    await lockStoredFiles(tx);
    const ids = answer.dags.map(({ serialized }) => serialized.dag.dag_id);
    const owners = await findOwnersOfDags(tx, ids, place.relativeFileloc);
    const foreign = new Set(owners.map((owner) => owner.dagId));
    const own = answer.dags.filter(({ serialized }) => !foreign.has(serialized.dag.dag_id));
    if (own.length > 0) await putDagCode(tx, answer.codeHash, answer.source, answer.bundle);
    for (const dag of own) await storeDag(tx, place, dag, answer.codeHash, defaults, parseSeconds);
    const dagIds = own.map(({ serialized }) => serialized.dag.dag_id);
    // While a DAG of the file is broken, nobody knows which ones are meant to be gone: all stay as they were.
    const gone = answer.brokenDags.length > 0 ? [] : await markStaleExcept(tx, place.relativeFileloc, dagIds);
    const problems = [
      ...answer.brokenDags.map(({ error }) => error),
      ...owners.map((owner) => `Ignoring DAG ${owner.dagId} from ${place.fileloc} - also found in ${owner.fileloc}`),
    ];
    const error = problems.length === 0 ? null : problems.join("\n");
    if (error === null) await deleteImportError(tx, place.relativeFileloc);
    else await putImportError(tx, { ...place, stackTrace: error });
    await notify(tx, "daisy_view");
    return { dagIds, gone, error };
  });
}

/** Stores that a file cannot be loaded; its DAGs stay as they were. */
export async function storeBrokenFile(db: Database, place: FilePlace, error: string): Promise<void> {
  await transaction(db, async (tx) => {
    await lockStoredFiles(tx);
    await putImportError(tx, { ...place, stackTrace: error });
    await notify(tx, "daisy_view");
  });
}

/** Stores that a file is gone, or holds no DAGs any more; returns the DAGs that it held. */
export async function storeVanishedFile(db: Database, relativeFileloc: string): Promise<string[]> {
  return transaction(db, async (tx) => {
    await lockStoredFiles(tx);
    const gone = await markStaleExcept(tx, relativeFileloc, []);
    await deleteImportError(tx, relativeFileloc);
    await notify(tx, "daisy_view");
    return gone;
  });
}

async function storeDag(
  tx: Transaction,
  { fileloc, relativeFileloc }: FilePlace,
  { serialized, serializedHash }: ParsedDag,
  codeHash: string,
  defaults: DagDefaults,
  parseSeconds: number,
): Promise<void> {
  const { dag } = serialized;
  await upsertDag(tx, {
    dagId: dag.dag_id,
    dagDisplayName: dag.dag_display_name ?? null,
    fileloc,
    relativeFileloc,
    description: dag.description ?? null,
    owners: ownersOf(dag),
    tags: dag.tags ?? [],
    timetableSummary: readTimetable(dag.timetable).summary,
    isPausedAtFirst: dag.is_paused_upon_creation ?? defaults.isPaused,
    maxActiveTasks: dag.max_active_tasks ?? defaults.maxActiveTasks,
    maxActiveRuns: dag.max_active_runs ?? defaults.maxActiveRuns,
    parseDuration: parseSeconds,
  });
  await storeDagAssets(tx, dag.dag_id, readAwaitedAssets(dag));
  const isNew = await putDagVersion(tx, { dagId: dag.dag_id, serialized, serializedHash, codeHash });
  if (isNew && (dag.disable_bundle_versioning ?? defaults.disableBundleVersioning)) {
    await moveUnfinishedRuns(tx, dag.dag_id);
  }
  const { rows } = await tx.query<{ promised: Date | null; now: Date }>(
    "select next_dagrun_run_after as promised, now() from dag where dag_id = $1",
    [dag.dag_id],
  );
  const last = await lastScheduledInterval(tx, dag.dag_id);
  await setNextRun(tx, dag.dag_id, nextRunOf({ dag, last, catchupByDefault: defaults.catchup, ...rows[0]! }));
}

function ownersOf(dag: SerializedDagFields): string {
  const owners = dag.tasks.map((task) => task.__var.owner ?? "airflow");
  return owners.length === 0 ? "airflow" : [...new Set(owners)].sort().join(", ");
}
