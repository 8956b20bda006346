import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Fault, OUTAGE_MS, underLoad, withoutRedis } from "../fault.ts";
import { silence } from "../recovery.ts";

const FAULTS: readonly Fault[] = [
  {
    title: "Redis loses everything (FLUSHALL)",
    goal: { what: "the longest that nothing starts", seconds: 2 },
    impossible: withoutRedis,
    play: underLoad(async (rig) => {
      await flushAll(rig.bench.services.brokerUrl!);
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
];
export default FAULTS;

async function flushAll(brokerUrl: string): Promise<void> {
  const { port, hostname, password } = new URL(brokerUrl);
  const socket = connect(Number(port), hostname);
  socket.end(`AUTH ${password}\r\nFLUSHALL\r\nQUIT\r\n`);
  let answer = "";
  for await (const chunk of socket) answer += chunk;
  if (answer !== "+OK\r\n+OK\r\n+OK\r\n") throw new Error(`Redis answered ${answer}`);
}
