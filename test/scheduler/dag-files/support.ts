import type { TestScheduler } from "../support.ts";

/** The text of a DAG file with one task. */
export const dagFile = (id: string, more = "") => `
import { Dag } from "daisy";
const dag = new Dag("${id}");
dag.task("hello", async () => 1)();
${more}
`;

export interface DagRow {
  readonly is_stale: boolean;
  readonly relative_fileloc: string;
  readonly fileloc: string;
  readonly has_import_errors: boolean;
  readonly versions: number;
  readonly version_number: number;
}

export async function findDag({ database }: TestScheduler, dagId: string): Promise<DagRow | undefined> {
  const { rows } = await database.query<DagRow>(
    `select is_stale, relative_fileloc, fileloc, has_import_errors,
            (select count(*)::int from dag_version v where v.dag_id = dag.dag_id) as versions,
            (select version_number from dag_version v where v.id = dag.dag_version_id) as version_number
       from dag where dag_id = $1`,
    [dagId],
  );
  return rows[0];
}

/** The import error of a file, by its path below the dags folder. */
export async function importError({ database }: TestScheduler, file: string): Promise<string | undefined> {
  const { rows } = await database.query("select stack_trace from import_error where relative_fileloc = $1", [file]);
  return rows[0]?.stack_trace;
}

export async function loads(scheduler: TestScheduler, dagId: string, versions = 1): Promise<void> {
  await scheduler.until(`${dagId} is loaded`, async () => {
    const dag = await findDag(scheduler, dagId);
    return dag?.is_stale === false && dag.versions === versions;
  });
}

export async function fails(scheduler: TestScheduler, file: string): Promise<string> {
  await scheduler.until(`${file} has an import error`, async () => (await importError(scheduler, file)) !== undefined);
  return (await importError(scheduler, file))!;
}
