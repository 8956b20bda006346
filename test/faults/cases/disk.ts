import { setTimeout as sleep } from "node:timers/promises";
import { createTinyDisk, whyNoTinyDisk } from "#test/helpers/tiny-disk.ts";
import { until } from "#test/helpers/until.ts";
import { type Fault, OUTAGE_MS, UNDER_WAY } from "../fault.ts";
import { silence } from "../recovery.ts";
import { crash, Rig } from "../rig.ts";

/** A new database takes 40 MB, its log 16 MB a file. */
const DATABASE_MEGABYTES = 160;

const FAULTS: readonly Fault[] = [
  {
    title: "the disk under the task logs is full",
    goal: { what: "the longest that nothing starts", seconds: 3 },
    impossible: whyNoTinyDisk,
    async play({ rig, isInOrder }) {
      await using disk = await createTinyDisk(1);
      await disk.fill();
      await Promise.all(rig.alive("worker").map(crash));
      const worker = await rig.startOne("worker", { AIRFLOW__LOGGING__BASE_LOG_FOLDER: disk.folder });
      const load = await rig.startLoad();
      const measured = silence();
      await load.arrive();
      await isInOrder(load, measured);
      await crash(worker);
    },
  },
  {
    title: "the disk under the database is full",
    goal: { what: "the longest that nothing starts after it has room again", seconds: 3 },
    impossible: whyNoTinyDisk,
    async play({ t, isInOrder }) {
      await using disk = await createTinyDisk(DATABASE_MEGABYTES);
      const rig = await Rig.start({ postgresFolder: `${disk.folder}/postgres` });
      try {
        rig.takeAll();
        rig.conduct.begin();
        const load = await rig.startLoad();
        await load.untilStarted(UNDER_WAY);
        await disk.fill();
        await until("the database refuses to grow", () => cannotGrow(rig));
        await sleep(OUTAGE_MS);
        await disk.free();
        // It gives up when there is no room for its log; then somebody has to start it again.
        const answers = await rig.bench.database.query("select").then(
          () => true,
          () => false,
        );
        if (!answers) await rig.bench.services.postgres.restart();
        const measured = silence();
        await load.arrive();
        await isInOrder(load, measured);
        const processes = rig.takeAll();
        t.log(rig.conduct.describe(processes));
        t.deepEqual(rig.conduct.complaints(processes), []);
      } finally {
        await rig.bench[Symbol.asyncDispose]();
      }
    },
  },
];
export default FAULTS;

/** Whether a table cannot take a megabyte, because the disk is full or the server has given up. */
async function cannotGrow(rig: Rig): Promise<boolean> {
  const grow = "create table growing as select repeat(md5(i::text), 30) from generate_series(1, 1000) as i";
  return rig.bench.database.query(grow).then(
    () => rig.bench.database.query("drop table growing").then(() => false),
    () => true,
  );
}
