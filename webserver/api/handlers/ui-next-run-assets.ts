import { listAwaitedAssets } from "#core/database/awaited-assets.ts";
import type { NextRunAssetsAnswer } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { dagOf } from "../find-or-404.ts";
import { showInstant } from "../show/show-instant.ts";

/** What a DAG waits for. */
export const uiNextRunAssets: Handler = async (call): Promise<NextRunAssetsAnswer> => {
  const dag = await dagOf(call);
  const awaited = await listAwaitedAssets(call.server.db, [dag.dag_id]);
  return {
    events: awaited.map(({ id, name, uri, last_update }) => ({ id, name, uri, last_update: showInstant(last_update) })),
  };
};
