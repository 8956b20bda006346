import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "ava";
import { taskLogPath } from "#core/task-logs.ts";
import { buildConsole } from "#setup/build-console.ts";
import { browse, launchChromium } from "./helpers/browse.ts";
import { allTasks, mappedDag, seedDag, seedInstances, seedRun, seedScheduler } from "./helpers/seed.ts";
import { serve } from "./helpers/serve.ts";

const RUN = "manual__2019-03-05T19:50:44.826000+00:00";

test("the graph counts a mapped task's instances, and the panel lists them and opens one", async (t) => {
  await buildConsole();
  const chromium = await launchChromium();
  const logs = await mkdtemp(join(tmpdir(), "daisy-logs-"));
  try {
    await using server = await serve({ logging: { base_log_folder: logs } });
    await using browser = await browse(chromium, server.url);
    const { page } = browser;
    const db = server.database;
    await seedScheduler(db);
    await seedDag(db, mappedDag());
    const id = await seedRun(db, "mapped", RUN, { ...allTasks(mappedDag(), "success"), all: null });
    await seedInstances(
      db,
      id,
      "load",
      Array.from({ length: 60 }, (_, index) => (index === 7 ? "failed" : "success")),
    );
    for (const task of ["per_file.rows", "per_file.count"]) await seedInstances(db, id, task, ["success", "running"]);
    await db.query("update task_instance set rendered_map_index = 'a.csv' where task_id = 'load' and map_index = 0");
    const file = taskLogPath(logs, { dagId: "mapped", runId: RUN, taskId: "load", mapIndex: 7, tryNumber: 1 });
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, "no such file\n");

    await page.goto(`${server.url}/dags/mapped`);
    const load = page.locator('div.node[data-task-id="load"][data-state="failed"]');
    await load.getByText("load [60]").waitFor();
    await page.locator('[data-group-id="per_file"]').getByText("per_file [2]").waitFor();
    await page.locator('div.node[data-task-id="per_file.count"][data-state="running"]').waitFor();
    await load.click();
    const panel = page.locator("#task-panel");
    await panel.getByText("a.csv").waitFor();
    await panel.getByText("1–50 of 60").waitFor();
    await panel.getByRole("button", { name: "Next" }).click();
    await panel.locator('[data-map-index="59"]').waitFor();
    await panel.getByRole("button", { name: "1 failed" }).click();
    await panel.locator('[data-map-index="7"]').click();
    await panel.getByText("no such file").waitFor();
    await panel.getByRole("button", { name: "All instances" }).click();
    await panel.getByText("1–50 of 60").waitFor();

    // All instances together.
    await panel.getByRole("button", { name: "Mark skipped" }).click();
    const dialog = page.locator("dialog[open]");
    await dialog.getByText("Here's the list of task instances you are about to mark as skipped").waitFor();
    await dialog.getByRole("button", { name: "Mark skipped" }).click();
    await page.getByText("Marked skipped on 60 task instances").waitFor();
    await panel.getByText("60 skipped").waitFor();

    await page.goto(`${server.url}/dags/mapped/grid`);
    await page.locator('.cell[data-task-id="load"][data-state="skipped"]').click();
    await panel.getByText("a.csv").waitFor();
    t.deepEqual(browser.complaints, []);
  } finally {
    await chromium.close();
    await rm(logs, { recursive: true, force: true });
  }
});
