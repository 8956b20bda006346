import { setTimeout as sleep } from "node:timers/promises";
import { type Fault, OUTAGE_MS, underLoad } from "../fault.ts";
import { silence } from "../recovery.ts";

const FAULTS: readonly Fault[] = [
  {
    title: "PostgreSQL stops and starts again",
    goal: { what: "the longest that nothing starts after its return", seconds: 3 },
    play: underLoad(async (rig) => {
      await rig.bench.services.postgres.stop();
      await sleep(OUTAGE_MS);
      await rig.bench.services.postgres.restart();
      return silence();
    }),
  },
  {
    title: "all of Daisy's connections to the database are ended, several times",
    goal: { what: "the longest that nothing starts", seconds: 3 },
    play: underLoad(async (rig) => {
      const measured = silence();
      for (let times = 0; times < 5; times++) {
        await rig.bench.database.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
            where usename = current_user and application_name <> 'daisy-bench'`,
        );
        await sleep(100);
      }
      return measured;
    }),
  },
];
export default FAULTS;
