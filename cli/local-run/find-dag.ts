import type { AirflowConfig } from "#core/config/options.ts";
import { DaisyError } from "#core/errors.ts";
import type { Log } from "#core/log.ts";
import { parseDefaultsOf } from "#scheduler/dag-files/configured-defaults.ts";
import { DagFolders } from "#scheduler/dag-files/dag-folders.ts";
import type { IgnoreSyntax } from "#scheduler/dag-files/ignore-file.ts";
import { ParsePool } from "#scheduler/dag-files/parse-pool.ts";
import type { ParsedFile } from "#scheduler/dag-files/parse-protocol.ts";
import type { FilePlace } from "#scheduler/dag-files/store-parsed-file.ts";

/** The file that holds a DAG, as it is now. */
export interface FoundDag {
  readonly place: FilePlace;
  readonly answer: ParsedFile;
}

/**
 * Loads DAG files in a child process until one holds the DAG.
 * @param first the file in which the DAG was last seen, below the dags folder
 * @throws {DaisyError} DAG_FILE_BROKEN for that file, DAG_NOT_FOUND when no file holds the DAG
 */
export async function findDag(
  config: AirflowConfig,
  dagId: string,
  first: string | undefined,
  log: Log,
): Promise<FoundDag> {
  const { core } = config;
  const folders = new DagFolders(core.dags_folder, core.load_examples, core.dag_ignore_file_syntax as IgnoreSyntax);
  const { files } = await folders.list(log);
  const pool = new ParsePool(parseDefaultsOf(config), 1, core.dagbag_import_timeout);
  try {
    for (const file of [...files.filter((one) => one === first), ...files.filter((one) => one !== first)]) {
      const place = { fileloc: folders.locate(file), relativeFileloc: file };
      const { answer } = await pool.parse(place, { urgent: false });
      if (answer.kind === "broken" && file === first) throw new DaisyError("DAG_FILE_BROKEN", file, answer.error);
      if (answer.kind === "broken") log.warning(new DaisyError("DAG_FILE_BROKEN", file, answer.error).message);
      if (answer.kind !== "parsed") continue;
      const broken = answer.brokenDags.find((dag) => dag.dagId === dagId);
      if (broken !== undefined) throw new DaisyError("DAG_FILE_BROKEN", file, broken.error);
      if (answer.dags.some(({ serialized }) => serialized.dag.dag_id === dagId)) return { place, answer };
    }
  } finally {
    pool.close();
  }
  throw new DaisyError("DAG_NOT_FOUND", dagId);
}
