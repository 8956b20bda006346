// Mapped tasks: how many instances a task has is known only when the run gets there. `count` runs once for each word,
// `total` reads all that its instances returned, in the order of their map indexes.
import { Dag, zip } from "daisy";

const dag = new Dag("example_mapped_tasks", { description: "As many tasks as there are words", tags: ["example"] });

const words = dag.task("words", async () => ["rose", "tulip", "lily"])();

const count = dag.task("count", async ({ word, times }: { word: string; times: number }) => word.length * times);
// All instances get the same `times`; each gets another `word`.
const counts = count.partial({ times: 2 }).expand({ word: words });

// A list may be changed on the way, and lists be put side by side.
const capitals = words.map((word) => word.toUpperCase());
dag
  .task("tell", async ({ pair }: { pair: [word: string, count: number] }) => console.log(`${pair[0]}: ${pair[1]}`))
  .expand({ pair: zip(capitals, counts) });

// An instance that returns null gives no item, and one whose item is left out by `filter` is skipped.
dag.task("long", async ({ word }: { word: string }) => word).expand({ word: words.filter((word) => word.length > 4) });

dag.task("total", async ({ counts }: { counts: number[] }) => counts.reduce((a, b) => a + b, 0))({ counts });
