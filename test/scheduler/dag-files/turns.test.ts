import test from "ava";
import { createLog } from "#core/log.ts";
import type { Listing } from "#scheduler/dag-files/discover.ts";
import { AGAIN, type KnownFile, NEW, newFile, URGENT } from "#scheduler/dag-files/known-file.ts";
import { MissedFiles } from "#scheduler/dag-files/missed-files.ts";
import { Patience } from "#scheduler/dag-files/patience.ts";
import { Reloads } from "#scheduler/dag-files/reloads.ts";
import { Turns } from "#scheduler/dag-files/turns.ts";

test("what somebody changed goes first, then what is new, then what is only tried again; each file once", (t) => {
  const turns = new Turns();
  turns.add("again", { rank: AGAIN, force: true, since: 1 });
  turns.add("new", { rank: NEW, force: false, since: 2 });
  turns.add("changed", { rank: URGENT, force: false, since: 3 });
  turns.add("again2", { rank: AGAIN, force: false, since: 4 });
  turns.add("again", { rank: URGENT, force: false, since: 5 });
  t.deepEqual(turns.take(URGENT), { file: "changed", wish: { rank: URGENT, force: false, since: 3 } });
  t.deepEqual(turns.take(), { file: "again", wish: { rank: URGENT, force: true, since: 1 } });
  t.is(turns.take(URGENT), undefined);
  t.is(turns.take()?.file, "new");
  t.is(turns.take()?.file, "again2");
  t.is(turns.take(), undefined);
});

test("a file may hold up others for as long as files usually take, and longer when it took longer before", (t) => {
  const patience = new Patience();
  t.is(patience.with(), 3);
  for (let n = 0; n < 50; n++) patience.learn(0.01);
  t.is(patience.with(), 1);
  t.is(patience.with(5), 15);
  for (let n = 0; n < 50; n++) patience.learn(2);
  t.true(patience.with() > 7);
});

const loaded = (more: Partial<KnownFile>): KnownFile => ({ ...newFile(), codeHash: "x", seconds: 0.1, ...more });

test("an unchanged file is loaded again when its interval is over, the longest unloaded first, within the share", (t) => {
  const files: [string, KnownFile][] = [
    ["young", loaded({ parsedAt: 990_000 })],
    ["old", loaded({ parsedAt: 10_000 })],
    ["older", loaded({ parsedAt: 5_000 })],
    ["helper", { ...newFile(), parsedAt: 1_000 }],
    ["busy", loaded({ parsedAt: 1_000, isParsing: true })],
  ];
  // A hundredth of 15 seconds, and storing costs something, too.
  const reloads = new Reloads(30, 985_000);
  t.deepEqual(reloads.choose(files, 1_000_000), ["older", "old"]);
});

/** How often each file is loaded again in some seconds, with a look every 30. */
function countLoads(files: readonly [string, KnownFile][], seconds: number): Map<string, number> {
  const reloads = new Reloads(30, 0);
  const counts = new Map(files.map(([name]) => [name, 0]));
  for (let now = 0; now <= seconds * 1000; now += 30_000) {
    for (const name of reloads.choose(files, now)) {
      files.find(([other]) => other === name)![1].parsedAt = now;
      counts.set(name, counts.get(name)! + 1);
    }
  }
  return counts;
}

const many = (count: number, seconds = 0.1): [string, KnownFile][] =>
  Array.from({ length: count }, (_, n) => [`${n}`, loaded({ parsedAt: n - count, seconds })]);

test("thousands of files cost a hundredth of a processor", (t) => {
  const loads = [...countLoads(many(5_000), 6_000).values()].reduce((sum, count) => sum + count, 0);
  t.true(loads * 0.1 > 45 && loads * 0.11 < 62, `${loads} loads in 6000 s`);
});

for (const [title, file] of [
  ["a file that takes 2 s", loaded({ seconds: 2 })],
  ["a file that failed after 2 s", loaded({ seconds: 2, codeHash: undefined, isBroken: true })],
] as const) {
  test(`${title} is loaded again about every 200 s, and others beside it every 30 s`, (t) => {
    const counts = countLoads([["dear", file], ...many(2, 0.01)], 20_000);
    t.true(counts.get("dear")! >= 70 && counts.get("dear")! <= 100, `${counts.get("dear")} times`);
    t.true(counts.get("0")! > 600, `${counts.get("0")} times`);
  });
}

test("files that take long have their turn beside thousands that do not, which do not wait for them", (t) => {
  const middling: [string, KnownFile] = ["middling", loaded({ seconds: 0.8 })];
  const counts = countLoads([["dear", loaded({ seconds: 20 })], middling, ...many(1_000)], 100_000);
  t.true(counts.get("dear")! > 10, `${counts.get("dear")} times`);
  t.true(counts.get("middling")! >= 4, `${counts.get("middling")} times`);
  t.true(counts.get("0")! >= 4, `${counts.get("0")} times`);
});

test("a file whose process had to be killed waits longer each time", (t) => {
  const waits = [1, 2, 3, 20].map((offences) => {
    const file: [string, KnownFile] = ["bad", loaded({ codeHash: undefined, isBroken: true, seconds: 30, offences })];
    const hours = [0, 0.5, 1, 2, 4, 12, 23, 25].find(
      (hour) => new Reloads(30, 0).choose([file], hour * 3_600_000).length > 0,
    );
    return hours;
  });
  t.deepEqual(waits, [1, 2, 4, 25]);
});

const listing = (more: Partial<Listing>): Listing => ({
  files: [],
  directories: [""],
  unreadable: [],
  isBare: false,
  ...more,
});

for (const [title, seen, atOnce] of [
  ["that was deleted", listing({}), true],
  ["whose folder was deleted with others left", listing({ files: ["b.ts"] }), true],
  ["whose DAGs folder is not there", listing({ unreadable: [""] }), false],
  ["whose DAGs folder is empty, as a mount point is", listing({ isBare: true }), false],
  ["whose folder cannot be read", listing({ directories: ["", "sub"], unreadable: ["sub"] }), false],
  ["beside a folder that cannot be read", listing({ directories: ["", "su"], unreadable: ["su"] }), true],
] as const) {
  test(`a file ${title} is given up ${atOnce ? "at once" : "after stale_dag_threshold"}`, (t) => {
    const missed = new MissedFiles(50, createLog("test", "ERROR"));
    t.deepEqual(missed.judge(["sub/a.ts"], seen, 1_000), atOnce ? ["sub/a.ts"] : []);
    if (atOnce) return;
    t.is(missed.soonest, 51_000);
    t.deepEqual(missed.judge(["sub/a.ts"], seen, 50_999), []);
    t.deepEqual(missed.judge(["sub/a.ts"], seen, 51_000), ["sub/a.ts"]);
    t.is(missed.soonest, undefined);
  });
}

test("a file that comes back in time is as if it had never been missed", (t) => {
  const missed = new MissedFiles(50, createLog("test", "ERROR"));
  missed.judge(["a.ts"], listing({ isBare: true }), 1_000);
  t.deepEqual(missed.judge([], listing({ files: ["a.ts"] }), 40_000), []);
  t.deepEqual(missed.judge(["a.ts"], listing({ isBare: true }), 60_000), []);
  t.is(missed.soonest, 110_000);
});
