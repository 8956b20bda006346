import type { Database } from "#core/database/connect.ts";
import { DaisyError } from "#core/errors.ts";
import { maskSecrets, maskText } from "#core/secrets/mask-secrets.ts";
import { ASSET_FLAGS, type AssetName, allAliases, requireAsset } from "../../assets.ts";
import { defineCommand } from "../../command.ts";
import { OUTPUT_FLAG, printRows } from "../../output.ts";
import { withDatabase } from "../../services.ts";

export const command = defineCommand({
  summary: "Show asset details",
  flags: {
    alias: { help: "Show an asset alias instead of an asset", type: "boolean" },
    ...ASSET_FLAGS,
    output: OUTPUT_FLAG,
  },
  async run({ console, flags }) {
    await withDatabase(async (db) => {
      const details = flags.alias ? await detailsOfAlias(db, flags) : await detailsOfAsset(db, flags);
      const isList = flags.output === undefined || flags.output === "table" || flags.output === "plain";
      const rows = isList
        ? Object.entries(details).map(([property_name, property_value]) => ({ property_name, property_value }))
        : [details];
      printRows(console, rows, flags.output);
    });
  },
});

async function detailsOfAlias(db: Database, { name, uri }: AssetName) {
  if (name === undefined) throw new DaisyError("ASSET_UNNAMED", "Required --name with --alias");
  if (uri !== undefined) throw new DaisyError("ASSET_UNNAMED", "Cannot use --uri with --alias");
  const alias = (await allAliases(db)).find((one) => one.name === name);
  if (alias === undefined) throw new DaisyError("ASSET_ALIAS_NOT_FOUND", name);
  return { id: alias.id, name: alias.name, group: alias.group };
}

async function detailsOfAsset(db: Database, wanted: AssetName) {
  const asset = await requireAsset(db, wanted);
  return {
    id: asset.id,
    name: asset.name,
    uri: maskText(asset.uri),
    group: asset.group,
    extra: JSON.stringify(maskSecrets(asset.extra)),
    created_at: asset.created_at,
    updated_at: asset.updated_at,
    scheduled_dags: asset.scheduled_dags.map(({ dag_id }) => dag_id),
    producing_tasks: asset.producing_tasks.map(({ dag_id, task_id }) => `${dag_id}.${task_id}`),
    consuming_tasks: asset.consuming_tasks.map(({ dag_id, task_id }) => `${dag_id}.${task_id}`),
    aliases: asset.aliases.map(({ name }) => name),
    is_active: asset.is_active,
    last_asset_event: asset.last_event_timestamp,
  };
}
