import test from "ava";
import { audit, type Evidence, type InstanceRow, RULES } from "./audit.ts";
import { type Execution, executionsOf, type LedgerLine } from "./ledger.ts";
import { longestSilence, timesToStartAgain } from "./recovery.ts";

const RUN = "dag/one";
const RUNS = [RUN, "dag/two"];
/** The same in each run. */
const inEach = <T extends object>(...all: readonly T[]) => RUNS.flatMap((run) => all.map((each) => ({ ...each, run })));
const first = { run: RUN, taskId: "first", mapIndex: -1, tryNumber: 1, worker: 1, from: 0, to: 10, ended: true };
const second = { ...first, taskId: "second", from: 20, to: 30 };
const item = (mapIndex: number): Execution => ({ ...first, taskId: "item", mapIndex, from: 40, to: 50 });
const row = (taskId: string, mapIndex = -1): InstanceRow => {
  return { dagId: "dag", run: RUN, taskId, mapIndex, state: "success", tryNumber: 1 };
};
const task = (taskId: string, ...states: (string | null)[]) =>
  states.slice(1).map((to, index) => ({ kind: "task", of: taskId, from: states[index]!, to }) as const);

/** Runs in which all is as it should be. */
const GOOD: Evidence = {
  promises: {
    dag: {
      order: [
        ["first", "second"],
        ["second", "item"],
      ],
      mapped: { item: 2 },
      states: { unneeded: "skipped" },
      silent: ["file"],
      waiting: ["sensor"],
      tasks: ["lone"],
      marked: ["marked"],
      intervals: ["2024-01-01", "2024-01-02"],
      retries: { second: 1 },
    },
  },
  runs: [
    { dagId: "dag", run: RUN, state: "success", logicalDate: "2024-01-01" },
    { dagId: "dag", run: RUNS[1]!, state: "success", logicalDate: "2024-01-02" },
  ],
  instances: inEach<InstanceRow>(
    row("first"),
    row("second"),
    row("item", 0),
    row("item", 1),
    { ...row("unneeded"), state: "skipped" },
    row("file"),
    row("sensor"),
    row("lone"),
    row("marked"),
  ),
  moves: [
    ...task("first", null, "scheduled", "queued", "running", "success"),
    ...task("second", null, "queued", "running", "up_for_retry", "scheduled", "queued", "running", "success"),
    { kind: "run", of: RUN, from: "queued", to: "running" },
    { kind: "run", of: RUN, from: "running", to: "success" },
  ],
  executions: inEach<Execution>(
    first,
    second,
    item(0),
    item(1),
    { ...first, taskId: "sensor", from: 60, to: 61 },
    { ...first, taskId: "sensor", from: 70, to: 71 },
    { ...first, taskId: "lone" },
    { ...first, taskId: "marked", ended: false },
  ),
};

test("runs in which all is as it should be give no violation", (t) => {
  t.deepEqual(audit(GOOD), []);
});

interface Case {
  readonly rule: string;
  readonly title: string;
  /** What differs from the good evidence. */
  readonly bad: Partial<Evidence>;
}

const changeInstance = (taskId: string, change: Partial<InstanceRow>): Partial<Evidence> => {
  const instances = GOOD.instances.map((each) => (each.taskId === taskId ? { ...each, ...change } : each));
  return { instances };
};
const withExecutions = (...more: Execution[]): Partial<Evidence> => ({ executions: [...GOOD.executions, ...more] });
const changeExecution = (taskId: string, change: Partial<Execution>): Partial<Evidence> => {
  return { executions: GOOD.executions.map((each) => (each.taskId === taskId ? { ...each, ...change } : each)) };
};
const changeRun = (index: number, change: Partial<Evidence["runs"][number]>): Partial<Evidence> => {
  return { runs: GOOD.runs.map((run, place) => (place === index ? { ...run, ...change } : run)) };
};
const withMoves = (...more: Evidence["moves"]): Partial<Evidence> => ({ moves: [...GOOD.moves, ...more] });

const CASES: readonly Case[] = [
  { rule: "every run ends", title: "a run that goes on", bad: changeRun(0, { state: "running" }) },
  { rule: "every run ends", title: "a run that failed", bad: changeRun(0, { state: "failed" }) },
  { rule: "every task instance ends", title: "one that waits", bad: changeInstance("first", { state: "queued" }) },
  { rule: "every task instance ends", title: "one without a state", bad: changeInstance("first", { state: null }) },
  {
    rule: "every task instance ends",
    title: "one that ran although its rule says no",
    bad: { ...changeInstance("unneeded", { state: "success" }), ...withExecutions({ ...first, taskId: "unneeded" }) },
  },
  {
    rule: "every task instance ends",
    title: "a map with an instance too few",
    bad: { instances: GOOD.instances.filter(({ mapIndex }) => mapIndex !== 1) },
  },
  ...["first", "unneeded", "file", "sensor", "lone", "marked"].map((taskId) => ({
    rule: "every task instance ends",
    title: `a run that has lost its instance of ${taskId}`,
    bad: {
      instances: GOOD.instances.filter((each) => each.run === RUN || each.taskId !== taskId),
      executions: GOOD.executions.filter((each) => each.run === RUN || each.taskId !== taskId),
    },
  })),
  {
    rule: "every task instance ends",
    title: "a task that is not mapped with two instances",
    bad: { instances: [...GOOD.instances, row("file")] },
  },
  {
    rule: "no two executions",
    title: "two tries that overlap",
    bad: withExecutions({ ...second, tryNumber: 2, worker: 2, from: 29, to: 35 }),
  },
  {
    rule: "no two executions",
    title: "a long one with a short one after another short one inside it",
    bad: {
      executions: [
        { ...first, to: 19 },
        { ...first, tryNumber: 2, from: 2, to: 3 },
        { ...first, tryNumber: 3, from: 5, to: 6 },
      ],
    },
  },
  { rule: "a try is executed once", title: "one try twice", bad: withExecutions({ ...item(1), from: 55, to: 56 }) },
  {
    rule: "nothing above happens",
    title: "a task that starts before the one above has ended",
    bad: changeExecution("first", { to: 21 }),
  },
  {
    rule: "nothing above happens",
    title: "one instance of a map that starts too early",
    bad: withExecutions({ ...item(1), tryNumber: 2, from: 25, to: 26 }),
  },
  {
    rule: "tries are bounded",
    title: "a fifth try of a task without retries",
    bad: changeInstance("first", { tryNumber: 5 }),
  },
  {
    rule: "tries are bounded",
    title: "a try too many that only the ledger knows",
    bad: withExecutions({ ...second, tryNumber: 6, from: 32, to: 33 }),
  },
  { rule: "every interval", title: "an interval twice", bad: changeRun(1, { logicalDate: "2024-01-01" }) },
  { rule: "every interval", title: "an interval that is missing", bad: { runs: GOOD.runs.slice(0, 1) } },
  {
    rule: "every interval",
    title: "an interval that nobody asked for",
    bad: changeRun(1, { logicalDate: "2024-01-03" }),
  },
  {
    rule: "only allowed moves",
    title: "a task instance out of its end",
    bad: withMoves(...task("first", "success", "running")),
  },
  {
    rule: "only allowed moves",
    title: "a claim of what is not queued",
    bad: withMoves(...task("first", null, "running")),
  },
  {
    rule: "only allowed moves",
    title: "a run that begins again by itself",
    bad: withMoves({ kind: "run", of: RUN, from: "success", to: "running" }),
  },
  { rule: "no success without", title: "a task cut short", bad: changeExecution("second", { ended: false }) },
  {
    rule: "nothing that is marked",
    title: "a mark that did not stop its task",
    bad: changeExecution("marked", { ended: true }),
  },
  { rule: "no success without", title: "a try that never ran", bad: changeInstance("second", { tryNumber: 2 }) },
];

for (const { rule, title, bad } of CASES) {
  test(`the auditor sees ${title}`, (t) => {
    const found = audit({ ...GOOD, ...bad });
    t.true(
      found.some((violation) => violation.startsWith(rule)),
      `${rule}: ${JSON.stringify(found)}`,
    );
  });
}

test("each rule has a case that violates it", (t) => {
  const untried = Object.keys(RULES).filter((rule) => !CASES.some((each) => rule.startsWith(each.rule)));
  t.deepEqual(untried, []);
});

test("executions are read from the lines of the ledger, whatever their order", (t) => {
  const line = { run: RUN, taskId: "first", mapIndex: -1, tryNumber: 1, worker: 1, execution: "a" };
  const lines: LedgerLine[] = [
    { ...line, execution: "b", tryNumber: 2, event: "start", at: 50 },
    { ...line, event: "start", at: 10 },
    { ...line, event: "beat", at: 30 },
    { ...line, execution: "b", tryNumber: 2, event: "end", at: 60 },
  ];
  t.deepEqual(executionsOf(lines), [
    { ...first, from: 10, to: 30, ended: false },
    { ...first, tryNumber: 2, from: 50, to: 60, ended: true },
  ]);
});

test("recovery is the time to the next execution of what was lost, or the longest silence", (t) => {
  const lost = { ...first, from: 100, to: 200, ended: false };
  const again = { ...lost, tryNumber: 2, worker: 2, from: 1_200, to: 1_300, ended: true };
  t.deepEqual(timesToStartAgain([first, { ...second, ended: false, worker: 3 }, lost, again], 1, 250), [950]);
  t.is(longestSilence([first, lost, again, { ...again, from: 1_250 }], 50), 1_100);
  t.is(longestSilence([first], 50), 0);
});
