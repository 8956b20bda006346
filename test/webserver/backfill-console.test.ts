import test from "ava";
import type { Browser } from "playwright-core";
import { completeBackfills } from "#core/database/backfills.ts";
import { notify } from "#core/database/notifications.ts";
import { Dag } from "#sdk/index.ts";
import { buildConsole } from "#setup/build-console.ts";
import { browse, launchChromium, picture } from "./helpers/browse.ts";
import { seedDag, seedRun, seedScheduler } from "./helpers/seed.ts";
import { serve } from "./helpers/serve.ts";

let chromium: Browser;
test.before(async () => {
  await buildConsole();
  chromium = await launchChromium();
});
test.after.always(() => chromium?.close());

test.serial("a backfill is counted, created, followed, paused and cancelled in the console", async (t) => {
  t.timeout(120_000);
  await using server = await serve();
  await using browser = await browse(chromium, server.url);
  const { page } = browser;
  const db = server.database;
  await seedScheduler(db);
  const dag = new Dag("daily", { schedule: "@daily" });
  dag.task("t", async () => 1)();
  await seedDag(db, dag, { isPaused: true });
  await seedRun(db, "daily", "manual__2024-01-02T00:00:00+00:00", { t: "failed" }, { state: "failed" });
  await page.goto(`${server.url}/dags/daily`);
  await page.getByRole("button", { name: "Backfill daily" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("From").fill("2024-01-05");
  await dialog.getByLabel("To", { exact: true }).fill("2024-01-01");
  await dialog.getByText(/must not be after to_date/).waitFor();
  t.true(await dialog.getByRole("button", { name: "Run backfill" }).isDisabled());
  await dialog.getByLabel("From").fill("2024-01-01");
  await dialog.getByLabel("To", { exact: true }).fill("2024-01-05");
  await dialog.getByText("4 runs will be triggered").waitFor();
  await dialog.getByLabel("Run", { exact: true }).selectOption("failed");
  await dialog.getByText("5 runs will be triggered").waitFor();
  await dialog.getByLabel("Runs at a time").fill("2");
  await dialog.getByText("Configuration").click();
  const conf = dialog.getByLabel("A JSON object that the runs' tasks can read (optional)");
  await conf.fill("[1]");
  await dialog.getByText("The configuration should be a JSON object").waitFor();
  t.true(await dialog.getByRole("button", { name: "Run backfill" }).isDisabled());
  await conf.fill('{"rows": 5}');
  await dialog.getByText("5 runs will be triggered").waitFor();
  await picture(page, "backfill-dialog");
  await dialog.getByRole("button", { name: "Run backfill" }).click();
  const banner = page.locator(".backfill-banner");
  await banner.getByText("Backfill in progress: 2024-01-01 00:00 – 2024-01-05 23:59").waitFor();
  await banner.getByText("0 of 5 runs").waitFor();
  const { rows } = await db.query("select max_active_runs, reprocess_behavior, is_paused, dag_run_conf from backfill");
  t.deepEqual(rows, [
    { max_active_runs: 2, reprocess_behavior: "failed", is_paused: false, dag_run_conf: { rows: 5 } },
  ]);
  t.false((await db.query("select is_paused from dag where dag_id = 'daily'")).rows[0].is_paused);

  await db.query("update dag_run set state = 'success' where logical_date < '2024-01-03'");
  await db.query("update dag_run set state = 'failed' where logical_date = '2024-01-03'");
  await notify(db, "daisy_view");
  await banner.getByText("3 of 5 runs, 1 failed").waitFor();
  await picture(page, "backfill-banner");
  await banner.getByRole("button", { name: "Pause" }).click();
  await banner.getByText("Backfill paused").waitFor();
  await banner.getByRole("button", { name: "Unpause" }).click();
  await banner.getByText("Backfill in progress").waitFor();
  await banner.getByRole("button", { name: "Cancel backfill" }).click();
  await banner.waitFor({ state: "detached" });
  t.is((await db.query("select count(*)::int as n from dag_run where state = 'failed'")).rows[0].n, 3);
  t.deepEqual(await completeBackfills(db), []);
  t.deepEqual(
    browser.complaints.filter((text) => !text.includes("422")),
    [],
  );
});

test.serial("a DAG without a schedule has no backfill", async (t) => {
  await using server = await serve();
  await using browser = await browse(chromium, server.url);
  const dag = new Dag("manual_only");
  dag.task("t", async () => 1)();
  await seedDag(server.database, dag);
  await browser.page.goto(`${server.url}/dags/manual_only`);
  await browser.page.getByRole("button", { name: "Trigger manual_only" }).waitFor();
  t.is(await browser.page.getByRole("button", { name: "Backfill manual_only" }).count(), 0);
});
