import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import { LatestBlessedModelStrategy } from "#tfx/components/resolver/latest-blessed-model-strategy.ts";
import { Resolver } from "#tfx/components/resolver/resolver.ts";
import { getArtifactsByType } from "#tfx/metadata/artifacts.ts";
import { Channel } from "#tfx/pipeline/channel.ts";
import { Pipeline } from "#tfx/pipeline/pipeline.ts";
import type { RunOptions } from "#tfx/pipeline/run-options.ts";
import { LocalDagRunner } from "#tfx/runners/local-dag-runner.ts";
import { Model, ModelBlessing } from "#tfx/types/artifact-type.ts";
import { Learner, Maker, Recorder } from "../helpers/components.ts";
import { createTestStore } from "../helpers/metadata.ts";

/** A pipeline `p` of a maker, a resolver of the latest blessed model, and a learner that starts from it. */
async function createBench() {
  const store = await createTestStore();
  const pipelineRoot = await mkdtemp(path.join(tmpdir(), "daisy-local-"));
  const recorders = { maker: new Recorder(), learner: new Recorder() };
  const maker = new Maker(recorders.maker);
  const resolver = new Resolver({
    strategyClass: LatestBlessedModelStrategy,
    model: new Channel(Model),
    modelBlessing: new Channel(ModelBlessing),
  }).withId("latest_blessed_model_resolver");
  const learner = new Learner(recorders.learner, {
    examples: maker.outputs.examples,
    baseModel: resolver.outputs.model,
  });
  const pipeline = new Pipeline({
    pipelineName: "p",
    pipelineRoot,
    components: [learner, maker, resolver],
    metadataConnectionConfig: { url: store.url },
  });
  const log: string[] = [];
  return {
    db: store.store.db,
    recorders,
    log,
    run: (runId: string, options?: RunOptions) =>
      new LocalDagRunner().run(pipeline, options, { runId, log: (message) => log.push(message) }),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await rm(pipelineRoot, { recursive: true });
    },
  };
}

test("a local run goes through the nodes in order and says so as TFX does", async (t) => {
  await using bench = await createBench();
  const { results } = await bench.run("a");
  t.deepEqual([...results.keys()], ["Maker", "latest_blessed_model_resolver", "Learner"]);
  t.deepEqual(
    bench.log.filter((line) => line.startsWith("Component ")),
    ["Maker", "latest_blessed_model_resolver", "Learner"].flatMap((id) => [
      `Component ${id} is running.`,
      `Component ${id} is finished.`,
    ]),
  );
});

test("an optional input is empty on the first run, and the blessed model once there is one", async (t) => {
  await using bench = await createBench();
  const { learner } = bench.recorders;
  await bench.run("a");
  t.deepEqual(learner.calls[0]!.inputs.base_model, []);
  learner.behave = async ({ outputs }) => {
    const [latest] = await getArtifactsByType(bench.db, "Model");
    outputs.model_blessing![0]!.customProperties = { blessed: 1, current_model_id: latest!.id };
  };
  await bench.run("b");
  t.deepEqual(learner.calls[1]!.inputs.base_model, []);
  await bench.run("c");
  const [base] = learner.calls[2]!.inputs.base_model!;
  t.is(base!.id, (await getArtifactsByType(bench.db, "Model"))[0]!.id);
});

test("a run stops at the first node that fails", async (t) => {
  await using bench = await createBench();
  bench.recorders.maker.behave = () => {
    throw new Error("no rows");
  };
  await t.throwsAsync(bench.run("a"), { message: "Component Maker failed in execution 1: no rows" });
  t.is(bench.recorders.learner.calls.length, 0);
});

test("a partial run takes what it leaves out from an earlier run", async (t) => {
  await using bench = await createBench();
  await bench.run("a");
  await bench.run("b");
  const newest = await bench.run("c", { fromNodes: ["Learner"] });
  const named = await bench.run("d", { fromNodes: ["Learner"], basePipelineRunId: "a" });
  t.is(bench.recorders.maker.calls.length, 2);
  t.is(newest.results.get("Maker")!.state, "CACHED");
  const readFrom = bench.recorders.learner.calls.map((call) => call.inputs.examples![0]!.uri.split("/").at(-1));
  t.deepEqual(readFrom, ["1", "4", "4", "1"]);
  t.is(named.results.get("Learner")!.state, "COMPLETE");
});

test("a partial run up to a node leaves out what comes after it", async (t) => {
  await using bench = await createBench();
  const { results } = await bench.run("a", { toNodes: ["Maker"] });
  t.deepEqual([...results.keys()], ["Maker"]);
});

test("a partial run without an earlier one, or of nodes that are not there, is refused", async (t) => {
  await using bench = await createBench();
  await t.throwsAsync(bench.run("a", { fromNodes: ["Learner"] }), {
    message: "Maker is left out of this run, but any run of p has no outputs of it",
  });
  await t.throwsAsync(bench.run("a", { toNodes: ["Trainer"] }), {
    message: "toNodes names Trainer, which is not a node of p: Maker, latest_blessed_model_resolver, Learner",
  });
  await t.throwsAsync(bench.run("a", { fromNodes: ["Learner"], toNodes: ["Maker"] }), {
    message: "No node of p is both after fromNodes and before toNodes",
  });
});
