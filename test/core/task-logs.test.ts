import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import { readTaskLog, taskLogPath } from "#core/task-logs.ts";

const KEY = {
  dagId: "taxi",
  runId: "manual__2019-01-01T00:00:00+00:00",
  taskId: "group.train",
  mapIndex: -1,
  tryNumber: 2,
};

test("a log lies where Airflow has it", (t) => {
  const folder = "/logs/dag_id=taxi/run_id=manual__2019-01-01T00:00:00+00:00/task_id=group.train";
  t.is(taskLogPath("/logs", KEY), `${folder}/attempt=2.log`);
  t.is(taskLogPath("/logs", { ...KEY, mapIndex: 0 }), `${folder}/map_index=0/attempt=2.log`);
});

const bad = [
  { dagId: "../taxi" },
  { dagId: "a/b" },
  { taskId: ".." },
  { taskId: "" },
  { runId: "x/../../y" },
  { runId: "a b" },
  { tryNumber: 1.5 },
  { mapIndex: Number.NaN },
];
for (const change of bad) {
  test(`no path is made of ${JSON.stringify(change)}`, (t) => {
    t.throws(() => taskLogPath("/logs", { ...KEY, ...change }));
  });
}

test("a log is read in parts that end at whole characters, and followed as it grows", async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), "daisy-logs-"));
  t.is(await readTaskLog(folder, KEY), undefined);
  const file = taskLogPath(folder, KEY);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, "aé€😀z");
  let text = "";
  let offset = 0;
  for (;;) {
    const part = (await readTaskLog(folder, KEY, { offset, limit: 5 }))!;
    t.false(part.text.includes("\uFFFD"));
    text += part.text;
    offset = part.offset;
    if (part.offset === part.size) break;
  }
  t.is(text, "aé€😀z");
  await appendFile(file, "more");
  t.is((await readTaskLog(folder, KEY, { offset }))!.text, "more");
  t.is((await readTaskLog(folder, KEY, { offset: -2 }))!.text, "re");
  t.is((await readTaskLog(folder, KEY, { offset: 999 }))!.text, "");
  await rm(folder, { recursive: true });
});
