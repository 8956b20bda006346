import { cp, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { type Fault, OUTAGE_MS, underLoad, withoutRedis } from "../fault.ts";
import { silence } from "../recovery.ts";
import type { Rig } from "../rig.ts";

const FAULTS: readonly Fault[] = [
  {
    title: "Redis loses everything (FLUSHALL)",
    goal: { what: "the longest that nothing starts", seconds: 2 },
    impossible: withoutRedis,
    play: underLoad(async (rig) => {
      await tell(rig, (redis) => redis.flushall());
      return silence();
    }),
  },
  {
    title: "Redis is killed and started again",
    goal: { what: "the longest that nothing starts after its return", seconds: 2 },
    impossible: withoutRedis,
    play: underLoad(async (rig) => {
      process.kill(Number(await readFile(path.join(rig.bench.home, "redis", "redis.pid"), "utf8")), "SIGKILL");
      await sleep(OUTAGE_MS);
      await rig.bench.services.redis!.restart();
      return silence();
    }),
  },
  {
    title: "Redis is full, and refuses to take more",
    goal: { what: "the longest that nothing starts after it has room again", seconds: 2 },
    impossible: withoutRedis,
    play: underLoad(async (rig) => {
      await tell(rig, (redis) => redis.config("SET", "maxmemory", "1mb"));
      await sleep(OUTAGE_MS);
      await tell(rig, (redis) => redis.config("SET", "maxmemory", "0"));
      return silence();
    }),
  },
  {
    title: "Redis is restored from an old snapshot",
    goal: { what: "the longest that nothing starts after its return", seconds: 2 },
    impossible: withoutRedis,
    play: underLoad(async (rig, load) => {
      const data = path.join(rig.bench.home, "redis", "appendonlydir");
      const snapshot = path.join(rig.bench.home, "redis-snapshot");
      await cp(data, snapshot, { recursive: true });
      await load.untilStarted(SINCE_THE_SNAPSHOT);
      const { redis } = rig.bench.services;
      await redis!.stop();
      await rm(data, { recursive: true });
      await cp(snapshot, data, { recursive: true });
      await rm(snapshot, { recursive: true });
      await redis!.restart();
      return silence();
    }),
  },
];
export default FAULTS;

/** Executions by which the snapshot has grown old: it has jobs of many that have ended, and lacks those of others. */
const SINCE_THE_SNAPSHOT = 90;

async function tell(rig: Rig, command: (redis: Redis) => Promise<unknown>): Promise<void> {
  const redis = new Redis(rig.bench.services.brokerUrl!);
  await command(redis).finally(() => redis.disconnect());
}
