import { findDagSource } from "#core/database/console-dags.ts";
import { maskUrls } from "#core/secrets/mask-secrets.ts";
import { ApiError } from "../api-error.ts";
import type { Handler } from "../call.ts";
import { dagOf } from "../find-or-404.ts";
import { readInteger } from "../read-query.ts";

/** The text of a DAG's file, as JSON or plain text. */
export const getDagSource: Handler = async (call) => {
  const dag = await dagOf(call);
  const version = readInteger(call.query, "version_number", 1);
  const found = await findDagSource(call.server.db, dag.dag_id, version);
  if (found === undefined) {
    throw new ApiError(
      404,
      version === undefined
        ? `The Dag with ID: \`${dag.dag_id}\` has no source yet`
        : `The source code of the Dag ${dag.dag_id}, version_number ${version} was not found`,
    );
  }
  if (call.request.accepts(["application/json", "text/plain"]) === "text/plain") {
    call.response.type("text/plain").send(maskUrls(found.source));
    return undefined;
  }
  return {
    content: found.source,
    dag_id: dag.dag_id,
    version_number: found.version_number,
    dag_display_name: dag.dag_display_name ?? dag.dag_id,
  };
};
