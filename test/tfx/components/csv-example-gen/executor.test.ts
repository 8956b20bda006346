import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import { exampleGenConfig } from "#tfx/components/csv-example-gen/config.ts";
import type { MissingCell } from "#tfx/components/csv-example-gen/csv-batches.ts";
import { execute, ingestCsv } from "#tfx/components/csv-example-gen/executor.ts";
import type { Json } from "#tfx/components/executor.ts";
import type { Batch } from "#tfx/data/columns.ts";
import { readExamples } from "#tfx/data/examples.ts";
import { readTfRecords } from "#tfx/data/tfrecord.ts";
import type { Artifact } from "#tfx/types/artifact.ts";
import { Examples } from "#tfx/types/artifact-type.ts";
import { splitNames } from "#tfx/types/splits.ts";
import { executorContext, folderOf, outputArtifact } from "../../helpers/execution.ts";
import { goldPath, goldTest, taxiData } from "../../helpers/gold.ts";

const TF_EXAMPLE = { output_data_format: 6 };

async function run(
  t: ExecutionContext,
  files: Readonly<Record<string, string>>,
  properties: Readonly<Record<string, Json>> = {},
): Promise<Artifact> {
  const examples = await outputArtifact(t, Examples);
  const inputBase = await folderOf(t, files);
  await execute({}, { examples: [examples] }, { input_base: inputBase, ...properties }, await executorContext(t));
  return examples;
}

async function recordsOf(folder: string): Promise<string[]> {
  const records: string[] = [];
  for (const name of await readdir(folder)) {
    for await (const record of readTfRecords(path.join(folder, name))) {
      records.push(Buffer.from(record).toString("latin1"));
    }
  }
  return records.sort();
}

async function batchesOf(examples: Artifact, split: string): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of readExamples(examples, split)) batches.push(batch);
  return batches;
}

async function countRows(examples: Artifact, split: string): Promise<number> {
  return (await batchesOf(examples, split)).reduce((sum, batch) => sum + batch.numRows, 0);
}

goldTest("TFX 0.21's examples come out, the same records in each split", async (t) => {
  const lines = (await readFile(taxiData("simple.csv"), "utf8")).split("\n");
  lines.splice(1, 2);
  const inputBase = await folderOf(t, { "data.csv": lines.join("\n") });
  const examples = await outputArtifact(t, Examples);
  const config = exampleGenConfig({ input_base: inputBase, ...TF_EXAMPLE });
  await ingestCsv(examples, config, await executorContext(t), "no kind");
  for (const split of ["train", "eval"]) {
    const expected = await recordsOf(goldPath("examples", `Split-${split}`));
    const actual = await recordsOf(path.join(examples.uri, `Split-${split}`));
    t.is(actual.length, split === "train" ? 9909 : 5091);
    t.true(actual.every((record, index) => record === expected[index]));
  }
});

const workshopSplits: readonly [MissingCell, number, number][] = [
  ["empty list", 9927, 5073],
  ["no kind", 9909, 5091],
];

for (const [missingCell, train, evaluation] of workshopSplits) {
  goldTest(
    `the workshop's data splits into ${train} and ${evaluation} where a missing cell is ${missingCell}`,
    async (t) => {
      const inputBase = await folderOf(t, { "data.csv": await readFile(taxiData("data.csv"), "utf8") });
      const rows: number[][] = [];
      for (const format of [{}, TF_EXAMPLE]) {
        const examples = await outputArtifact(t, Examples);
        const config = exampleGenConfig({ input_base: inputBase, ...format });
        await ingestCsv(examples, config, await executorContext(t), missingCell);
        rows.push([await countRows(examples, "train"), await countRows(examples, "eval")]);
      }
      t.deepEqual(rows, [
        [train, evaluation],
        [train, evaluation],
      ]);
    },
  );
}

const SMALL = { "data.csv": "n,f,s,none\n1,1,x,\n,2.5,,\n3,,z,\n4,4,x,\n" };

test("cells become typed values; a missing cell is an empty list, and missing where the column has no cell at all", async (t) => {
  const outputConfig = { split_config: { splits: [{ name: "all", hash_buckets: 1 }] } };
  const [parquet, records] = [
    await run(t, SMALL, { output_config: outputConfig }),
    await run(t, SMALL, { output_config: outputConfig, ...TF_EXAMPLE }),
  ];
  const [batch] = await batchesOf(parquet, "all");
  const { n, f, s, none } = Object.fromEntries(batch!.columns);
  t.like(n, { type: "INT", offsets: Uint32Array.of(0, 1, 1, 2, 3), missing: undefined });
  t.deepEqual(Array.from(n!.values as Float64Array), [1, 3, 4]);
  t.like(f, { type: "FLOAT", values: Float32Array.of(1, 2.5, 4) });
  t.like(s, { type: "BYTES", values: ["x", "z", "x"], missing: undefined });
  t.like(none, { type: "BYTES", values: [], missing: Uint8Array.of(1, 1, 1, 1) });
  const [same] = await batchesOf(records, "all");
  for (const [name, column] of same!.columns) t.deepEqual(column, batch!.columns.get(name));
});

test("the artifact says how and from what it was made", async (t) => {
  const examples = await run(t, SMALL);
  t.deepEqual(splitNames(examples), ["train", "eval"]);
  t.is(examples.properties.span, 0);
  t.like(examples.customProperties, { span: 0, payload_format: "FORMAT_PARQUET", file_format: "parquet" });
  t.regex(
    String(examples.customProperties.input_fingerprint),
    /^split:single_split,num_files:1,total_bytes:38,xor_checksum:(\d+),sum_checksum:\1$/,
  );
  const records = await run(t, SMALL, TF_EXAMPLE);
  t.like(records.customProperties, { payload_format: "FORMAT_TF_EXAMPLE", file_format: "tfrecords_gzip" });
});

test("several input sets are splits as they are", async (t) => {
  const files = {
    "train/a.csv": "x\n1\n",
    "train/b.csv": "x\n2\n",
    "eval/a.csv": "x\n3\n",
    "eval/notes.txt": "no csv",
  };
  const splits = [
    { name: "train", pattern: "train/*" },
    { name: "eval", pattern: "eval/*.csv" },
  ];
  const examples = await run(t, files, { input_config: { splits } });
  t.deepEqual(splitNames(examples), ["train", "eval"]);
  t.is(await countRows(examples, "train"), 2);
  t.is(await countRows(examples, "eval"), 1);
});

test("examples with the same partition feature stay together", async (t) => {
  const rows = Array.from({ length: 200 }, (_, index) => `${index % 7},${index}`).join("\n");
  const splitConfig = {
    splits: [
      { name: "a", hash_buckets: 1 },
      { name: "b", hash_buckets: 1 },
    ],
    partition_feature_name: "group",
  };
  const examples = await run(t, { "data.csv": `group,n\n${rows}\n` }, { output_config: { split_config: splitConfig } });
  const groups = async (split: string) => {
    const batches = await batchesOf(examples, split);
    return new Set(batches.flatMap((batch) => Array.from(batch.columns.get("group")!.values as Float64Array)));
  };
  const [a, b] = [await groups("a"), await groups("b")];
  t.is(a.size + b.size, 7);
});

function partitionBy(feature: string): Record<string, Json> {
  const splits = [{ name: "all", hash_buckets: 1 }];
  return { output_config: { split_config: { splits, partition_feature_name: feature } } };
}

/** What it is about, the files, the properties and the message. */
const refused: readonly [string, Record<string, string>, Record<string, Json>, RegExp][] = [
  ["an empty folder", {}, {}, /^Split pattern .*\/\* does not match any files\.$/],
  [
    "a pattern that nothing matches",
    SMALL,
    { input_config: { splits: [{ name: "a", pattern: "*.tsv" }] } },
    /^Split pattern .*\/\*\.tsv does not match any files\.$/,
  ],
  [
    "a header without rows",
    { "data.csv": "a,b\n" },
    {},
    /^No rows in .*data\.csv: expected rows after the header line$/,
  ],
  ["an empty file", { "data.csv": "" }, {}, /data\.csv is empty; expected a header line/],
  [
    "a row with the wrong number of cells",
    { "data.csv": "a,b\n1,2\n3\n" },
    {},
    /^Columns do not match specified csv headers: \['a', 'b'\] -> \['3'\] \(file .*data\.csv, line 3/,
  ],
  [
    "quotes that do not balance",
    { "data.csv": 'a,b\n1,"2\n' },
    {},
    /^Csv record had unbalanced quotes\. File: .*data\.csv, line 2$/,
  ],
  [
    "files with different headers",
    { "1.csv": "a,b\n1,2\n", "2.csv": "a,c\n1,2\n" },
    {},
    /^Files in same split single_split have different header\. .*1\.csv: \['a', 'b'\], .*2\.csv: \['a', 'c'\]$/,
  ],
  ["a header that names a column twice", { "data.csv": "a,a\n1,2\n" }, {}, /the header names \['a'\] more than once/],
  ["a partition feature that is not there", SMALL, partitionBy("x"), /^Feature name `x` does not exist\.$/],
  [
    "a partition feature without a value",
    SMALL,
    partitionBy("none"),
    /^Partition feature does not contain any value\.$/,
  ],
  [
    "a float partition feature",
    SMALL,
    partitionBy("f"),
    /^Only `bytes_list` and `int64_list` features are supported for partition\.$/,
  ],
];

for (const [what, files, properties, message] of refused) {
  test(`${what} is a clear error, and no split is left behind`, async (t) => {
    const examples = await outputArtifact(t, Examples);
    const inputBase = await folderOf(t, files);
    const running = execute(
      {},
      { examples: [examples] },
      { input_base: inputBase, ...properties },
      await executorContext(t),
    );
    await t.throwsAsync(running, { message });
    t.deepEqual(await readdir(examples.uri), []);
  });
}

test("a folder that does not exist is named", async (t) => {
  const context = await executorContext(t);
  const missing = path.join(context.temporaryDirectory, "missing");
  const examples = await outputArtifact(t, Examples);
  await t.throwsAsync(execute({}, { examples: [examples] }, { input_base: missing }, context), {
    message: `Split pattern ${missing}/* does not match any files. The folder ${missing} does not exist.`,
  });
});

test("a try that is killed stops and leaves no split behind", async (t) => {
  const controller = new AbortController();
  controller.abort(new Error("killed"));
  const examples = await outputArtifact(t, Examples);
  const context = { ...(await executorContext(t)), signal: controller.signal };
  const inputBase = await folderOf(t, SMALL);
  await t.throwsAsync(execute({}, { examples: [examples] }, { input_base: inputBase }, context));
  t.deepEqual(await readdir(examples.uri), []);
});
