import test from "ava";
import { Evaluator } from "#tfx/components/evaluator/component.ts";
import { execute } from "#tfx/components/evaluator/executor.ts";
import { Channel } from "#tfx/pipeline/channel.ts";
import { newArtifact } from "#tfx/types/artifact.ts";
import { Examples, Model, ModelBlessing, ModelEvaluation } from "#tfx/types/artifact-type.ts";
import { executorContext, outputArtifact } from "../../helpers/execution.ts";

const examples = new Channel(Examples, { producer: { id: "CsvExampleGen" }, outputKey: "examples" });
const model = new Channel(Model, { producer: { id: "Trainer" }, outputKey: "model" });

test("the component records the config in the names of TFMA", (t) => {
  const evalConfig = { modelSpecs: [{ labelKey: "tips" }], metricsSpecs: [{ metrics: [{ className: "AUC" }] }] };
  const evaluator = new Evaluator({ examples, model, evalConfig });
  t.deepEqual(evaluator.execProperties.eval_config, {
    model_specs: [{ label_key: "tips" }],
    metrics_specs: [{ metrics: [{ class_name: "AUC" }] }],
  });
  t.deepEqual(Object.keys(evaluator.outputs), ["evaluation", "blessing"]);
});

for (const [title, evalConfig, message] of [
  ["an unknown field", { metricSpecs: [] }, /evalConfig.metricSpecs is not supported/],
  ["an unknown metric", { metricsSpecs: [{ metrics: [{ className: "Accuracy" }] }] }, /no metric "Accuracy"/],
  ["an unknown option", { metricsSpecs: [{ metrics: [{ className: "AUC", config: '{"x": 1}' }] }] }, /option "x"/],
  ["no config", undefined, /Missing argument 'evalConfig'/],
] as const) {
  test(`${title} shows when the DAG file is parsed`, (t) => {
    t.throws(() => new Evaluator({ examples, model, evalConfig: evalConfig as never }), { message });
  });
}

for (const [title, inputs, message] of [
  ["no model", {}, /expected one model, got none/],
  ["two models", { model: [newArtifact(Model, "/a"), newArtifact(Model, "/b")] }, /only one model, there are 2/],
  [
    "a model that is not there",
    { model: [newArtifact(Model, "/nowhere")] },
    /no SavedModel in \/nowhere\/Format-Serving/,
  ],
] as const) {
  test(`with ${title} the execution fails and nothing is blessed`, async (t) => {
    const blessing = await outputArtifact(t, ModelBlessing);
    const outputs = { evaluation: [await outputArtifact(t, ModelEvaluation)], blessing: [blessing] };
    const raw = newArtifact(Examples, "/examples");
    const run = execute({ examples: [raw], ...inputs }, outputs, { eval_config: {} }, await executorContext(t));
    await t.throwsAsync(run, { message });
    t.deepEqual(blessing.customProperties, {});
  });
}
