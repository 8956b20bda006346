import test from "ava";
import fc from "fast-check";
import { BaseComponent } from "#tfx/components/base-component.ts";
import type { BaseNode } from "#tfx/components/base-node.ts";
import type { ComponentSpec } from "#tfx/components/component.ts";
import type { Channel } from "#tfx/pipeline/channel.ts";
import { Pipeline, type PipelineOptions } from "#tfx/pipeline/pipeline.ts";
import { Examples } from "#tfx/types/artifact-type.ts";

const spec = {
  typeName: "test.Step",
  inputs: { examples: { type: Examples, optional: true } },
  outputs: { examples: Examples },
  parameters: {},
  executor: async () => ({ execute: async () => {} }),
} as const satisfies ComponentSpec;

class Step extends BaseComponent<typeof spec> {
  constructor(examples?: Channel) {
    super(spec, { examples });
  }
}

const step = (id: string, input?: Step) => new Step(input?.outputs.examples).withId(id);
const build = (components: readonly BaseNode[], options: Partial<PipelineOptions> = {}) =>
  new Pipeline({ pipelineName: "p", pipelineRoot: "/root", components, ...options });
const ids = (pipeline: Pipeline) => pipeline.components.map((node) => node.id);

test("components come after those they wait for, and otherwise in the order given", (t) => {
  const first = step("first");
  const second = step("second", first);
  const third = step("third", second);
  const free = step("free");
  t.deepEqual(ids(build([third, free, second, first])), ["free", "first", "second", "third"]);
  t.deepEqual(ids(build([first, second, third, free])), ["first", "second", "third", "free"]);
});

test("a component that is listed twice is there once", (t) => {
  const first = step("first");
  t.deepEqual(ids(build([first, first])), ["first"]);
});

test("any order of the components gives an order that respects every dependency", (t) => {
  const graph = fc.array(fc.option(fc.nat(30), { nil: undefined }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(graph, fc.infiniteStream(fc.nat()), (parents, keys) => {
      const steps: Step[] = [];
      for (const [index, parent] of parents.entries()) {
        steps.push(step(`s${index}`, parent === undefined || index === 0 ? undefined : steps[parent % index]));
      }
      const shuffled = steps.map((node) => ({ node, key: keys.next().value })).sort((a, b) => a.key - b.key);
      const ordered = build(shuffled.map(({ node }) => node)).components;
      t.is(ordered.length, steps.length);
      for (const [position, node] of ordered.entries()) {
        for (const upstream of node.upstreamNodes) t.true(ordered.indexOf(upstream) < position);
      }
    }),
  );
});

const cycle = () => {
  const [a, b] = [step("a"), step("b")];
  a.addUpstreamNode(b);
  b.addUpstreamNode(a);
  return [a, b];
};

const mistakes: { readonly name: string; readonly build: () => Pipeline; readonly message: string | RegExp }[] = [
  {
    name: "two nodes of one id",
    build: () => build([step("a"), step("a")]),
    message: "Duplicated node_id a for component type test.Step. Try setting a different node_id using `.withId()`.",
  },
  {
    name: "a producer that is not listed",
    build: () => build([step("reader", step("maker"))]),
    message: "Components is not in topological order: reader needs maker, which is not in the pipeline's components.",
  },
  {
    name: "a cycle",
    build: () => build(cycle()),
    message: /^The pipeline's components form a cycle: (a -> b -> a|b -> a -> b)$/,
  },
  {
    name: "a name of 64 characters",
    build: () => build([], { pipelineName: "x".repeat(64) }),
    message: /exceeds maximum allowed length: 63, it has 64 characters$/,
  },
  { name: "no name", build: () => build([], { pipelineName: "" }), message: 'A pipeline needs a name, got ""' },
  {
    name: "a relative root",
    build: () => build([], { pipelineRoot: "root" }),
    message: 'pipelineRoot must be an absolute path of a local folder, got "root"',
  },
];

for (const { name, build: construct, message } of mistakes) {
  test(`a pipeline with ${name} is refused`, (t) => {
    t.throws(construct, { message });
  });
}
