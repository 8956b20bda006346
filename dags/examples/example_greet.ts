// Two tasks, and a value that goes from one to the other: what a task returns is the input of the tasks that name it.
import { Dag } from "daisy";

const dag = new Dag("example_greet", { description: "A value goes from one task to the next", tags: ["example"] });

const name = dag.task("name", async () => "Daisy")();

dag.task("hello", async ({ name }: { name: string }) => {
  console.log(`Hello ${name}`);
})({ name });
