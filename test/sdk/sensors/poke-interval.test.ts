import test from "ava";
import fc from "fast-check";
import { nextPokeInterval, type PokeProgress } from "#sdk/sensors/poke-interval.ts";
import { sensorOptions } from "#sdk/sensors/sensor-options.ts";

const at = (more: Partial<PokeProgress> = {}): PokeProgress => ({
  dagId: "d",
  taskId: "t",
  startedAt: new Date("2024-01-01T00:00:00Z"),
  elapsed: 0,
  pokes: 1,
  ...more,
});
const growing = (more = {}) => sensorOptions({ exponentialBackoff: true, pokeInterval: 5, ...more });

test("without backoff every wait is the poke interval", (t) => {
  for (const pokes of [1, 2, 9]) t.is(nextPokeInterval(sensorOptions({ pokeInterval: 7.5 }), at({ pokes })), 7.5);
});

test("with backoff a wait lies between the doubled interval and twice that, the same for the same poke", (t) => {
  // Airflow's max(int(poke_interval * 2 ** (n - 2)), 1), n being the number of the poke.
  for (const [pokes, least] of [
    [1, 2],
    [2, 5],
    [3, 10],
    [5, 40],
  ] as const) {
    const wait = nextPokeInterval(growing(), at({ pokes }));
    t.true(wait >= least && wait < 2 * least, `${pokes}: ${wait}`);
    t.is(nextPokeInterval(growing(), at({ pokes })), wait);
  }
  const waits = ["a", "b", "c", "d", "e", "f"].map((taskId) => nextPokeInterval(growing(), at({ taskId, pokes: 8 })));
  t.true(new Set(waits).size > 1);
});

test("a wait ends with the sensor's time and with maxWait", (t) => {
  t.is(nextPokeInterval(growing({ timeout: 100 }), at({ pokes: 20, elapsed: 90.7 })), 10);
  t.is(nextPokeInterval(growing({ maxWait: 30 }), at({ pokes: 20 })), 30);
});

test("a sensor that starts anew for each poke tells by the time that has passed which poke it is", (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 300 }), (count, pokeInterval) => {
      const options = growing({ pokeInterval });
      let elapsed = 0;
      for (let pokes = 1; pokes <= count; pokes++) {
        const counted = nextPokeInterval(options, at({ pokes, elapsed }));
        t.is(nextPokeInterval(options, at({ pokes: null, elapsed })), counted);
        elapsed += counted;
      }
    }),
  );
});
