import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { type Fault, OUTAGE_MS, underLoad } from "../fault.ts";
import { silence } from "../recovery.ts";
import type { Rig } from "../rig.ts";

/** Fewer than each process has open already. */
const TOO_FEW = 20;

const FAULTS: readonly Fault[] = [
  {
    title: "no process of Daisy's may open another file or connection",
    goal: { what: "the longest that nothing starts after they may again", seconds: 3 },
    impossible: () => (hasPrlimit() ? undefined : "there is no prlimit"),
    play: underLoad(async (rig) => {
      limitFiles(rig, String(TOO_FEW));
      await sleep(OUTAGE_MS);
      limitFiles(rig, "1024");
      return silence();
    }),
  },
];
export default FAULTS;

/** The limit that a process may raise again by itself. */
function limitFiles(rig: Rig, most: string): void {
  for (const { pid } of rig.all()) execFileSync("prlimit", ["--pid", String(pid), `--nofile=${most}:`]);
}

function hasPrlimit(): boolean {
  try {
    execFileSync("prlimit", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
