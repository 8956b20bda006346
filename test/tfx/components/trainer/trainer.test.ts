import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import { Trainer } from "#tfx/components/trainer/component.ts";
import { execute } from "#tfx/components/trainer/executor.ts";
import { columnOf } from "#tfx/data/columns.ts";
import { writeExamples } from "#tfx/data/examples.ts";
import { setExamplesFormat } from "#tfx/data/payload-format.ts";
import { Channel } from "#tfx/pipeline/channel.ts";
import type { Artifact } from "#tfx/types/artifact.ts";
import { Examples, Model, ModelRun, TransformGraph } from "#tfx/types/artifact-type.ts";
import { executorContext, outputArtifact, splitArtifact, temporaryFolder } from "../../helpers/execution.ts";

/** Two splits of four rows: a number, a wide count, a text, and the label. */
async function examplesArtifact(t: ExecutionContext): Promise<Artifact> {
  const examples = splitArtifact(Examples, await temporaryFolder(t), ["train", "eval"]);
  setExamplesFormat(examples, "FORMAT_PARQUET");
  const offsets = Uint32Array.of(0, 1, 2, 3, 4);
  const columns = [
    columnOf({ name: "fare_xf", type: "FLOAT" }, offsets, undefined, [0.5, 1.5, 2.5, 3.5]),
    columnOf({ name: "tract_xf", type: "INT" }, offsets, undefined, [17031980100, 1, 2, 3]),
    columnOf({ name: "company_xf", type: "BYTES" }, offsets, undefined, ["a", "b", "c", "d"]),
    columnOf({ name: "tips", type: "INT" }, offsets, undefined, [0, 1, 0, 1]),
  ];
  const batch = { numRows: 4, columns: new Map(columns.map((column) => [column.name, column])) };
  for (const split of ["train", "eval"]) await writeExamples(examples, split, columns, [batch]);
  return examples;
}

async function runTrainer(t: ExecutionContext, module: string, properties: Record<string, string> = {}) {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, "utils.ts");
  await writeFile(file, module);
  const model = await outputArtifact(t, Model);
  const modelRun = await outputArtifact(t, ModelRun);
  const graph = await outputArtifact(t, TransformGraph);
  const context = await executorContext(t);
  const inputs = { examples: [await examplesArtifact(t)], transform_graph: [graph] };
  const outputs = { model: [model], model_run: [modelRun] };
  const execProperties = { module_file: file, train_args: { num_steps: 7 }, eval_args: {}, ...properties };
  await execute(inputs, outputs, execProperties, context);
  return { model, modelRun, graph, context };
}

const WRITE_MODEL = `
  const { mkdirSync, writeFileSync } = await import("node:fs");
  mkdirSync(fnArgs.servingModelDir, { recursive: true });
  writeFileSync(fnArgs.servingModelDir + "/saved_model.pb", "");
`;

test("runFn gets where everything is, and the steps", async (t) => {
  const module = `export async function runFn(fnArgs) { ${WRITE_MODEL}
    const { dataAccessor, signal, log, ...plain } = fnArgs;
    log(JSON.stringify(plain));
  }`;
  const { model, modelRun, graph, context } = await runTrainer(t, module);
  const fnArgs = JSON.parse(context.lines[1]!) as Record<string, unknown>;
  t.is(fnArgs.servingModelDir, path.join(model.uri, "Format-Serving"));
  t.is(fnArgs.modelRunDir, modelRun.uri);
  t.is(fnArgs.transformGraphPath, graph.uri);
  t.is(fnArgs.trainSteps, 7);
  t.is(fnArgs.evalSteps, undefined);
  t.regex(String(fnArgs.trainFiles), /Split-train\/\*$/);
  t.regex(String(fnArgs.evalFiles), /Split-eval\/\*$/);
});

test("the data accessor gives numbers, and says why a feature is none", async (t) => {
  const module = `export async function runFn(fnArgs) { ${WRITE_MODEL}
    const files = [...fnArgs.trainFiles, ...fnArgs.evalFiles];
    const dataset = await fnArgs.dataAccessor.datasetFactory(files, { batchSize: 2, labelKey: "tips" });
    fnArgs.log(dataset.numExamples + " " + [...dataset.features.keys()]);
    for (const name of ["tract_xf", "company_xf"]) {
      try { dataset.source([name]); } catch (error) { fnArgs.log(error.message); }
    }
  }`;
  const { context } = await runTrainer(t, module);
  t.deepEqual(context.lines.slice(1, 4), [
    "8 fare_xf",
    'The model\'s input "tract_xf" cannot be taken from the examples: its values need more than 32 bits',
    'The model\'s input "company_xf" cannot be taken from the examples: it holds text',
  ]);
});

for (const [title, module, message] of [
  ["a runFn that throws", "export function runFn() { throw new Error('no GPU'); }", /^no GPU$/],
  ["a runFn that writes no model", "export function runFn() {}", /^runFn failed to generate model\./],
  ["a module without runFn", "export const run = 1;", /must export a function runFn, but it exports run/],
  ["a runFn that is no function", "export const runFn = 1;", /must export a function runFn, but its runFn is a number/],
  ["a module that does not compile", "export function runFn( {", /does not load/],
  [
    "files of another execution",
    "export const runFn = (a) => a.dataAccessor.datasetFactory(['/x/*'], { batchSize: 1, labelKey: 'tips' });",
    /reads this execution's splits .*Split-train.*, got \/x\/\*/,
  ],
] as const) {
  test(`${title} fails the execution, saying so`, async (t) => {
    await t.throwsAsync(runTrainer(t, module), { message });
  });
}

test("run_fn names a file and an export", async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, "other.ts");
  await writeFile(file, `export async function fitIt(fnArgs) { ${WRITE_MODEL} }`);
  await t.notThrowsAsync(runTrainer(t, "", { run_fn: `${file}:fitIt` }));
});

const producer = { id: "Transform" };
const examples = new Channel(Examples, { producer, outputKey: "transformed_examples" });

test("the component records its arguments in the names of TFX", (t) => {
  const trainer = new Trainer({ examples, moduleFile: "utils.ts", trainArgs: { numSteps: 10 } });
  t.deepEqual(trainer.execProperties.train_args, { splits: undefined, num_steps: 10 });
  t.is(trainer.execProperties.module_file, "utils.ts");
  t.deepEqual(Object.keys(trainer.outputs), ["model", "modelRun"]);
});

for (const [args, message] of [
  [{ examples }, /exactly one of moduleFile and runFn/],
  [{ examples, moduleFile: "a.ts", runFn: "b.ts:fit" }, /exactly one of moduleFile and runFn/],
  [{ examples, runFn: "b.ts" }, /runFn should be "<file>:<export>"/],
  [{ examples, moduleFile: "a.ts", trainArgs: { numSteps: -1 } }, /trainArgs.numSteps should be a whole number/],
] as const) {
  test(`Trainer refuses ${JSON.stringify({ ...args, examples: undefined })}`, (t) => {
    t.throws(() => new Trainer(args), { message });
  });
}
