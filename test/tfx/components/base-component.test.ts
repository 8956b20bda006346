import test from "ava";
import { BaseComponent } from "#tfx/components/base-component.ts";
import type { ComponentSpec } from "#tfx/components/component.ts";
import { Channel } from "#tfx/pipeline/channel.ts";
import { ExampleStatistics, Examples, Model, Schema } from "#tfx/types/artifact-type.ts";

const executor = async () => ({ execute: async () => {} });

const makerSpec = {
  typeName: "test.Maker",
  inputs: {},
  outputs: { raw_examples: Examples },
  parameters: { input_base: { type: "string" } },
  executor,
} as const satisfies ComponentSpec;

class Maker extends BaseComponent<typeof makerSpec> {
  constructor(args: { readonly inputBase: string }) {
    super(makerSpec, { ...args });
  }
}

const readerSpec = {
  typeName: "test.Reader",
  inputs: { examples: { type: Examples }, schema: { type: Schema, optional: true } },
  outputs: { statistics: ExampleStatistics },
  parameters: { exclude_splits: { type: "array", default: [] }, custom_config: { optional: true } },
  executor,
} as const satisfies ComponentSpec;

class Reader extends BaseComponent<typeof readerSpec> {
  constructor(args: {
    readonly examples: Channel;
    readonly schema?: Channel;
    readonly excludeSplits?: readonly string[];
  }) {
    super(readerSpec, { ...args });
  }
}

const maker = new Maker({ inputBase: "/data" });

test("a component's id is its class name until withId names it, and its outputs follow", (t) => {
  const named = new Maker({ inputBase: "/data" });
  const output = named.outputs.rawExamples;
  t.is(named.id, "Maker");
  t.is(named.withId("first.maker"), named);
  t.is(named.id, "first.maker");
  t.is(output.producer?.id, "first.maker");
  t.is(output.outputKey, "raw_examples");
  t.is(String(output), "Channel(Examples from first.maker.raw_examples)");
});

for (const id of ["", ".", "..", "a/b", "a b", "x".repeat(251)]) {
  test(`the node id ${JSON.stringify(id.slice(0, 9))} of ${id.length} characters is refused`, (t) => {
    t.throws(() => new Maker({ inputBase: "/data" }).withId(id), { message: /^A node id has 1 to 250 letters/ });
  });
}

test("inputs and parameters are kept under snake_case keys with defaults filled in", (t) => {
  const reader = new Reader({ examples: maker.outputs.rawExamples });
  t.deepEqual(Object.keys(reader.inputs), ["examples"]);
  t.deepEqual(reader.execProperties, { exclude_splits: [] });
  t.deepEqual([...reader.upstreamNodes], [maker]);
});

test("a node added upstream by hand counts as upstream once", (t) => {
  const other = new Maker({ inputBase: "/other" });
  const reader = new Reader({ examples: maker.outputs.rawExamples });
  reader.addUpstreamNode(other);
  maker.addDownstreamNode(reader);
  t.deepEqual([...reader.upstreamNodes], [maker, other]);
});

const examples = maker.outputs.rawExamples;
const mistakes: { readonly name: string; readonly args: Record<string, unknown>; readonly message: string }[] = [
  { name: "a missing input", args: {}, message: "Missing argument 'examples' to Reader." },
  {
    name: "an unknown argument",
    args: { examples, exclude: [] },
    message: "Unknown arguments to Reader: 'exclude'; it takes examples, schema, excludeSplits, customConfig.",
  },
  {
    name: "an input of the wrong artifact type",
    args: { examples: new Reader({ examples }).outputs.statistics },
    message:
      "Argument examples of Reader should be a Channel of type 'Examples' (got Channel(ExampleStatistics from Reader.statistics)).",
  },
  {
    name: "a path where a channel belongs",
    args: { examples: "/data" },
    message: "Argument examples of Reader should be a Channel of type 'Examples' (got \"/data\").",
  },
  {
    name: "a channel without a producer",
    args: { examples: new Channel(Examples) },
    message:
      "Argument examples of Reader should be an output of another node (got Channel(Examples)); use a Resolver to find artifacts in the store.",
  },
  {
    name: "an optional input of the wrong type",
    args: { examples, schema: new Channel(Model) },
    message: "Argument schema of Reader should be a Channel of type 'Schema' (got Channel(Model)).",
  },
  {
    name: "a parameter of the wrong type",
    args: { examples, excludeSplits: "eval" },
    message: "Expected type array for parameter 'excludeSplits' but got \"eval\".",
  },
  {
    name: "a function as a parameter",
    args: { examples, customConfig: function f() {} },
    message: "Expected type JSON for parameter 'customConfig' but got function f.",
  },
];

for (const { name, args, message } of mistakes) {
  test(`${name} is refused when the component is constructed`, (t) => {
    t.throws(() => new Reader(args as never), { message });
  });
}
