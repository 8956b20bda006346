import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import { findFile, type Listing, readRealFolder } from "#sdk/triggers/find-file.ts";

let folder: string;
test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "daisy-files-"));
  for (const file of ["a.csv", "b.txt", ".hidden", "deep/er/c.csv", "x[1].log"]) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), "");
  }
  await mkdir(path.join(folder, "empty"));
});
test.after.always(() => rm(folder, { recursive: true, force: true }));

const PATTERNS: readonly [pattern: string, recursive: boolean, found: string | undefined][] = [
  ["a.csv", false, "a.csv"],
  ["c.csv", false, undefined],
  ["*.csv", false, "a.csv"],
  ["?.txt", false, "b.txt"],
  ["[ab].csv", false, "a.csv"],
  ["[!a].csv", false, undefined],
  ["*hidden", false, undefined],
  [".hid*", false, ".hidden"],
  ["x[[]1].log", false, "x[1].log"],
  ["deep", false, "deep/er/c.csv"],
  ["empty", false, undefined],
  ["*/er/*.csv", false, "deep/er/c.csv"],
  ["**/c.csv", true, "deep/er/c.csv"],
  ["**/c.csv", false, undefined],
  ["nowhere/*.csv", false, undefined],
];
for (const [pattern, recursive, found] of PATTERNS) {
  test(`${pattern}${recursive ? ", recursively," : ""} finds ${found ?? "nothing"}`, async (t) => {
    const file = await findFile(path.join(folder, pattern), recursive);
    t.is(file?.path, found && path.join(folder, found));
  });
}

test("one sweep reads a folder once, however many patterns look into it", async (t) => {
  const seen = new Map<string, Promise<Listing>>();
  let reads = 0;
  const readFolder = (at: string) => {
    const known = seen.get(at);
    if (known) return known;
    reads += 1;
    const listing = readRealFolder(at);
    seen.set(at, listing);
    return listing;
  };
  await Promise.all(Array.from({ length: 50 }, (_, i) => findFile(path.join(folder, `*.${i}`), false, readFolder)));
  t.is(reads, 1);
});
