import { maskSecrets, maskText } from "#core/secrets/mask-secrets.ts";
import { allAliases, allAssets } from "../../assets.ts";
import { defineCommand } from "../../command.ts";
import { OUTPUT_FLAG, printRows } from "../../output.ts";
import { withDatabase } from "../../services.ts";

export const command = defineCommand({
  summary: "List assets",
  flags: { alias: { help: "Show asset aliases instead of assets", type: "boolean" }, output: OUTPUT_FLAG },
  async run({ console, flags }) {
    await withDatabase(async (db) => {
      const rows = flags.alias
        ? (await allAliases(db)).map(({ name, group }) => ({ name, group }))
        : (await allAssets(db)).map(({ name, uri, group, extra }) => ({
            name,
            uri: maskText(uri),
            group,
            extra: JSON.stringify(maskSecrets(extra)),
          }));
      printRows(console, rows, flags.output);
    });
  },
});
