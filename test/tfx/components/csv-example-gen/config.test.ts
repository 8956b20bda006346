import test from "ava";
import { CsvExampleGen, type CsvExampleGenArguments } from "#tfx/components/csv-example-gen/component.ts";
import { exampleGenConfig } from "#tfx/components/csv-example-gen/config.ts";
import { resolveExecProperties } from "#tfx/components/csv-example-gen/driver.ts";
import type { Json } from "#tfx/components/executor.ts";
import { folderOf } from "../../helpers/execution.ts";

const ONE = { name: "one", pattern: "one/*" };
const TWO = { name: "two", pattern: "two/*" };

test("without a configuration all files are one set, split two to one, stored as Parquet", (t) => {
  t.deepEqual(exampleGenConfig({ input_base: "/data" }), {
    inputBase: "/data",
    inputSplits: [{ name: "single_split", pattern: "*" }],
    outputSplits: [
      { name: "train", hashBuckets: 2 },
      { name: "eval", hashBuckets: 1 },
    ],
    format: "FORMAT_PARQUET",
  });
});

test("a configuration may be JSON text, with the field names of either form", (t) => {
  const output = { splitConfig: { splits: [{ name: "all", hashBuckets: 1 }], partitionFeatureName: "company" } };
  const config = exampleGenConfig({
    input_base: "/data",
    input_config: JSON.stringify({ splits: [ONE] }),
    output_config: JSON.stringify(output),
    output_data_format: 6,
  });
  t.like(config, { inputSplits: [ONE], partitionFeatureName: "company", format: "FORMAT_TF_EXAMPLE" });
  t.deepEqual(config.outputSplits, [{ name: "all", hashBuckets: 1 }]);
});

const refused: readonly [Record<string, Json>, RegExp][] = [
  [{ input_base: "" }, /input_base: expected the path of a folder/],
  [{ input_config: { splits: [], extra: 1 } }, /^ExampleGen splits are missing\.$/],
  [{ input_config: { splits: [ONE, { ...TWO, name: "one" }] } }, /^Duplicated split name \["one"\]\.$/],
  [{ input_config: { splits: [{ name: "one" }] } }, /^Str-typed input split name and pattern are required\.$/],
  [
    {
      input_config: { splits: [ONE, TWO] },
      output_config: { split_config: { splits: [{ name: "a", hash_buckets: 1 }] } },
    },
    /^ExampleGen instance specified output splits but at the same time input has more than one split\.$/,
  ],
  [
    { output_config: { split_config: { splits: [{ name: "a" }] } } },
    /^Str-typed output split name and int-typed hash buckets are required\.$/,
  ],
  [
    { input_config: { splits: [{ name: "a", pattern: "day-{SPAN}/*" }] } },
    /names spans or versions, which are not supported yet/,
  ],
  [
    { range_config: { static_range: { start_span_number: 1 } } },
    /range_config is set, but spans are not supported yet/,
  ],
  [{ output_data_format: 11 }, /output_data_format 11 is not supported/],
  [{ output_data_format: 6, output_file_format: 16 }, /output_file_format 16 does not go with output_data_format 6/],
];

for (const [properties, message] of refused) {
  test(`${JSON.stringify(properties)} is refused`, (t) => {
    t.throws(() => exampleGenConfig({ input_base: "/data", ...properties }), { message });
  });
}

test("the component records its configuration with the defaults, in TFX's field names", (t) => {
  t.deepEqual(new CsvExampleGen({ inputBase: "/data" }).execProperties, {
    input_base: "/data",
    input_config: { splits: [{ name: "single_split", pattern: "*" }] },
    output_config: {
      split_config: {
        splits: [
          { name: "train", hash_buckets: 2 },
          { name: "eval", hash_buckets: 1 },
        ],
      },
    },
    output_data_format: 15,
    output_file_format: 16,
  });
});

test("what the component records is read again as it was", (t) => {
  const cases: CsvExampleGenArguments[] = [
    { inputBase: "/data" },
    { inputBase: "/data", inputConfig: { splits: [ONE, TWO] }, outputDataFormat: 6 },
    {
      inputBase: "/data",
      outputConfig: { splitConfig: { splits: [{ name: "all", hashBuckets: 3 }], partitionFeatureName: "company" } },
    },
  ];
  for (const args of cases) {
    const recorded = new CsvExampleGen(args).execProperties;
    const { inputBase, inputConfig, outputConfig, outputDataFormat } = args as unknown as Record<string, Json>;
    const given = { input_base: inputBase!, input_config: inputConfig ?? null, output_config: outputConfig ?? null };
    t.deepEqual(exampleGenConfig(recorded), exampleGenConfig({ ...given, output_data_format: outputDataFormat ?? 15 }));
  }
});

test("a wrong configuration is an error when the DAG file is parsed", (t) => {
  t.throws(() => new CsvExampleGen({ inputBase: "/data", inputConfig: { splits: [ONE, ONE] } }), {
    message: 'Duplicated split name ["one"].',
  });
});

test("the execution is recorded with what its input files are like", async (t) => {
  const inputBase = await folderOf(t, { "a.csv": "x\n1\n", "b.csv": "x\n2\n" });
  const { execProperties } = new CsvExampleGen({ inputBase });
  const resolved = await resolveExecProperties(execProperties, { log: () => {} });
  t.like(resolved, { input_base: inputBase, span: 0 });
  t.regex(String(resolved.input_fingerprint), /^split:single_split,num_files:2,total_bytes:8,/);
});
