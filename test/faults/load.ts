import type { DagPromise } from "./audit.ts";
import { ledgerHelpers } from "./ledger.ts";

/** A DAG of the load: its file, and what its runs are held to. */
export interface LoadDag {
  readonly dagId: string;
  readonly source: string;
  readonly promise: DagPromise;
}

/** What the DAGs need to know of the place they run in. */
export interface Place {
  readonly ledger: string;
  /** A folder in which the file sensor of a run waits for a file with the name of the run. */
  readonly arrivals: string;
}

const CHAIN = 6;
const FAN_OUT = 50;
const MAPPED = 100;
const INTERVALS = 12;
const BESIDE = 4;

/** The mixed load: every way in which the scheduler decides, with tasks that take a tenth of a second. */
export function mixedLoad(place: Place): LoadDag[] {
  const dag = (dagId: string, body: string, promise: DagPromise): LoadDag => ({
    dagId,
    source: `${ledgerHelpers(place.ledger)}\nconst dag = new Dag("${dagId}");\n${body}`,
    promise,
  });
  return [
    dag("chain", CHAIN_BODY, { order: pairs(steps("step", CHAIN)) }),
    dag("fan_out", FAN_OUT_BODY, {
      order: steps("leaf", FAN_OUT).flatMap((leaf) => [["source", leaf] as const, [leaf, "sink"] as const]),
    }),
    dag("rules", RULES_BODY, {
      // Its only leaf runs whatever happens above.
      states: { fails: "failed", stopped: "upstream_failed", unneeded: "skipped", passed_over: "skipped" },
      order: [
        ["fails", "rescue"],
        ["works", "any"],
        ["any", "last"],
        ["rescue", "last"],
      ],
    }),
    dag("retries", RETRIES_BODY, { retries: { flaky: 2 }, order: [["flaky", "after"]] }),
    dag("mapped", MAPPED_BODY, {
      mapped: { item: MAPPED },
      order: [
        ["items", "item"],
        ["item", "total"],
      ],
    }),
    dag("sensors", SENSORS_BODY.replace("ARRIVALS", place.arrivals), {
      silent: ["file"],
      waiting: ["reschedule", "deferred"],
      order: [
        ["reschedule", "arrived"],
        ["deferred", "arrived"],
      ],
    }),
  ];
}

/** A DAG whose schedule has made a known list of intervals due by the time its file is found. */
export function intervalsLoad({ ledger }: Place, dagId: string): LoadDag {
  const start = Date.UTC(2024, 0, 1);
  const days = Array.from({ length: INTERVALS }, (_, day) => new Date(start + day * 86_400_000).toISOString());
  const source = `${ledgerHelpers(ledger)}
const dag = new Dag("${dagId}", {
  schedule: "@daily", catchup: true, maxActiveRuns: 4,
  startDate: new Date("${days[0]}"), endDate: new Date("${days.at(-1)}"),
});
dag.task("day", () => work())();
`;
  return { dagId, source, promise: { intervals: days, tasks: ["day"] } };
}

/** A DAG with a task that takes down its worker each time, and others that run beside it. */
export function poisonLoad({ ledger }: Place): LoadDag {
  const source = `${ledgerHelpers(ledger)}
const dag = new Dag("poison");
dag.task("kills", async () => { begin(); process.kill(process.ppid, "SIGKILL"); await sleep(60_000); })();
for (let index = 0; index < ${BESIDE}; index++) dag.task("beside_" + index, () => work(2_000))();
`;
  const promise = { runState: "failed", states: { kills: "failed" }, tasks: steps("beside", BESIDE) } as const;
  return { dagId: "poison", source, promise };
}

/** A DAG with a task of the queue `distant`, which the usual workers do not serve. */
export function distantLoad({ ledger }: Place): LoadDag {
  const source = `${ledgerHelpers(ledger)}
const dag = new Dag("distant");
daisy.chain(
  dag.task("near", () => work())(),
  dag.task("far", () => work(), { queue: "distant" })(),
  dag.task("home", () => work())(),
);
`;
  return { dagId: "distant", source, promise: { order: pairs(["near", "far", "home"]) } };
}

const steps = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}_${index}`);
const pairs = (names: readonly string[]) => names.slice(1).map((below, index) => [names[index]!, below] as const);

const CHAIN_BODY = `
daisy.chain(...Array.from({ length: ${CHAIN} }, (_, index) => dag.task("step_" + index, () => work())()));
`;

const FAN_OUT_BODY = `
const source = dag.task("source", () => work())();
const sink = dag.task("sink", () => work())();
for (let index = 0; index < ${FAN_OUT}; index++) daisy.chain(source, dag.task("leaf_" + index, () => work())(), sink);
`;

const RULES_BODY = `
const works = dag.task("works", () => work())();
const fails = dag.task("fails", async () => { await work(); throw new Error("This task always fails"); })();
const rule = (taskId, triggerRule, ...above) => {
  const task = dag.task(taskId, () => work(), { triggerRule })();
  for (const each of above) each.before(task);
  return task;
};
const below = [
  rule("stopped", "all_success", works, fails),
  rule("rescue", "one_failed", fails),
  rule("unneeded", "all_failed", works),
  rule("any", "one_success", works),
];
below.push(rule("passed_over", "all_skipped", below[3]));
rule("last", "all_done", ...below);
`;

const RETRIES_BODY = `
const flaky = dag.task("flaky", async () => {
  await work();
  if (getContext().tryNumber < 3) throw new Error("Not yet");
}, { retries: 2, retryDelay: 0.2 })();
flaky.before(dag.task("after", () => work())());
`;

const MAPPED_BODY = `
const items = dag.task("items", async () => { await work(); return Array.from({ length: ${MAPPED} }, (_, index) => index); })();
const each = dag.task("item", async ({ item }) => { await work(); return item; }).expand({ item: items });
dag.task("total", async ({ all }) => {
  await work();
  const sum = all.reduce((one, other) => one + other, 0);
  if (sum !== ${(MAPPED * (MAPPED - 1)) / 2}) throw new Error("The items' sum is " + sum);
})({ all: each });
`;

const SENSORS_BODY = `
// The first pokes come within the first second, so they wait whatever the fault does.
const poke = async () => { const beat = begin(); await sleep(20); beat("end"); return Date.now() - since() > 1_000; };
const since = () => Number(/(\\d+)$/.exec(getContext().runId)[1]);
const reschedule = dag.task("reschedule", daisy.sensor(poke, { mode: "reschedule", pokeInterval: 0.3 }))();
const deferred = dag.task("deferred", daisy.sensor(poke, { deferrable: true, pokeInterval: 0.3 }))();
const file = dag.task("file", daisy.fileSensor({ filepath: "ARRIVALS/{{ run_id }}", deferrable: true, pokeInterval: 0.2 }))();
const arrived = dag.task("arrived", () => work())();
for (const above of [reschedule, deferred, file]) above.before(arrived);
`;
