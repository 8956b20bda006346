import { writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { giveClock } from "#test/helpers/database-clock.ts";
import { type Fault, OUTAGE_MS, UNDER_WAY } from "../fault.ts";
import { silence } from "../recovery.ts";
import { onlyThese } from "../rig.ts";

const HOUR_MS = 3_600_000;
const SHIFT_CLOCK = new URL("../shift-clock.mjs", import.meta.url);

/** What the clock shows too much, and then: a jump ahead, and one back. */
const JUMPS_MS = [5 * HOUR_MS, -7 * HOUR_MS];

/** Hours by which the database's clock is ahead, one after the other. */
const HOURS_AHEAD = [1, 2, 3, 4];
/** More than `task_instance_heartbeat_timeout`: by then a scheduler takes tries from workers that are silent. */
const LISTENED_MS = 10_000;

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
  {
    title: "the database's own clock jumps ahead again and again, beside workers that live",
    goal: { what: "the longest that nothing starts", seconds: 3 },
    async play({ t, rig, isInOrder }) {
      const { database } = rig.bench;
      const lost = async () => (await database.query("select from log where event = 'heartbeat timeout'")).rows.length;
      const lostBefore = await lost();
      const clock = await giveClock(database);
      try {
        await using ours = await onlyThese(rig, {});
        await sleep(LISTENED_MS);
        const load = await rig.startLoad();
        const measured = silence();
        for (const hours of HOURS_AHEAD) {
          await load.untilBusy(ours.worker);
          await clock.set(hours);
          await sleep(OUTAGE_MS / HOURS_AHEAD.length);
        }
        await load.arrive();
        await isInOrder(load, measured);
        t.is(await lost(), lostBefore);
      } finally {
        await clock.giveBack();
        // What was alive then did not live that long.
        await database.query("update job set latest_heartbeat = now() where latest_heartbeat > now()");
      }
    },
  },
];
export default FAULTS;
