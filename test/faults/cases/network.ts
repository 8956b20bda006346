import { setTimeout as sleep } from "node:timers/promises";
import { createTcpGate, type TcpGate } from "#test/worker/tcp-gate.ts";
import { type Fault, OUTAGE_MS, type Scene, withoutRedis } from "../fault.ts";
import { silence } from "../recovery.ts";
import { onlyThese } from "../rig.ts";

const FAULTS: readonly Fault[] = [
  {
    title: "the network to the database is slow, and then is cut",
    goal: { what: "the longest that nothing starts after its return", seconds: 3 },
    async play(scene) {
      await using gate = await createTcpGate(scene.rig.bench.services.databaseUrl);
      gate.slow(20);
      await behind(scene, { AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: gate.url }, async () => {
        gate.shut();
        await sleep(OUTAGE_MS);
        gate.open();
      });
    },
  },
  {
    title: "the network swallows what is sent to the database, and nobody is told",
    goal: { what: "the longest that nothing starts after its return", seconds: 10 },
    async play(scene) {
      await using gate = await createTcpGate(scene.rig.bench.services.databaseUrl);
      await behind(scene, { AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: gate.url }, () => swallow(gate));
    },
  },
  {
    title: "the network swallows what is sent to a database that is the queue too, and nobody is told",
    goal: { what: "the longest that nothing starts after its return", seconds: 10 },
    async play(scene) {
      await using gate = await createTcpGate(scene.rig.bench.services.databaseUrl);
      const settings = { AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: gate.url, AIRFLOW__CELERY__BROKER_URL: "" };
      await behind(scene, settings, () => swallow(gate));
    },
  },
  {
    title: "the network swallows what is sent to Redis, and nobody is told",
    goal: { what: "the longest that nothing starts after its return", seconds: 10 },
    impossible: withoutRedis,
    async play(scene) {
      await using gate = await createTcpGate(scene.rig.bench.services.brokerUrl!);
      await behind(scene, { AIRFLOW__CELERY__BROKER_URL: gate.url }, () => swallow(gate));
    },
  },
];
export default FAULTS;

/** What was connected stays so, and is dead; what connects afterwards is not. */
async function swallow(gate: TcpGate): Promise<void> {
  gate.swallow();
  await sleep(OUTAGE_MS);
  gate.open();
}

/** Has the load done by one process of each kind, all of them behind a gate, to which something happens. */
async function behind({ rig, isInOrder }: Scene, settings: Record<string, string>, happen: () => Promise<void>) {
  await using ours = await onlyThese(rig, settings);
  const load = await rig.startLoad();
  await load.untilBusy(ours.worker);
  await happen();
  const measured = silence();
  await load.arrive();
  await isInOrder(load, measured);
}
