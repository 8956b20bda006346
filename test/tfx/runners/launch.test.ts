import { access, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import type { BaseNode } from "#tfx/components/base-node.ts";
import { getArtifacts } from "#tfx/metadata/artifacts.ts";
import { getContextsByExecution } from "#tfx/metadata/contexts.ts";
import { getEventsByExecutionIds } from "#tfx/metadata/events.ts";
import { getExecutions, getExecutionsById } from "#tfx/metadata/executions.ts";
import { EventType, ExecutionState } from "#tfx/metadata/records.ts";
import { publishComplete, registerRunning } from "#tfx/runners/launcher/executions.ts";
import { launch } from "#tfx/runners/launcher/launch.ts";
import { ArtifactState, newArtifact } from "#tfx/types/artifact.ts";
import { Examples } from "#tfx/types/artifact-type.ts";
import { TFX_VERSION } from "#tfx/version.ts";
import { Learner, Maker, Recorder } from "../helpers/components.ts";
import { createTestStore } from "../helpers/metadata.ts";

interface LaunchOptions {
  readonly runId?: string;
  readonly enableCache?: boolean;
  readonly signal?: AbortSignal;
}

/** A store, a pipeline root, and a launch of nodes of the pipeline `p`. */
async function createBench() {
  const store = await createTestStore();
  const pipelineRoot = await mkdtemp(path.join(tmpdir(), "daisy-launch-"));
  const log: string[] = [];
  return {
    db: store.store.db,
    pipelineRoot,
    log,
    launch: (node: BaseNode, { runId = "run1", enableCache = true, signal = neverAborted }: LaunchOptions = {}) =>
      launch(node, {
        pipeline: { pipelineName: "p", pipelineRoot, enableCache },
        runId,
        store: store.store,
        log: (message) => log.push(message),
        signal,
      }),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await rm(pipelineRoot, { recursive: true });
    },
  };
}

const neverAborted = new AbortController().signal;

test("a component's outputs are folders named by node, key and execution, and come into ML Metadata with TFX's properties", async (t) => {
  await using bench = await createBench();
  const recorder = new Recorder();
  recorder.behave = ({ outputs }) => {
    outputs.examples![0]!.properties.split_names = '["train"]';
  };
  const result = await bench.launch(new Maker(recorder));
  t.is(result.state, "COMPLETE");
  const uri = path.join(bench.pipelineRoot, "Maker", "examples", "1");
  const [artifact] = await getArtifacts(bench.db);
  t.is(artifact!.id, 1);
  t.is(result.outputs.examples![0]!.id, 1);
  t.is(artifact!.uri, uri);
  t.is(artifact!.state, ArtifactState.LIVE);
  t.deepEqual(await readdir(uri), ["data"]);
  t.deepEqual(artifact!.properties, { split_names: '["train"]' });
  t.deepEqual(artifact!.customProperties, {
    name: "examples",
    pipeline_name: "p",
    producer_component: "Maker",
    state: "published",
    tfx_version: TFX_VERSION,
  });
  const [execution] = await getExecutions(bench.db);
  t.is(execution!.type, "test.Maker");
  t.is(execution!.state, ExecutionState.COMPLETE);
  t.deepEqual(execution!.properties, {
    rows: "1",
    pipeline_name: "p",
    pipeline_root: bench.pipelineRoot,
    run_id: "run1",
    component_id: "Maker",
    state: "complete",
  });
  const contexts = await getContextsByExecution(bench.db, 1);
  t.deepEqual(
    contexts.map(({ type, name }) => [type, name]),
    [
      ["pipeline", "p"],
      ["pipeline_run", "p.run1"],
      ["node", "p.Maker"],
      ["component_run", "p.run1.Maker"],
    ],
  );
});

test("a component reads what its producer published in the same run", async (t) => {
  await using bench = await createBench();
  const recorder = new Recorder();
  const maker = new Maker(new Recorder());
  const learner = new Learner(recorder, { examples: maker.outputs.examples });
  await bench.launch(maker, { runId: "a", enableCache: false });
  await bench.launch(maker, { runId: "b", enableCache: false });
  await bench.launch(learner, { runId: "a" });
  t.deepEqual(
    recorder.calls[0]!.inputs.examples!.map((artifact) => artifact.id),
    [1],
  );
  const events = await getEventsByExecutionIds(bench.db, [3]);
  t.deepEqual(
    events.map(({ type, key, artifactId }) => ({ type, key, artifactId })),
    [
      { type: EventType.INPUT, key: "examples", artifactId: 1 },
      { type: EventType.OUTPUT, key: "model", artifactId: 3 },
      { type: EventType.OUTPUT, key: "model_blessing", artifactId: 4 },
    ],
  );
});

test("a component whose producer did not run in this run is refused, naming both", async (t) => {
  await using bench = await createBench();
  const maker = new Maker(new Recorder());
  await bench.launch(maker, { runId: "other" });
  await t.throwsAsync(bench.launch(new Learner(new Recorder(), { examples: maker.outputs.examples })), {
    message:
      "Cannot find matching execution with pipeline name p, run id run1 and component id Maker, which Learner needs for its input examples",
  });
});

test("the executor gets an empty temporary folder that is gone afterwards", async (t) => {
  await using bench = await createBench();
  const recorder = new Recorder();
  recorder.behave = async ({ context }) => {
    t.is(context.temporaryDirectory, path.join(bench.pipelineRoot, ".temp", "1"));
    t.deepEqual(await readdir(context.temporaryDirectory), []);
    await writeFile(path.join(context.temporaryDirectory, "scratch"), "x");
  };
  await bench.launch(new Maker(recorder));
  t.is(recorder.calls.length, 1);
  await t.throwsAsync(access(recorder.calls[0]!.context.temporaryDirectory), { code: "ENOENT" });
});

test("a failed executor leaves a FAILED execution, its folders, no artifact, and an error that names the component", async (t) => {
  await using bench = await createBench();
  const recorder = new Recorder();
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  recorder.behave = () => {
    throw full;
  };
  const error = await t.throwsAsync(bench.launch(new Maker(recorder)), {
    message: "Component Maker failed in execution 1: ENOSPC: no space left on device, write",
  });
  t.is(error?.cause, full);
  const [execution] = await getExecutions(bench.db);
  t.is(execution!.state, ExecutionState.FAILED);
  t.deepEqual(await getArtifacts(bench.db), []);
  t.deepEqual(await readdir(path.join(bench.pipelineRoot, "Maker", "examples", "1")), ["data"]);
  t.deepEqual(await readdir(path.join(bench.pipelineRoot, ".temp")), []);
});

test("an execution that is aborted is FAILED even if its executor does not look", async (t) => {
  await using bench = await createBench();
  const controller = new AbortController();
  const recorder = new Recorder();
  recorder.behave = () => controller.abort(new Error("killed"));
  await t.throwsAsync(bench.launch(new Maker(recorder), { signal: controller.signal }), { message: /: killed$/ });
  t.is((await getExecutions(bench.db))[0]!.state, ExecutionState.FAILED);
});

test("a new try fails the execution that an earlier one left running, and that one can publish no more", async (t) => {
  await using bench = await createBench();
  const recorder = new Recorder();
  const first = new Recorder();
  first.behave = async () => {
    await bench.launch(new Maker(recorder));
  };
  await t.throwsAsync(bench.launch(new Maker(first)), {
    message: /Execution 1 is no longer running, since a later try of the same task took its place$/,
  });
  t.deepEqual(
    (await getExecutions(bench.db)).map(({ state }) => state),
    [ExecutionState.FAILED, ExecutionState.COMPLETE],
  );
  t.is((await getArtifacts(bench.db)).length, 1);
});

test("the same work in a later run is cached: an execution with the old artifacts, and no executor", async (t) => {
  await using bench = await createBench();
  const recorder = new Recorder();
  const maker = new Maker(recorder);
  const learner = new Learner(recorder, { examples: maker.outputs.examples });
  for (const runId of ["a", "b", "c"]) {
    await bench.launch(maker, { runId });
    await bench.launch(learner, { runId });
  }
  t.is(recorder.calls.length, 2);
  t.is((await getArtifacts(bench.db)).length, 3);
  const [cached] = await getExecutionsById(bench.db, [5]);
  t.is(cached!.state, ExecutionState.CACHED);
  t.is(cached!.properties.state, "cached");
  t.deepEqual(
    (await getEventsByExecutionIds(bench.db, [6])).map(({ type, artifactId }) => [type, artifactId]),
    [
      [EventType.INPUT, 1],
      [EventType.OUTPUT, 2],
      [EventType.OUTPUT, 3],
    ],
  );
  t.true(bench.log.includes("Maker is cached: the outputs of execution 1 are used again"));
});

const misses: {
  readonly name: string;
  readonly before?: (bench: Bench) => Promise<void>;
  readonly again: (recorder: Recorder, bench: Bench) => Maker;
  readonly enableCache?: boolean;
}[] = [
  { name: "a parameter differs", again: (recorder) => new Maker(recorder, { rows: 2 }) },
  { name: "the node has another id", again: (recorder) => new Maker(recorder).withId("Other") },
  { name: "the cache is off", again: (recorder) => new Maker(recorder), enableCache: false },
  {
    name: "the earlier output was deleted",
    before: ({ pipelineRoot }) => rm(path.join(pipelineRoot, "Maker"), { recursive: true }),
    again: (recorder) => new Maker(recorder),
  },
];

type Bench = Awaited<ReturnType<typeof createBench>>;

for (const { name, before, again, enableCache } of misses) {
  test(`the executor runs again when ${name}`, async (t) => {
    await using bench = await createBench();
    const recorder = new Recorder();
    await bench.launch(new Maker(recorder), { runId: "a" });
    await before?.(bench);
    const result = await bench.launch(again(recorder, bench), { runId: "b", enableCache });
    t.is(result.state, "COMPLETE");
    t.is(recorder.calls.length, 2);
  });
}

test("the executor runs again when the user's module changed, and not when it is the same", async (t) => {
  await using bench = await createBench();
  const recorder = new Recorder();
  const moduleFile = path.join(bench.pipelineRoot, "utils.ts");
  const states: string[] = [];
  for (const [runId, text] of ["one", "one", "two"].entries()) {
    await writeFile(moduleFile, text);
    states.push((await bench.launch(new Maker(recorder, { moduleFile }), { runId: String(runId) })).state);
  }
  t.deepEqual(states, ["COMPLETE", "CACHED", "COMPLETE"]);
  await rm(moduleFile);
  await t.throwsAsync(bench.launch(new Maker(recorder, { moduleFile }), { runId: "4" }), {
    message: /^The module file of Maker cannot be read: ENOENT/,
  });
});

test("a driver completes the parameters that the executor gets and the cache compares", async (t) => {
  await using bench = await createBench();
  const recorder = new Recorder();
  const states: string[] = [];
  for (const [runId, fingerprint] of ["one", "one", "two"].entries()) {
    const maker = new Maker(recorder, {}, async (parameters) => ({ ...parameters, input_fingerprint: fingerprint }));
    states.push((await bench.launch(maker, { runId: String(runId) })).state);
  }
  t.deepEqual(states, ["COMPLETE", "CACHED", "COMPLETE"]);
  t.deepEqual(recorder.calls[1]!.execProperties, { rows: 1, input_fingerprint: "two" });
});

test("a driver that throws is named, and leaves no execution", async (t) => {
  await using bench = await createBench();
  const maker = new Maker(new Recorder(), {}, async () => {
    throw new Error("/data has no files");
  });
  await t.throwsAsync(bench.launch(maker), {
    message: "Component Maker failed before its execution began: /data has no files",
  });
  t.deepEqual(await getExecutions(bench.db), []);
});

test("tasks that start at the same moment on a new store all register and publish", async (t) => {
  await using bench = await createBench();
  const makers = Array.from({ length: 12 }, (_, index) => new Maker(new Recorder()).withId(`maker_${index}`));
  const results = await Promise.all(makers.map((maker) => bench.launch(maker)));
  t.true(results.every(({ state }) => state === "COMPLETE"));
  t.is((await getArtifacts(bench.db)).length, 12);
  const types = await bench.db.query("SELECT name FROM Type GROUP BY name, type_kind HAVING count(*) > 1");
  t.deepEqual(types.rows, []);
});

test("publishing again after a lost answer changes nothing and finds the ids", async (t) => {
  await using fixture = await createTestStore();
  const { store } = fixture;
  const contexts = { pipeline: 1, run: 2, node: 3, componentRun: 4 };
  const id = await store.transaction((transaction) =>
    registerRunning(transaction, { type: "T", contexts, properties: {}, inputs: {} }),
  );
  for (const artifact of [newArtifact(Examples, "/uri"), newArtifact(Examples, "/uri")]) {
    await store.transaction((transaction) => publishComplete(transaction, id, contexts, { examples: [artifact] }));
    t.is(artifact.id!, 1);
  }
  t.is((await getArtifacts(store.db)).length, 1);
});

test("a failed execution is not used by the cache", async (t) => {
  await using bench = await createBench();
  const recorder = new Recorder();
  recorder.behave = () => {
    throw new Error("no");
  };
  await t.throwsAsync(bench.launch(new Maker(recorder), { runId: "a" }));
  recorder.behave = () => {};
  t.is((await bench.launch(new Maker(recorder), { runId: "b" })).state, "COMPLETE");
});

test("folders of an older metadata store are set aside, not written into", async (t) => {
  await using bench = await createBench();
  await using later = await createTestStore();
  await bench.launch(new Maker(new Recorder()));
  const log: string[] = [];
  await launch(new Maker(new Recorder()), {
    pipeline: { pipelineName: "p", pipelineRoot: bench.pipelineRoot, enableCache: true },
    runId: "run1",
    store: later.store,
    log: (message) => log.push(message),
    signal: neverAborted,
  });
  const folders = await readdir(path.join(bench.pipelineRoot, "Maker", "examples"));
  t.is(folders.length, 2);
  t.true(folders.includes("1"));
  t.true(folders.some((folder) => /^1\.before-\d+$/.test(folder)));
  t.true(log.some((line) => /^Output artifact uri .* already exists;/.test(line)));
});
