import { writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Fault, OUTAGE_MS, UNDER_WAY } from "../fault.ts";
import { silence } from "../recovery.ts";
import { onlyThese } from "../rig.ts";

const HOUR_MS = 3_600_000;
const SHIFT_CLOCK = new URL("../shift-clock.mjs", import.meta.url);

/** What the clock shows too much, and then: a jump ahead, and one back. */
const JUMPS_MS = [5 * HOUR_MS, -7 * HOUR_MS];

const FAULTS: readonly Fault[] = [
  {
    title: "the clocks of all of Daisy's machines jump by hours",
    goal: { what: "the longest that nothing starts", seconds: 3 },
    async play({ rig, isInOrder }) {
      const clock = path.join(rig.bench.home, "clock");
      await writeFile(clock, "0");
      const shiftClock = new URL(`?${new URLSearchParams({ clock })}`, SHIFT_CLOCK);
      await using _ours = await onlyThese(rig, { NODE_OPTIONS: `--import=${shiftClock}` });
      const load = await rig.startLoad();
      await load.untilStarted(UNDER_WAY);
      const measured = silence();
      for (const [index, jump] of JUMPS_MS.entries()) {
        await writeFile(clock, String(jump));
        await load.untilStarted(UNDER_WAY * (index + 2));
        await sleep(OUTAGE_MS / JUMPS_MS.length);
      }
      await load.arrive();
      await isInOrder(load, measured);
    },
  },
];
export default FAULTS;
