import { untilCount } from "#bench/harness.ts";
import { type Fault, PATIENCE_MS } from "../fault.ts";
import { distantLoad } from "../load.ts";
import { crash } from "../rig.ts";

const SCHEDULER = {
  AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT: "4",
  AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL: "0.5",
  // On a machine that has much else to do, others wait as long, and must not fail for it.
  AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES: "100",
};

const FAULTS: readonly Fault[] = [
  {
    title: "the only worker of a queue lives and takes nothing for so long that its task is queued anew, twice",
    async play({ t, rig, isInOrder }) {
      await Promise.all(rig.alive("scheduler").map(crash));
      const ours = await Promise.all([rig.startOne("scheduler", SCHEDULER), rig.startOne("scheduler", SCHEDULER)]);
      const { database } = rig.bench;
      await database.query(
        `insert into job (id, job_type, state, hostname, pid, queues, latest_heartbeat)
         values (gen_random_uuid(), 'WorkerJob', 'running', 'idle.test', 1, '{distant}', now() + interval '1 hour')`,
      );
      try {
        const load = await rig.startLoad(distantLoad(rig.place));
        await load.arrive();
        const takenBack = `select count(*)::integer as count from recorded_move
                            where run = 'distant/${load.runOf("distant")}' and from_state = 'queued' and to_state = 'scheduled'
                              and of like '% far [%'`;
        await untilCount(database, takenBack, 2, PATIENCE_MS);
        ours.push(await rig.startOne("worker", { AIRFLOW__CELERY__DEFAULT_QUEUE: "distant" }));
        await isInOrder(load);
        const { executions } = await load.evidence();
        const tries = executions.filter(({ taskId }) => taskId === "far").map(({ tryNumber }) => tryNumber);
        t.deepEqual(tries, [1], "waiting costs no try");
      } finally {
        await database.query("delete from job where hostname = 'idle.test'");
        await Promise.all(ours.map(crash));
      }
    },
  },
];
export default FAULTS;
