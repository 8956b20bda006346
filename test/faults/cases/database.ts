import { setTimeout as sleep } from "node:timers/promises";
import { createTcpGate } from "#test/worker/tcp-gate.ts";
import { type Fault, OUTAGE_MS, underLoad } from "../fault.ts";
import { silence } from "../recovery.ts";
import { crash } from "../rig.ts";

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
  {
    title: "a worker's network to the database is slow, and then is cut",
    goal: { what: "the longest that nothing starts after its return", seconds: 3 },
    async play({ rig, isInOrder }) {
      await using gate = await createTcpGate(rig.bench.services.databaseUrl);
      const worker = await rig.startOne("worker", { AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: gate.url });
      try {
        gate.slow(20);
        const load = await rig.startLoad();
        await load.untilBusy(worker);
        gate.shut();
        await sleep(OUTAGE_MS);
        gate.open();
        await load.arrive();
        await isInOrder(load, silence());
      } finally {
        await crash(worker);
      }
    },
  },
];
export default FAULTS;
