// A task that waits until something is there. In mode "reschedule" it takes no worker slot between its pokes.
import { Dag, pokeReturn, sensor } from "daisy";

const dag = new Dag("example_sensor", { description: "Waits for the start of an even second", tags: ["example"] });

const wait = dag.task(
  "wait",
  sensor(
    async () => {
      const second = new Date().getSeconds();
      return pokeReturn(second % 2 === 0, second);
    },
    { mode: "reschedule", pokeInterval: 0.5, timeout: 60 },
  ),
)();

dag.task("tell", async ({ second }: { second: number }) => console.log(`It is second ${second}`))({ second: wait });
