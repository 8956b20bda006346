import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import { createLog } from "#core/log.ts";
import { openTryLog } from "#worker/try-log.ts";

const asItIs = (text: string) => text;

test("lines that cannot be written are lost, and the log says how many when it can be written again", async (t) => {
  const home = await mkdtemp(path.join(tmpdir(), "daisy-try-log-"));
  const processLines: string[] = [];
  const processLog = createLog("worker", "INFO", (line) => processLines.push(line));
  const inTheWay = path.join(home, "dag");
  await writeFile(inTheWay, "");
  const file = path.join(inTheWay, "attempt=1.log");
  const logs = [
    openTryLog(file, processLog, asItIs),
    openTryLog(path.join(inTheWay, "attempt=2.log"), processLog, asItIs),
  ];
  for (const log of logs) {
    log.write("INFO", "one\ntwo");
    await log.flush();
    log.write("INFO", "three");
    await log.flush();
  }
  t.is(processLines.length, 1);
  t.regex(processLines[0]!, /WARNING - The folder of task logs takes no lines \(E/);
  await rm(inTheWay);
  logs[0]!.write("ERROR", "four");
  await logs[0]!.flush();
  const lines = (await readFile(file, "utf8")).split("\n").map((line) => line.replace(/^\[.*?\] /, ""));
  t.deepEqual(lines, [
    "",
    "{task} WARNING - 3 lines of this log are lost: they could not be written.",
    "{task} ERROR - four",
    "",
  ]);
  t.regex(processLines[1]!, /INFO - The folder of task logs takes lines again/);
  await rm(home, { recursive: true });
});
