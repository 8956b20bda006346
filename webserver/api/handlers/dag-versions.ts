import { type ListedVersion, listVersions, VERSION_ORDER } from "#core/database/console-dag-versions.ts";
import type { DagVersionAnswer, Page } from "../../protocol.ts";
import { ApiError } from "../api-error.ts";
import type { Handler } from "../call.ts";
import { ALL, dagOf } from "../find-or-404.ts";
import { parseInteger, readInteger, readPage } from "../read-query.ts";
import { refuseFilters } from "../refuse-filters.ts";
import { showVersion } from "../show/show-dag.ts";

const REFUSED = ["bundle_name", "bundle_version"];

/** The versions of a DAG, or (`~`) of all. */
export const listDagVersions: Handler = async (call): Promise<Page<"dag_versions", DagVersionAnswer>> => {
  const { params, query, server } = call;
  refuseFilters(query, REFUSED);
  const dagId = params.dagId === ALL ? undefined : (await dagOf(call)).dag_id;
  const filter = { dagId, versionNumber: readInteger(query, "version_number") };
  const { rows, total } = await listVersions(server.db, filter, readPage(query, VERSION_ORDER, "id"));
  return { dag_versions: rows.map(show), total_entries: total };
};

export const getDagVersion: Handler = async (call): Promise<DagVersionAnswer> => {
  const { dag_id: dagId } = await dagOf(call);
  const versionNumber = parseInteger(call.params.versionNumber!, ["path", "version_number"]);
  const page = { limit: 1, offset: 0, orderBy: [] };
  const { rows } = await listVersions(call.server.db, { dagId, versionNumber }, page);
  if (rows[0] !== undefined) return show(rows[0]);
  const key = `dag_id: \`${dagId}\` and version_number: \`${versionNumber}\``;
  throw new ApiError(404, `The DagVersion with ${key} was not found`);
};

function show(row: ListedVersion): DagVersionAnswer {
  return showVersion(row.dag_id, row.dag_display_name, row.id, row.version_number, row.created_at);
}
