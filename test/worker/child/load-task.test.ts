import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import test from "ava";
import { loadTask } from "#worker/child/load-task.ts";

test("a task is loaded although another DAG of its file is broken; of two DAGs with one id the first counts", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "daisy-load-"));
  const file = join(folder, "code.mjs");
  await writeFile(
    file,
    `import { Dag } from "${pathToFileURL("sdk/index.ts").href}";
     new Dag("good").task("t", () => 1)();
     new Dag("broken").task("t", () => 1);
     new Dag("good").task("other", () => 1)();`,
  );
  t.is((await loadTask(file, "good", "t")).node.id, "t");
  await t.throwsAsync(loadTask(file, "good", "other"), { message: /has no task "other"/ });
  await t.throwsAsync(loadTask(file, "broken", "t"), { message: /is never called/ });
  await rm(folder, { recursive: true });
});
