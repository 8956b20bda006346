import { readAwaitedAssets } from "#core/assets/dag-assets.ts";
import { storeDagAssets } from "#core/database/assets.ts";
import { moveUnfinishedRuns } from "#core/database/by-hand/move-to-version.ts";
import { type Database, type Transaction, transaction } from "#core/database/connect.ts";
import { lastScheduledInterval } from "#core/database/dag-runs.ts";
import { lockStoredFiles, putDagCode, putDagVersion } from "#core/database/dag-versions.ts";
import { deleteDagWarning, putDagWarning } from "#core/database/dag-warnings.ts";
import { findOwnersOfDags, markStaleExcept, setNextRun, upsertDag, WHOLE_DAG } from "#core/database/dags.ts";
import { addImportError, deleteImportError, putImportError } from "#core/database/import-errors.ts";
import { notify, notifyRun } from "#core/database/notifications.ts";
import { nextRunOf } from "#core/timetable/next-run.ts";
import { readTimetable } from "#core/timetable/read-timetable.ts";
import type { SerializedDag, SerializedDagFields } from "#sdk/serialized-dag.ts";
import type { ParsedDag, ParsedFile } from "./parse-protocol.ts";
import { isSameBut, messageOfVolatile, type Place } from "./volatile-parts.ts";

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
  /** The files that had DAG ids which are this file's now. */
  readonly robbed: readonly string[];
  /** What the console shows about the file, or null. */
  readonly error: string | null;
}

/** How a file was parsed. */
export interface ParseFacts {
  /** How long loading took. */
  readonly seconds: number;
  /** What differs in its DAGs each time it is loaded, by DAG id. @default nothing */
  readonly volatile?: ReadonlyMap<string, readonly Place[]>;
  /** Milliseconds since the file is known to be as it is. @default 0 */
  readonly age?: number;
}

/**
 * Stores what a file turned out to hold, in one transaction: its DAGs, their code, a new version of each that
 * changed, their warnings, and the import error or its end.
 *
 * A DAG id that another file holds stays with that file, and becomes an import error of this one; so does a DAG that is
 * declared wrongly. Of files that came at the same time, and may be parsed in any order, the one whose path sorts first
 * has it.
 */
export async function storeParsedFile(
  db: Database,
  place: FilePlace,
  file: ParsedFile,
  defaults: DagDefaults,
  { seconds, volatile = new Map(), age = 0 }: ParseFacts,
): Promise<StoreOutcome> {
  return transaction(db, async (tx) => {
    // One after the other: two files may claim one DAG id.
    await lockStoredFiles(tx);
    const ids = file.dags.map(({ serialized }) => serialized.dag.dag_id);
    const others = await findOwnersOfDags(tx, ids, place.relativeFileloc, age);
    const owners = others.filter((owner) => owner.keeps);
    const foreign = new Set(owners.map((owner) => owner.dagId));
    const own = file.dags.filter(({ serialized }) => !foreign.has(serialized.dag.dag_id));
    if (own.length > 0) await putDagCode(tx, file);
    for (const dag of own) {
      await storeDag(tx, place, dag, file.codeHash, defaults, seconds, volatile.get(dag.serialized.dag.dag_id) ?? []);
    }
    const robbed = others.filter((owner) => !owner.keeps);
    for (const loser of robbed) {
      await addImportError(tx, { ...loser, stackTrace: ignoring(loser.dagId, loser.fileloc, place.fileloc) });
    }
    const dagIds = own.map(({ serialized }) => serialized.dag.dag_id);
    // While a DAG of the file is broken, nobody knows which ones are meant to be gone: all stay as they were.
    const gone = file.brokenDags.length > 0 ? [] : await markStaleExcept(tx, place.relativeFileloc, dagIds);
    const problems = [
      ...file.brokenDags.map(({ error }) => error),
      ...owners.map((owner) => ignoring(owner.dagId, place.fileloc, owner.fileloc)),
    ];
    const error = problems.length === 0 ? null : problems.join("\n");
    if (error === null) await deleteImportError(tx, place.relativeFileloc);
    else await putImportError(tx, { ...place, stackTrace: error });
    await notify(tx, "daisy_view");
    return { dagIds, gone, robbed: robbed.map((loser) => loser.relativeFileloc), error };
  });
}

/** Airflow's words (`DagBag.bag_dag`). */
function ignoring(dagId: string, fileloc: string, owner: string): string {
  return `Ignoring DAG ${dagId} from ${fileloc} - also found in ${owner}`;
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
  volatile: readonly Place[],
): Promise<void> {
  const { dag } = serialized;
  const isBack = await upsertDag(tx, {
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
    pools: [...new Set(dag.tasks.map((task) => task.__var.pool ?? "default_pool"))].sort(),
  });
  // Its runs go on.
  if (isBack) await notifyRun(tx, "daisy_run", { dagRunId: WHOLE_DAG, dagId: dag.dag_id });
  await storeDagAssets(tx, dag.dag_id, readAwaitedAssets(dag));
  const version = { dagId: dag.dag_id, serialized, serializedHash, codeHash };
  const isSame = volatile.length === 0 ? undefined : (stored: SerializedDag) => isSameBut(volatile, stored, serialized);
  const isNew = await putDagVersion(tx, version, isSame);
  if (volatile.length > 0) {
    await putDagWarning(tx, dag.dag_id, "runtime varying value", messageOfVolatile(dag.dag_id, volatile));
  } else if (isNew) {
    await deleteDagWarning(tx, dag.dag_id, "runtime varying value");
  }
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
