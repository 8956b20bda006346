import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test, { type ExecutionContext } from "ava";
import type { Browser, Page } from "playwright-core";
import type { Database } from "#core/database/connect.ts";
import { putImportError } from "#core/database/import-errors.ts";
import { finishParsingRequests, pendingParsingRequests } from "#core/database/parsing-requests.ts";
import { taskLogPath } from "#core/task-logs.ts";
import { Dag, param } from "#sdk/index.ts";
import { buildConsole } from "#setup/build-console.ts";
import { until } from "#test/helpers/until.ts";
import { browse, launchChromium } from "./helpers/browse.ts";
import { allTasks, moveTask, seedDag, seedRun, seedScheduler, seedVersion, taxiDag } from "./helpers/seed.ts";
import { serve, type TestServer } from "./helpers/serve.ts";

const RUN = "manual__2019-03-05T19:50:44.826000+00:00";
const SUCCESS = "rgb(0, 128, 0)";

let chromium: Browser;

test.before(async () => {
  await buildConsole();
  chromium = await launchChromium();
});

test.after.always(() => chromium?.close());

const REFUSAL = "Failed to load resource: the server responded with a status of 400 (Bad Request)";

/**
 * A console with the workshop's DAG, seen by a browser that must have nothing to complain about.
 * @param options refusals: how many answers of the server the browser is to complain about all the same
 */
async function withConsole(
  t: ExecutionContext,
  work: (console: { page: Page; server: TestServer; db: Database; logs: string }) => Promise<void>,
  { hasScheduler = true, refusals = 0 } = {},
): Promise<void> {
  const logs = await mkdtemp(join(tmpdir(), "daisy-logs-"));
  await using server = await serve({ logging: { base_log_folder: logs } });
  await using browser = await browse(chromium, server.url);
  await seedDag(server.database, taxiDag());
  if (hasScheduler) await seedScheduler(server.database);
  try {
    await work({ page: browser.page, server, db: server.database, logs });
    t.deepEqual(browser.complaints, Array(refusals).fill(REFUSAL));
  } finally {
    await rm(logs, { recursive: true, force: true });
  }
}

/** The colour of a task's outline as the browser paints it. */
function stroke(page: Page, taskId: string): Promise<string> {
  return page.locator(`[data-task-id="${taskId}"] g.node rect`).evaluate((rect) => {
    // What it moves to, not what it is in the middle of a transition.
    for (const animation of rect.getAnimations()) animation.finish();
    return (globalThis as unknown as { getComputedStyle(e: unknown): { stroke: string } }).getComputedStyle(rect)
      .stroke;
  });
}

test.serial("the list shows DAGs with their recent tasks and last run, and finds them", async (t) => {
  await withConsole(t, async ({ page, server, db }) => {
    await seedDag(db, new Dag("nightly", { schedule: "0 3 * * *" }), { isPaused: true, owners: "data-team" });
    await seedRun(db, "taxi", RUN, { ...allTasks(taxiDag(), "success"), Pusher: "failed" }, { state: "failed" });
    await page.goto(server.url);
    const taxi = page.locator('tr[data-dag-id="taxi"]');
    await taxi.waitFor();
    t.is(await page.title(), "DAGs - Daisy");
    t.is(await taxi.locator('.circle[data-state="success"]').first().textContent(), "8 success");
    t.is(await taxi.locator('.circle[data-state="failed"]').first().textContent(), "1 failed");
    t.regex((await taxi.locator(".last-run").textContent())!, /2019-03-05 19:50/);
    t.is(await page.locator('tr[data-dag-id="nightly"] .schedule').textContent(), "0 3 * * *");
    t.is(await page.locator(".pager").textContent(), "Showing 1 to 2 of 2 entries");
    await page.getByLabel("Hide paused").check();
    await page.locator('tr[data-dag-id="nightly"]').waitFor({ state: "detached" });
    await page.getByLabel("Hide paused").uncheck();
    await page.getByLabel("Search DAGs").fill("night");
    await page.keyboard.press("Enter");
    await taxi.waitFor({ state: "detached" });
    t.is(await page.locator("tr[data-dag-id]").count(), 1);
    t.regex(page.url(), /\?search=night$/);
  });
});

test.serial("a DAG is switched on and off", async (t) => {
  await withConsole(t, async ({ page, server, db }) => {
    await page.goto(server.url);
    const toggle = page.getByRole("switch", { name: "taxi is on" });
    await toggle.uncheck();
    await expectRow(db, "select is_paused from dag where dag_id = 'taxi' and is_paused");
    await toggle.check();
    await expectRow(db, "select is_paused from dag where dag_id = 'taxi' and not is_paused");
  });
});

test.serial("a run is triggered with a configuration, and the graph follows it", async (t) => {
  await withConsole(t, async ({ page, server, db }) => {
    await page.goto(`${server.url}/dags/taxi`);
    await page.getByRole("button", { name: "Trigger taxi" }).click();
    const dialog = page.getByRole("dialog");
    t.regex((await dialog.textContent())!, /Are you sure you want to run 'taxi' now\?/);
    await dialog.getByText("Configuration").click();
    const conf = dialog.getByRole("textbox");
    for (const [text, problem] of [
      ["{", /is no JSON/],
      ["[1]", /should be a JSON object/],
    ] as const) {
      await conf.fill(text);
      await dialog.getByRole("button", { name: "Trigger" }).click();
      await dialog.getByText(problem).waitFor();
    }
    await conf.fill("");
    // Typed letter by letter, since every letter draws the dialog anew.
    await conf.pressSequentially('{"rows": 10}');
    await dialog.getByRole("button", { name: "Trigger" }).click();
    await page.getByText("Triggered taxi, it should start any moment now.").waitFor();
    const run = await expectRow(db, "select id, conf, triggered_by, run_id from dag_run where dag_id = 'taxi'");
    t.like(run, { conf: { rows: 10 }, triggered_by: "ui" });
    t.regex(run.run_id as string, /^manual__\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/);
    await page.locator('.state-label[data-state="queued"]').waitFor();
    await moveTask(db, run.id as number, "CsvExampleGen", "success");
    await page.locator('div.node[data-task-id="CsvExampleGen"][data-state="success"]').waitFor();
  });
});

test.serial("the trigger dialog has a field for each param, and a value that does not fit is told", async (t) => {
  const fillIn = async ({ page, server, db }: { page: Page; server: TestServer; db: Database }) => {
    const params = {
      region: param("eu", { enum: ["eu", "us"], description: "Where the rows come from" }),
      rows: param(3, { type: "integer", minimum: 1 }),
      dry: param(false, { type: "boolean", title: "Dry run" }),
      day: param(undefined, { type: "string" }),
    };
    await seedDag(db, new Dag("report", { params }));
    await page.goto(`${server.url}/dags/report`);
    await page.getByRole("button", { name: "Trigger report" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Where the rows come from").waitFor();
    await dialog.getByRole("button", { name: "Trigger" }).click();
    await dialog.getByText("Invalid input for param day: No value passed and Param has no default value").waitFor();
    await dialog.getByLabel("region").selectOption("us");
    await dialog.getByLabel("Dry run").check();
    await dialog.getByLabel("day").fill("today");
    await dialog.getByLabel("rows").fill("0");
    await dialog.getByRole("button", { name: "Trigger" }).click();
    await dialog.getByText("Invalid input for param rows: 0 is less than the minimum of 1").waitFor();
    await dialog.getByLabel("rows").fill("5");
    await dialog.getByRole("button", { name: "Trigger" }).click();
    const run = await expectRow(db, "select conf from dag_run where dag_id = 'report'");
    t.deepEqual(run.conf, { region: "us", dry: true, day: "today", rows: 5 });
  };
  await withConsole(t, fillIn, { refusals: 2 });
});

test.serial("refresh parses the file at once, and says how that went", async (t) => {
  await withConsole(t, async ({ page, server, db }) => {
    const answer = async () => {
      const request = await until("the file is to be parsed", async () => (await pendingParsingRequests(db))[0]);
      await finishParsingRequests(db, request.ids);
    };
    await page.goto(`${server.url}/dags/taxi`);
    const refresh = page.getByRole("button", { name: "Refresh taxi" });
    await refresh.click();
    await answer();
    await page.getByText("DAG [taxi] is now fresh as a daisy").waitFor();
    await putImportError(db, {
      relativeFileloc: "taxi_pipeline.ts",
      fileloc: "/dags/taxi_pipeline.ts",
      stackTrace: "taxi_pipeline.ts:7: SyntaxError\n  at line 7",
    });
    await refresh.click();
    await answer();
    await page
      .locator(".flashes")
      .getByText("DAG [taxi] was not refreshed, its file is broken: taxi_pipeline.ts:7: SyntaxError")
      .waitFor();
    const banner = page.locator(".import-error");
    await banner.locator("summary", { hasText: "taxi_pipeline.ts:7: SyntaxError" }).click();
    await banner.getByText("at line 7").waitFor();
    t.false(await page.getByRole("button", { name: "Trigger taxi" }).isDisabled());
  });
});

test.serial("outlines take the states' colours, live, and end dark green", async (t) => {
  await withConsole(t, async ({ page, server, db }) => {
    const dag = taxiDag();
    const id = await seedRun(db, "taxi", RUN, allTasks(dag, null));
    await page.goto(`${server.url}/dags/taxi`);
    await page.locator("div.node").first().waitFor();
    t.is(await page.locator("div.node").count(), 9);
    const colours = [
      [null, "no_status", "rgb(255, 255, 255)"],
      ["queued", "queued", "rgb(128, 128, 128)"],
      ["running", "running", "rgb(0, 255, 0)"],
      ["up_for_retry", "up_for_retry", "rgb(255, 215, 0)"],
      ["failed", "failed", "rgb(255, 0, 0)"],
      ["upstream_failed", "upstream_failed", "rgb(255, 165, 0)"],
      ["success", "success", SUCCESS],
    ] as const;
    for (const [state, shown, colour] of colours) {
      await moveTask(db, id, "Trainer", state);
      await page.locator(`div.node[data-task-id="Trainer"][data-state="${shown}"]`).waitFor();
      t.is(await stroke(page, "Trainer"), colour);
    }
    for (const taskId of dag.taskIds) await moveTask(db, id, taskId, "success");
    await page.locator("g.node.success").nth(8).waitFor();
    for (const taskId of dag.taskIds) t.is(await stroke(page, taskId), SUCCESS);
  });
});

test.serial("the graph's legend names the colour of tasks that wait for a trigger", async (t) => {
  await withConsole(t, async ({ page, server, db }) => {
    await seedRun(db, "taxi", RUN, allTasks(taxiDag(), "deferred"));
    await page.goto(`${server.url}/dags/taxi`);
    await page.locator("g.node.deferred").first().waitFor();
    const named = await page.locator(".legend-state").allInnerTexts();
    t.true(named.includes("deferred"), named.join());
  });
});

test.serial("the button above the graph reads states again when nobody told of a change", async (t) => {
  await withConsole(t, async ({ page, server, db }) => {
    await seedRun(db, "taxi", RUN, allTasks(taxiDag(), "running"));
    await page.goto(`${server.url}/dags/taxi`);
    await page.locator('div.node[data-task-id="Pusher"][data-state="running"]').waitFor();
    await db.query("update task_instance set state = 'success' where task_id = 'Pusher'");
    await page.locator("#refresh_button").click();
    await page.locator('div.node[data-task-id="Pusher"][data-state="success"]').waitFor();
  });
});

test.serial(
  "a task's log grows while it runs, its control sequences are harmless, and its XComs are shown",
  async (t) => {
    await withConsole(t, async ({ page, server, db, logs }) => {
      const id = await seedRun(db, "taxi", RUN, { ...allTasks(taxiDag(), "success"), Trainer: "running" });
      const file = taskLogPath(logs, { dagId: "taxi", runId: RUN, taskId: "Trainer", mapIndex: -1, tryNumber: 1 });
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, "step 1: \x1b[32mloss 0.5\x1b[0m <script>alert(1)</script>\n");
      await db.query(
        "insert into xcom (dag_run_id, task_id, key, value) values ($1, 'Trainer', 'return_value', '[1, 2]')",
        [id],
      );
      await page.goto(`${server.url}/dags/taxi`);
      await page.locator('div.node[data-task-id="Trainer"]').click();
      const panel = page.locator("#task-panel");
      await panel.getByText("step 1: loss 0.5 <script>alert(1)</script>").waitFor();
      await writeFile(file, "step 2\n", { flag: "a" });
      await panel.getByText("step 2").waitFor();
      await moveTask(db, id, "Trainer", "success");
      await panel.locator('[data-log-status="ended"]').waitFor();
      await panel.getByRole("tab", { name: "Details" }).click();
      await panel.getByText("AirflowComponent").waitFor();
      await panel.getByRole("tab", { name: "XCom" }).click();
      await panel.getByText("return_value").waitFor();
      await panel.getByText("[\n  1,\n  2\n]").waitFor();
    });
  },
);

test.serial("the graph shows a changed DAG at once, and a chosen run as it was", async (t) => {
  await withConsole(t, async ({ page, server, db }) => {
    await seedRun(db, "taxi", RUN, allTasks(taxiDag(), "success"), { state: "success" });
    const changed = taxiDag();
    changed.task("Deployer", () => undefined)();
    await seedVersion(db, changed);
    await page.goto(`${server.url}/dags/taxi`);
    await page.locator('div.node[data-task-id="Deployer"][data-state="no_status"]').waitFor();
    await page.getByText("The DAG has changed since its latest run.").waitFor();
    await page.locator('div.node[data-task-id="Pusher"][data-state="success"]').waitFor();
    await page.locator("#run_select").selectOption(RUN);
    await page.locator('div.node[data-task-id="Deployer"]').waitFor({ state: "detached" });
    t.is(await page.locator("div.node").count(), 9);
    await page.getByText("The DAG has changed since this run.").waitFor();
    t.is(await page.getByText("The DAG has changed since its latest run.").count(), 0);
  });
});

test.serial("the grid has a column a run, and opens a task of an older run", async (t) => {
  await withConsole(t, async ({ page, server, db }) => {
    const dag = taxiDag();
    await seedRun(
      db,
      "taxi",
      "manual__2019-03-04T00:00:00+00:00",
      { ...allTasks(dag, "success"), Pusher: "failed" },
      { state: "failed" },
    );
    await seedRun(db, "taxi", RUN, allTasks(dag, "success"), { state: "success" });
    await page.goto(`${server.url}/dags/taxi`);
    await page.getByRole("link", { name: "Grid" }).click();
    await page.locator(".cell").first().waitFor();
    t.is(await page.locator(".cell").count(), 18);
    await page.locator('.cell[data-state="failed"]').click();
    t.regex((await page.locator("#task-panel").textContent())!, /^Pusher/);
    await page.goBack();
    await page.locator("#task-panel").waitFor({ state: "detached" });
  });
});

test.serial("the console works with the keyboard alone", async (t) => {
  await withConsole(t, async ({ page, server, db }) => {
    await seedRun(db, "taxi", RUN, { ...allTasks(taxiDag(), "success"), Pusher: null });
    await page.goto(server.url);
    const link = page.locator('tr[data-dag-id="taxi"] .dag-name a');
    await link.waitFor();
    await tabTo(page, ".toggle");
    await page.keyboard.press("Space");
    await expectRow(db, "select 1 from dag where dag_id = 'taxi' and is_paused");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator("div.node").first().waitFor();
    await tabTo(page, "div.node[data-task-id=Pusher]");
    await page.getByRole("tooltip").getByText("Pusher").waitFor();
    await page.keyboard.press("Enter");
    await page.locator("#task-panel").getByText("The task has not started").waitFor();
    await page.keyboard.press("Escape");
    await page.locator("#task-panel").waitFor({ state: "detached" });
    await tabTo(page, ".action.trigger", "Shift+Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Enter");
    await page.getByText("Triggered taxi").waitFor();
  });
});

test.serial("a task is cleared after its scopes were chosen and the list was seen", async (t) => {
  await withConsole(t, async ({ page, server, db }) => {
    const states = {
      ...allTasks(taxiDag(), "success"),
      Trainer: "failed",
      Evaluator: "upstream_failed",
      Pusher: "upstream_failed",
    };
    await seedRun(db, "taxi", "manual__2019-03-04T00:00:00+00:00", allTasks(taxiDag(), "success"), {
      state: "success",
    });
    await seedRun(db, "taxi", RUN, states as ReturnType<typeof allTasks>, { state: "failed" });
    await page.goto(`${server.url}/dags/taxi`);
    await page.locator('div.node[data-task-id="Trainer"]').click();
    const panel = page.locator("#task-panel");
    await panel.getByRole("button", { name: "Clear" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Here's the list of task instances you are about to clear:").waitFor();
    const listed = () => dialog.locator(".changed-task").allTextContents();
    t.deepEqual(await listed(), ["Evaluator", "Pusher", "Trainer"]);
    const scope = (name: string) => dialog.getByRole("button", { name, exact: true });
    t.is(await scope("Downstream").getAttribute("aria-pressed"), "true");
    await scope("Downstream").click();
    await dialog.locator(".changed-task").nth(1).waitFor({ state: "detached" });
    t.deepEqual(await listed(), ["Trainer"]);
    await scope("Past").click();
    await dialog.locator(".changed-task").nth(1).waitFor();
    await scope("Past").click();
    await scope("Downstream").click();
    await dialog.locator(".changed-task").nth(2).waitFor();
    t.is((await db.query("select 1 from task_instance where state is null")).rowCount, 0, "nothing has changed yet");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    t.true(await panel.isVisible(), "Escape closed the dialog alone");
    await panel.getByRole("button", { name: "Clear" }).click();
    await dialog.locator(".changed-task").nth(2).waitFor();
    await page.keyboard.press("Enter");
    await page.getByText("3 task instances have been cleared").waitFor();
    await page.locator('div.node[data-task-id="Pusher"][data-state="no_status"]').waitFor();
    await page.locator('.state-label[data-state="queued"]').waitFor();
    await expectRow(db, "select 1 from dag_run where state = 'queued' and clear_number = 1");
  });
});

test.serial("task instances and runs are marked, and a mark that changes nothing is not offered", async (t) => {
  await withConsole(t, async ({ page, server, db }) => {
    await seedRun(db, "taxi", RUN, { ...allTasks(taxiDag(), "success"), Trainer: "running", Pusher: null });
    await page.goto(`${server.url}/dags/taxi`);
    await page.locator('div.node[data-task-id="Trainer"]').click();
    const panel = page.locator("#task-panel");
    const dialog = page.getByRole("dialog");
    await panel.getByRole("button", { name: "Mark success" }).click();
    await dialog.getByText("you are about to mark as success").waitFor();
    await dialog.getByRole("button", { name: "Mark success" }).click();
    await page.getByText("Marked success on 1 task instance").waitFor();
    await page.locator('div.node[data-task-id="Trainer"][data-state="success"]').waitFor();
    await panel.getByRole("button", { name: "Mark success" }).click();
    await dialog.getByText("It is success already").waitFor();
    t.is(await dialog.getByRole("button", { name: "Mark success" }).getAttribute("aria-disabled"), "true");
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Mark run failed" }).click();
    await dialog.locator(".changed-task").first().waitFor();
    t.deepEqual(await dialog.locator(".changed-task").allTextContents(), ["Pusher"]);
    await dialog.getByRole("button", { name: "Mark failed" }).click();
    await page.getByText("Marked failed on the run and 1 task instance").waitFor();
    await page.locator('div.node[data-task-id="Pusher"][data-state="skipped"]').waitFor();
    await page.locator('.state-label[data-state="failed"]').first().waitFor();
  });
});

test.serial("notes are written on task instances and runs, and a run is deleted", async (t) => {
  await withConsole(t, async ({ page, server, db }) => {
    await seedRun(db, "taxi", RUN, allTasks(taxiDag(), "success"), { state: "success" });
    await page.goto(`${server.url}/dags/taxi`);
    await page.locator('div.node[data-task-id="Trainer"]').click();
    const panel = page.locator("#task-panel");
    const dialog = page.getByRole("dialog");
    await panel.getByRole("button", { name: "Add note" }).click();
    await page.keyboard.type("Looked at the loss.\nFine.");
    await dialog.getByRole("button", { name: "Save note" }).click();
    await panel.locator(".note").getByText("Looked at the loss.").waitFor();
    await panel.getByRole("button", { name: "Edit note" }).waitFor();
    await panel.getByRole("button", { name: "Close panel" }).click();
    await page.getByRole("button", { name: "Add note" }).click();
    await page.keyboard.type("The good one");
    await dialog.getByRole("button", { name: "Save note" }).click();
    await page.locator(".note").getByText("The good one").waitFor();
    await page.getByRole("button", { name: "Delete run" }).click();
    await page.keyboard.press("Enter");
    await dialog.waitFor({ state: "detached" });
    t.is((await db.query("select 1 from dag_run where note = 'The good one'")).rowCount, 1, "Enter deletes nothing");
    await page.getByRole("button", { name: "Delete run" }).click();
    await dialog.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByText("This DAG has not run yet.").waitFor();
    t.is((await db.query("select 1 from dag_run")).rowCount, 0);
  });
});

test.serial("a run of an older version can be cleared into the latest one", async (t) => {
  await withConsole(t, async ({ page, server, db }) => {
    await seedRun(db, "taxi", RUN, allTasks(taxiDag(), "success"), { state: "success" });
    const changed = taxiDag();
    changed.task("Deployer", () => undefined)();
    await seedVersion(db, changed);
    await page.goto(`${server.url}/dags/taxi?run_id=${encodeURIComponent(RUN)}`);
    await page.getByText("The DAG has changed since this run.").waitFor();
    await page.getByRole("button", { name: "Clear run" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Run with the latest version of the DAG").check();
    await dialog.getByRole("button", { name: "Clear" }).click();
    await page.getByText("9 task instances have been cleared").waitFor();
    await page.locator('div.node[data-task-id="Deployer"]').waitFor();
  });
});

test.serial("what is wrong is said plainly", async (t) => {
  await withConsole(
    t,
    async ({ page, server, db }) => {
      await page.goto(`${server.url}/dags/taxi`);
      await page.locator("#scheduler-down").getByText("The scheduler does not appear to be running.").waitFor();
      await page.getByText("This DAG has not run yet.").waitFor();
      await db.query("delete from dag where dag_id = 'taxi'");
      await page.goto(server.url);
      await page.getByText("There are no DAGs yet.").waitFor();
      await page.goto(`${server.url}/nowhere`);
      await page.getByText("There is no such page").waitFor();
    },
    { hasScheduler: false },
  );
});

test.serial("the theme follows the system until one is chosen, and is kept", async (t) => {
  await withConsole(t, async ({ page, server }) => {
    const ground = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
    await page.goto(server.url);
    const light = await ground();
    await page.emulateMedia({ colorScheme: "dark" });
    const dark = await ground();
    t.not(light, dark);
    await page.getByRole("button", { name: "Theme: auto" }).click();
    t.is(await ground(), light);
    await page.reload();
    t.is(await ground(), light);
  });
});

async function tabTo(page: Page, selector: string, key = "Tab"): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press(key);
    if (await page.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`)) return;
  }
  throw new Error(`Tab never came to ${selector}`);
}

/** The first row of a query, as soon as there is one. */
function expectRow(db: Database, sql: string): Promise<Record<string, unknown>> {
  return until(`there is a row: ${sql}`, async () => (await db.query<Record<string, unknown>>(sql)).rows[0]);
}
