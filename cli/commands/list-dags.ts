import { defineCommand } from "../command.ts";
import { allDags } from "../dag-queries.ts";
import { withDatabase } from "../services.ts";
import { NO_SUBDIR } from "../subdir.ts";
import { noteUnreadFiles } from "../unread-files.ts";

const RULE = "-".repeat(67);

export const command = defineCommand({
  summary: "List all the DAGs",
  refused: { ...NO_SUBDIR, report: { short: "-r", reason: "the console shows how long each file takes to parse" } },
  async run({ console }) {
    await withDatabase(async (db, config) => {
      const dags = await allDags(db);
      console.print(["", RULE, "DAGS", RULE, ...dags.map((dag) => dag.dag_id).sort()].join("\n"));
      await noteUnreadFiles(db, config, console);
    });
  },
});
