import { closeSync, openSync, writeSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import { rotateFile } from "#cli/rotate-output.ts";

test("an output file that is too large is moved aside while it is open, and only so many are kept", async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), "daisy-output-"));
  const file = path.join(folder, "airflow-scheduler.err");
  const open = openSync(file, "a");
  for (let line = 1; line <= 9; line++) {
    writeSync(open, `line ${line}\n`);
    rotateFile(file, 10, 3);
  }
  closeSync(open);
  // Two lines are too many: 1 and 2 have been dropped.
  t.deepEqual(
    (await readdir(folder)).sort(),
    ["", ".1", ".2", ".3"].map((end) => `airflow-scheduler.err${end}`),
  );
  const texts = await Promise.all([".3", ".2", ".1", ""].map((end) => readFile(`${file}${end}`, "utf8")));
  t.is(texts.join(""), [3, 4, 5, 6, 7, 8, 9].map((line) => `line ${line}\n`).join(""));
  rotateFile(path.join(folder, "none"));
  await rm(folder, { recursive: true });
});
