// A function of a Python file, run by python3 in a process of its own. The file is imported like a module; its text
// travels with the DAG's code. Arguments and result are JSON.
import { Dag, pythonFunction } from "daisy";
import steps from "./example_python_steps.py";

const dag = new Dag("example_python", { description: "A function of a Python file", tags: ["example"] });

const fares = dag.task("fares", async () => [12.5, 7, 9])();

const summary = dag.task(
  "summarize",
  pythonFunction({ file: steps, function: "summarize", opKwargs: { unit: "francs" } }),
)({ fares });

dag.task("report", async ({ summary }: { summary: { mean: number; unit: string } }) => {
  console.log(`The mean fare is ${summary.mean} ${summary.unit}`);
})({ summary });
