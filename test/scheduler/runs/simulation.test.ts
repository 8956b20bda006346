import test from "ava";
import { failureOf } from "./simulation/simulate.ts";

/** `DAISY_SIMULATIONS=100000` simulates more runs; what fails is told with its seed. */
const COUNT = Number(process.env.DAISY_SIMULATIONS ?? 30_000);
const SHARDS = 10;

for (let shard = 0; shard < SHARDS; shard++) {
  const first = Math.floor((COUNT / SHARDS) * shard);
  const end = Math.floor((COUNT / SHARDS) * (shard + 1));
  test(`simulated runs ${first} to ${end - 1} break no rule`, (t) => {
    t.timeout(600_000);
    for (let seed = first; seed < end; seed++) t.is(failureOf(seed), undefined);
  });
}
