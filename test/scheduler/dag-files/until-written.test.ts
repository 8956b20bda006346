import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import { untilWritten } from "#scheduler/dag-files/until-written.ts";

const FOREVER_MS = 3_600_000;

test("a file that was emptied is waited for until it is written", async (t) => {
  await using folder = await createFolder();
  const file = path.join(folder.path, "dag.ts");
  await writeFile(file, "");
  let isOver = false;
  const waited = untilWritten(file, FOREVER_MS).then(() => {
    isOver = true;
  });
  // Its own look at the file is older than these.
  for (let looks = 0; looks < 3; looks++) await stat(file);
  t.false(isOver);
  await writeFile(file, "x");
  await waited;
  t.true(isOver);
});

test("one that stays empty is taken as it is, and one that is not there, or has content, at once", async (t) => {
  await using folder = await createFolder();
  await writeFile(path.join(folder.path, "empty.ts"), "");
  await writeFile(path.join(folder.path, "full.ts"), "x");
  await untilWritten(path.join(folder.path, "empty.ts"), 1);
  await untilWritten(path.join(folder.path, "full.ts"), FOREVER_MS);
  await untilWritten(path.join(folder.path, "missing.ts"), FOREVER_MS);
  await t.notThrowsAsync(untilWritten(folder.path, FOREVER_MS));
});

async function createFolder() {
  const folder = await mkdtemp(path.join(tmpdir(), "daisy-until-written-"));
  return { path: folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}
