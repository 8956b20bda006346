// `npm run bench [-- scenario …]`: runs every benchmark, or those named, and prints JSON. Targets: docs/performance.md.
import { cpus, totalmem } from "node:os";
import { chain40 } from "./scenarios/chain-40.ts";
import { deferred10000 } from "./scenarios/deferred-10000.ts";
import { fanOut1000 } from "./scenarios/fan-out-1000.ts";
import { idleDags5000 } from "./scenarios/idle-dags-5000.ts";
import { mapped10000 } from "./scenarios/mapped-10000.ts";
import { tenThousandTasks } from "./scenarios/ten-thousand-tasks.ts";
import { workshop } from "./scenarios/workshop.ts";

const SCENARIOS: Record<string, () => Promise<object>> = {
  "chain-40": chain40,
  "fan-out-1000": fanOut1000,
  "ten-thousand-tasks": tenThousandTasks,
  "mapped-10000": mapped10000,
  "idle-dags-5000": idleDags5000,
  "deferred-10000": deferred10000,
  workshop,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in SCENARIOS));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(", ")}; there are ${Object.keys(SCENARIOS).join(", ")}`);
  process.exit(2);
}
const results: Record<string, object> = {};
for (const name of asked.length > 0 ? asked : Object.keys(SCENARIOS)) {
  console.error(`Running ${name}`);
  results[name] = await SCENARIOS[name]!();
}
const machine = { cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), node: process.versions.node };
console.log(JSON.stringify({ machine, results }, null, 2));
