import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import test from "ava";
import ts from "typescript";
import { Dag } from "#sdk/dag.ts";
import { bundleDagFile } from "./bundle.ts";
import { atStep, dagFile } from "./steps.ts";

const repository = fileURLToPath(new URL("../../", import.meta.url));

/** Task ids in order, by the step that brings them. */
const TASKS: readonly (readonly [step: number, ids: readonly string[]])[] = [
  [2, ["CsvExampleGen"]],
  [3, ["StatisticsGen", "SchemaGen", "ExampleValidator"]],
  [4, ["Transform"]],
  [5, ["Trainer"]],
  [6, ["latest_blessed_model_resolver", "Evaluator"]],
  [7, ["Pusher"]],
];

const tasksAt = (step: number) => TASKS.filter(([first]) => first <= step).flatMap(([, ids]) => ids);

for (const [step] of TASKS) {
  test(`with the steps up to ${step} uncommented, the taxi DAG has the tasks of those steps`, async (t) => {
    const dag = await loadDag(await atStep("taxi_pipeline.ts", step));
    t.is(dag.dagId, "taxi");
    t.deepEqual(dag.taskIds, tasksAt(step));
    t.deepEqual(dag.spec, { schedule: null, startDate: new Date("2019-01-01") });
  });
}

test("uncommenting twice changes nothing, and leaves no step line commented", async (t) => {
  const complete = await atStep("taxi_pipeline.ts", 7);
  const again = complete.replace(/^(\s*)\/\/ (.*\/\/ Step \d)$/gm, "$1$2");
  t.is(again, complete);
});

test("a producer whose list line is still commented is named when the file is parsed", async (t) => {
  const text = (await atStep("taxi_pipeline.ts", 4)).replace(/^ +inferSchema, .*$/m, "");
  await t.throwsAsync(loadDag(text), {
    message:
      "Components is not in topological order: ExampleValidator needs SchemaGen, which is not in the pipeline's components.",
  });
});

test("the solution is the exercise with every step done, under its own name and with its own module", async (t) => {
  const solution = await readFile(dagFile("taxi_pipeline_solution.ts"), "utf8");
  const dag = await loadDag(solution);
  t.is(dag.dagId, "taxi_solution");
  t.deepEqual(dag.taskIds, tasksAt(7));
  t.regex(solution, /"dags", "taxi_utils_solution\.ts"/);
  t.regex(await readFile(dagFile("taxi_pipeline.ts"), "utf8"), /"dags", "taxi_utils\.ts"/);
  const body = (text: string) => text.slice(text.indexOf("function createPipeline"));
  const done = (await atStep("taxi_pipeline.ts", 7)).replaceAll(/ \/\/ Step \d$/gm, "");
  t.is(body(solution), body(done));
});

test("every step of the exercise and the solution type-check", async (t) => {
  const files = new Map<string, string>();
  for (const [step] of TASKS) {
    files.set(path.join(repository, "dags", `taxi_pipeline_step_${step}.ts`), await atStep("taxi_pipeline.ts", step));
  }
  t.deepEqual(typeErrors(files), []);
});

/** Errors of virtual files, checked with the project's own options. */
function typeErrors(files: ReadonlyMap<string, string>): string[] {
  const config = ts.readConfigFile(path.join(repository, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, repository);
  const host = ts.createCompilerHost(options);
  const { readFile: readDisk, fileExists } = host;
  host.readFile = (name) => files.get(path.normalize(name)) ?? readDisk(name);
  host.fileExists = (name) => files.has(path.normalize(name)) || fileExists(name);
  const program = ts.createProgram([...files.keys()], { ...options, incremental: false }, host);
  return [...files.keys()].flatMap((name) => {
    const source = program.getSourceFile(name);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      (diagnostic) => `${path.basename(name)}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, " ")}`,
    );
  });
}

/** Bundles a DAG file's text as the parser does, loads it, and returns what it exports as `DAG`. */
async function loadDag(text: string): Promise<Dag> {
  const folder = await mkdtemp(path.join(tmpdir(), "daisy-dag-"));
  try {
    const file = path.join(folder, "dag.mjs");
    await writeFile(file, await bundleDagFile(text));
    const { DAG } = (await import(pathToFileURL(file).href)) as { DAG: Dag };
    Dag.read(DAG);
    return DAG;
  } finally {
    await rm(folder, { recursive: true });
  }
}
