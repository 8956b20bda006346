// A question with answers to choose from, and a value that may be changed before answering. Answer in the console under
// Required Actions; when nobody does, the default answers.
import { Dag } from "daisy";
import { type HITLResult, hitl } from "daisy/hitl";

const dag = new Dag("example_choose", { description: "A human says how it goes on", tags: ["example"] });

const answer = dag.task(
  "choose",
  hitl({
    subject: "Which model goes live?",
    options: ["new", "old"],
    defaults: ["old"],
    params: { share: { value: 10, description: "Per cent of the traffic", schema: { type: "integer", maximum: 100 } } },
    responseTimeout: 5,
  }),
)();

dag.task("deploy", async ({ answer }: { answer: HITLResult }) => {
  const [model] = answer.chosen_options;
  console.log(`The ${model} model gets ${answer.params_input.share} % of the traffic`);
})({ answer });
