import test from "ava";
import { LatestArtifactStrategy } from "#tfx/components/resolver/latest-artifact-strategy.ts";
import { LatestBlessedModelStrategy } from "#tfx/components/resolver/latest-blessed-model-strategy.ts";
import { Resolver } from "#tfx/components/resolver/resolver.ts";
import { Channel } from "#tfx/pipeline/channel.ts";
import { type Artifact, newArtifact } from "#tfx/types/artifact.ts";
import { Model, ModelBlessing } from "#tfx/types/artifact-type.ts";

const model = (id: number): Artifact => ({ ...newArtifact(Model, `/model/${id}`), id });
const blessing = (id: number, blessed: number, modelId: number): Artifact => ({
  ...newArtifact(ModelBlessing, `/blessing/${id}`),
  id,
  customProperties: { blessed, current_model_id: modelId },
});

const blessedCases = [
  { title: "no model", models: [], blessings: [], expected: undefined },
  { title: "a model without a blessing", models: [model(1)], blessings: [], expected: undefined },
  { title: "a model that was not blessed", models: [model(1)], blessings: [blessing(2, 0, 1)], expected: undefined },
  { title: "one blessed model", models: [model(1)], blessings: [blessing(2, 1, 1)], expected: 1 },
  {
    title: "an older blessed model behind one that was not blessed",
    models: [model(3), model(1)],
    blessings: [blessing(4, 0, 3), blessing(2, 1, 1)],
    expected: 1,
  },
  {
    title: "two blessed models",
    models: [model(3), model(1)],
    blessings: [blessing(4, 1, 1), blessing(2, 1, 3)],
    expected: 3,
  },
];

for (const { title, models, blessings, expected } of blessedCases) {
  test(`with ${title}, the latest blessed model is ${expected ?? "none"}`, (t) => {
    const resolved = new LatestBlessedModelStrategy().resolve({ model: models, model_blessing: blessings });
    t.deepEqual(
      resolved.model!.map((artifact) => artifact.id),
      expected === undefined ? [] : [expected],
    );
    t.is(resolved.model_blessing!.length, resolved.model!.length);
  });
}

test("the latest artifact strategy takes as many as asked, and nothing when a key has too few", (t) => {
  const candidates = { model: [model(3), model(2), model(1)] };
  t.deepEqual(new LatestArtifactStrategy().resolve(candidates).model, [model(3)]);
  t.deepEqual(new LatestArtifactStrategy({ desiredNumOfArtifacts: 2 }).resolve(candidates).model, [model(3), model(2)]);
  t.deepEqual(new LatestArtifactStrategy({ desiredNumOfArtifacts: 4 }).resolve(candidates).model, []);
  t.throws(() => new LatestArtifactStrategy({ desiredNumOfArtifacts: 0 }), {
    message: "desiredNumOfArtifacts must be a whole number of at least 1, got 0",
  });
});

test("a resolver's outputs are named like the channels it is given", (t) => {
  const resolver = new Resolver({
    strategyClass: LatestBlessedModelStrategy,
    model: new Channel(Model),
    modelBlessing: new Channel(ModelBlessing),
  }).withId("latest_blessed_model_resolver");
  t.is(resolver.id, "latest_blessed_model_resolver");
  t.is(resolver.outputs.model.type, Model);
  t.is(resolver.outputs.modelBlessing.outputKey, "model_blessing");
  t.is(resolver.outputs.modelBlessing.producer, resolver);
  t.deepEqual(Object.keys(resolver.inputs), ["model", "model_blessing"]);
  t.is(resolver.upstreamNodes.size, 0);
});

test("a resolver without a channel, without a strategy or with a path for a channel is refused", (t) => {
  const model = new Channel(Model);
  t.throws(() => new Resolver({ strategyClass: LatestArtifactStrategy }), { message: /needs at least one channel/ });
  t.throws(() => new Resolver({ strategyClass: "latest" as never, model }), {
    message: /strategyClass must be a class/,
  });
  t.throws(() => new Resolver({ strategyClass: LatestArtifactStrategy, model: "/model" as never }), {
    message: 'Argument model of Resolver should be a Channel (got "/model").',
  });
});
