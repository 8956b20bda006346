import { type ChildProcess, execFile } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import test, { type ExecutionContext } from "ava";
import type { Page } from "playwright-core";
import { buildConsole } from "#setup/build-console.ts";
import { freePort } from "#setup/services/free-port.ts";
import { toCsv } from "#setup/taxi-data/columns.ts";
import { generateTaxiTrips } from "#setup/taxi-data/generate.ts";
import { makeHome, startAirflow, untilPrinted } from "../cli/helpers/run-airflow.ts";
import { browse, launchChromium } from "../webserver/helpers/browse.ts";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);

/** How long one thing, such as the run of a step, may take on a busy machine. */
const WAIT_MS = 60_000;
const DARK_GREEN = "rgb(0, 128, 0) 3px";

/** What the participant does at a step beside uncommenting its lines, and the tasks that the step brings. */
interface Step {
  readonly number: number;
  readonly tasks: readonly string[];
  readonly hasBlock?: boolean;
}

const STEPS: readonly Step[] = [
  { number: 2, tasks: ["CsvExampleGen"] },
  { number: 3, tasks: ["StatisticsGen", "SchemaGen", "ExampleValidator"] },
  { number: 4, tasks: ["Transform"], hasBlock: true },
  { number: 5, tasks: ["Trainer"], hasBlock: true },
  { number: 6, tasks: ["latest_blessed_model_resolver", "Evaluator"] },
  { number: 7, tasks: ["Pusher"] },
];

const tasksAt = (step: number) => STEPS.filter(({ number }) => number <= step).flatMap(({ tasks }) => tasks);

test("the workshop by hand: each step uncommented, refreshed, triggered, and dark green, to a pushed model", async (t) => {
  t.timeout(300_000);
  await using folder = await makeHome();
  await buildConsole();
  await setUp(folder.home);
  const port = await freePort();
  const daisy = startAirflow(["standalone", "--port", String(port)], { AIRFLOW_HOME: folder.home });
  const printed: string[] = [];
  for (const stream of [daisy.stdout!, daisy.stderr!])
    stream.on("data", (text: Buffer) => printed.push(text.toString()));
  const chromium = await launchChromium();
  try {
    await untilPrinted(daisy, `Daisy is ready: http://127.0.0.1:${port} `);
    await using browser = await browse(chromium, `http://127.0.0.1:${port}/`);
    const { page } = browser;
    page.setDefaultTimeout(WAIT_MS);
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.getByRole("switch", { name: "taxi is on" }).check();
    for (const step of STEPS) {
      await edit(folder.home, step);
      await refresh(page);
      await trigger(page);
      await untilDarkGreen(t, page, step.number);
    }
    await olderRunsKeepTheirTasks(t, page);
    await typesResolve(folder.home);
    t.deepEqual(browser.complaints, []);
  } catch (error) {
    t.log(printed.join(""));
    throw error;
  } finally {
    await chromium.close();
    await stop(daisy);
  }
  const served = path.join(folder.home, "serving_model/taxi");
  const [version, ...others] = await readdir(served);
  t.deepEqual(others, []);
  t.true((await readdir(path.join(served, version!))).includes("saved_model.pb"));
});

async function setUp(home: string): Promise<void> {
  const data = path.join(home, "trips.csv");
  await writeFile(data, toCsv(generateTaxiTrips(1_500)));
  await run(path.join(REPOSITORY, "setup/setup_demo.sh"), ["--data", data], {
    env: { ...process.env, NODE_OPTIONS: "", AIRFLOW_HOME: home },
  });
}

/** Uncomments a step with the commands that the README gives. */
async function edit(home: string, { number, hasBlock }: Step): Promise<void> {
  const readme = await readFile(path.join(REPOSITORY, "README.md"), "utf8");
  const [lines, block] = [...readme.matchAll(/^ +(sed -i.bak .*)$/gm)].map(([, command]) => command!);
  // The longest training would be most of the test.
  const shorten =
    "sed -i.bak -e 's/numSteps: 10_000/numSteps: 200/' -e 's/numSteps: 5_000/numSteps: 50/' taxi_pipeline.ts";
  for (const command of [lines!, ...(hasBlock ? [block!] : []), shorten]) {
    const shell = command.replaceAll("~/airflow/dags/", "").replaceAll(/Step \d/g, `Step ${number}`);
    await run("sh", ["-c", shell], { cwd: path.join(home, "dags") });
  }
}

async function refresh(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Daisy" }).click();
  await page.getByRole("button", { name: "Refresh taxi", exact: true }).click();
  await page.getByText("DAG [taxi] is now fresh as a daisy").waitFor();
}

async function trigger(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Trigger taxi", exact: true }).click();
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("Triggered taxi, it should start any moment now.").waitFor();
}

/** Opens the graph and waits until the newest run, the only one with this step's tasks, is done. */
async function untilDarkGreen(t: ExecutionContext, page: Page, step: number): Promise<void> {
  const tasks = tasksAt(step);
  const runs = STEPS.findIndex(({ number }) => number === step) + 1;
  await page.getByRole("link", { name: "taxi", exact: true }).click();
  // The first option stands for the latest run, whichever it is.
  await page.locator("#run_select option").nth(runs).waitFor({ state: "attached" });
  await page.locator(`.state-label[data-state="success"]`).waitFor();
  t.deepEqual(await shownTasks(page), tasks.toSorted());
  t.deepEqual(
    await outlines(page),
    tasks.map(() => DARK_GREEN),
  );
}

async function olderRunsKeepTheirTasks(t: ExecutionContext, page: Page): Promise<void> {
  const select = page.locator("#run_select");
  const options = await select.locator("option").evaluateAll((list) => list.map((each) => each.getAttribute("value")!));
  // The first option is the latest run again.
  const runIds = options.slice(1);
  t.is(runIds.length, STEPS.length);
  for (const [index, runId] of runIds.toReversed().entries()) {
    const tasks = tasksAt(STEPS[index]!.number);
    await select.selectOption(runId);
    await page.locator("div.node").nth(tasks.length).waitFor({ state: "detached" });
    await page
      .locator("div.node")
      .nth(tasks.length - 1)
      .waitFor();
    t.deepEqual(await shownTasks(page), tasks.toSorted());
    t.deepEqual(
      await outlines(page),
      tasks.map(() => DARK_GREEN),
    );
  }
}

async function shownTasks(page: Page): Promise<string[]> {
  const ids = await page
    .locator("div.node")
    .evaluateAll((nodes) => nodes.map((node) => node.getAttribute("data-task-id")!));
  return ids.toSorted();
}

/** Checks the finished files as an editor does, with what the setup has put beside them. */
async function typesResolve(home: string): Promise<void> {
  const tsc = path.join(REPOSITORY, "node_modules/typescript/bin/tsc");
  await run(process.execPath, [tsc, "--noEmit", "-p", path.join(home, "dags")]);
}

/** Colour and width of each outline, as the browser paints it. */
async function outlines(page: Page): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll("g.node rect")].map((rect) => {
    for (const animation of rect.getAnimations()) animation.finish();
    const { stroke, strokeWidth } = getComputedStyle(rect);
    return stroke + " " + strokeWidth;
  })`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  child.kill("SIGINT");
  await closed;
}
