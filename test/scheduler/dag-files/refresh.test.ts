import test from "ava";
import { clearRun } from "#core/database/by-hand/clear-instances.ts";
import { createManualRun } from "#core/database/create-dag-run.ts";
import { serve } from "#test/webserver/helpers/serve.ts";
import { startTestScheduler, type TestScheduler } from "../support.ts";
import { dagFile, loads } from "./support.ts";

/** A DAG whose only tag is read while the file is loaded, so that no change of the file tells of another one. */
const READS = `
import { readFileSync } from "node:fs";
import { Dag } from "daisy";
const tag = readFileSync(new URL("../data/tag.txt", import.meta.url), "utf8");
if (tag === "broken") throw new Error("no such tag");
if (tag !== "none") new Dag("reads", { tags: [tag] });
`;

async function tagsOf({ database }: TestScheduler, dagId: string): Promise<string[]> {
  const { rows } = await database.query("select tags from dag where dag_id = $1", [dagId]);
  return rows[0]?.tags ?? [];
}

test.serial("refresh loads the file anew and says how that went; a file's token asks for the same", async (t) => {
  await using scheduler = await startTestScheduler({ scheduler: { min_file_process_interval: 86_400 } });
  await using server = await serve({}, { reach: async () => scheduler.url });
  const refresh = async (tag: string) => {
    await scheduler.write("../data/tag.txt", tag);
    return (await server.call("POST", "/ui/dags/reads/refresh", {})).json;
  };
  await scheduler.write("../data/tag.txt", "first");
  await scheduler.write("reads.ts", READS);
  await loads(scheduler, "reads");
  t.deepEqual(await refresh("second"), { category: "success", message: "DAG [reads] is now fresh as a daisy" });
  t.deepEqual(await tagsOf(scheduler, "reads"), ["second"]);
  const broken = await refresh("broken");
  t.is(broken.category, "error");
  t.is(broken.message, "DAG [reads] was not refreshed, its file is broken: reads.ts:5: no such tag");
  t.deepEqual(await tagsOf(scheduler, "reads"), ["second"]);
  t.deepEqual(await refresh("none"), {
    category: "error",
    message: 'DAG "reads" seems to be missing: reads.ts does not declare it any more.',
  });
  const { file_token: token } = (await server.call("GET", "/api/v2/dags/reads")).json;
  await scheduler.write("../data/tag.txt", "third");
  t.is((await server.call("PUT", `/api/v2/parseDagFile/${token}`)).status, 201);
  await scheduler.until("the file is loaded", async () => (await tagsOf(scheduler, "reads"))[0] === "third");
});

async function tasksOf({ database }: TestScheduler, runId: string): Promise<string[]> {
  const { rows } = await database.query(
    `select task_id from task_instance ti join dag_run r on r.id = ti.dag_run_id
      where r.run_id = $1 and ti.state is distinct from 'removed' order by task_id`,
    [runId],
  );
  return rows.map((row) => row.task_id);
}

for (const follows of [false, true]) {
  const title = follows
    ? "with disable_bundle_versioning a run goes on with the file as it is now"
    : "a run keeps the file as it was when it began, and when it is cleared one may choose";
  test.serial(title, async (t) => {
    await using scheduler = await startTestScheduler({ dag_processor: { disable_bundle_versioning: follows } });
    const { database } = scheduler;
    await scheduler.write("a.ts", dagFile("a"));
    await loads(scheduler, "a");
    const { runId } = await createManualRun(database, { dagId: "a", triggeredBy: "test" });
    await scheduler.write("a.ts", dagFile("a", 'dag.task("more", async () => 2)();'));
    await loads(scheduler, "a", 2);
    t.deepEqual(await tasksOf(scheduler, runId), follows ? ["hello", "more"] : ["hello"]);
    if (follows) return;
    await clearRun(database, "a", runId);
    t.deepEqual(await tasksOf(scheduler, runId), ["hello"]);
    await clearRun(database, "a", runId, { runOnLatestVersion: true });
    t.deepEqual(await tasksOf(scheduler, runId), ["hello", "more"]);
  });
}
