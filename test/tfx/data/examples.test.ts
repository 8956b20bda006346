import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import { type Batch, batchOf, type ColumnSpec, columnOf } from "#tfx/data/columns.ts";
import { connectDuckDb } from "#tfx/data/duckdb.ts";
import { exampleColumns, openSplitWriter, readExamples, writeExamples } from "#tfx/data/examples.ts";
import { type ExamplesFormat, setExamplesFormat } from "#tfx/data/payload-format.ts";
import type { Artifact } from "#tfx/types/artifact.ts";
import { Examples } from "#tfx/types/artifact-type.ts";
import { splitArtifact, temporaryFolder } from "../helpers/execution.ts";
import { goldPath, goldTest } from "../helpers/gold.ts";

const COLUMNS: readonly ColumnSpec[] = [
  { name: 'a "quoted" name', type: "BYTES" },
  { name: "count", type: "INT" },
  { name: "large", type: "INT" },
  { name: "never", type: "BYTES" },
  { name: "share", type: "FLOAT" },
];

/** Rows: a value, several values, present without a value, missing. */
function rows(): Batch {
  const offsets = Uint32Array.of(0, 1, 3, 3, 3);
  const missing = Uint8Array.of(0, 0, 0, 1);
  const [text, count, large, never, share] = COLUMNS as [ColumnSpec, ColumnSpec, ColumnSpec, ColumnSpec, ColumnSpec];
  return batchOf([
    columnOf(text, offsets, missing, ["\ufeffwith a mark\0", "ünï'code", Uint8Array.of(0xff, 0xfe)]),
    columnOf(count, offsets, missing, [-1, 0, 17031980100]),
    columnOf(large, offsets, missing, [2n ** 63n - 1n, -(2n ** 63n), 5n]),
    columnOf(never, new Uint32Array(5), Uint8Array.of(1, 1, 1, 1), []),
    columnOf(share, offsets, missing, [0.1, Number.NaN, -Infinity]),
  ]);
}

async function examplesOf(t: ExecutionContext, format: ExamplesFormat): Promise<Artifact> {
  const artifact = splitArtifact(Examples, await temporaryFolder(t), ["train"]);
  setExamplesFormat(artifact, format);
  return artifact;
}

async function collect(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  const all: Batch[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
}

const FORMATS: readonly [ExamplesFormat, string][] = [
  ["FORMAT_PARQUET", "data_parquet-00000-of-00001.parquet"],
  ["FORMAT_TF_EXAMPLE", "data_tfrecord-00000-of-00001.gz"],
];

for (const [format, fileName] of FORMATS) {
  test(`${format} keeps values, empty lists and missing features apart`, async (t) => {
    const artifact = await examplesOf(t, format);
    const files = await writeExamples(artifact, "train", COLUMNS, [rows()]);
    t.deepEqual(files, [path.join(artifact.uri, "Split-train", fileName)]);
    t.deepEqual(await exampleColumns(artifact, "train"), COLUMNS);
    t.deepEqual(await collect(readExamples(artifact, "train")), [rows()]);
  });

  test(`${format} gives only the columns that are asked for, in that order`, async (t) => {
    const artifact = await examplesOf(t, format);
    await writeExamples(artifact, "train", COLUMNS, [rows()]);
    const [batch] = await collect(readExamples(artifact, "train", { columns: ["share", "count"] }));
    t.deepEqual([...batch!.columns.keys()], ["share", "count"]);
    await t.throwsAsync(collect(readExamples(artifact, "train", { columns: ["fare"] })), {
      message: /has no feature "fare"; it has a "quoted" name, count, large, never, share/,
    });
  });

  test(`${format} is read in batches of the size asked for, rows in order`, async (t) => {
    const artifact = await examplesOf(t, format);
    const spec = { name: "n", type: "INT" } as const;
    const numbers = Array.from({ length: 5000 }, (_, index) => index);
    const column = columnOf(
      spec,
      Uint32Array.from({ length: 5001 }, (_, index) => index),
      undefined,
      numbers,
    );
    await writeExamples(artifact, "train", [spec], [batchOf([column]), batchOf([column])]);
    const batches = await collect(readExamples(artifact, "train", { batchSize: 3000 }));
    t.deepEqual(
      batches.map((batch) => batch.numRows),
      [3000, 3000, 3000, 1000],
    );
    const read = batches.flatMap((batch) => Array.from(batch.columns.get("n")!.values as Float64Array));
    t.deepEqual(read, [...numbers, ...numbers]);
  });

  test(`${format} reads a split without rows as nothing`, async (t) => {
    const artifact = await examplesOf(t, format);
    await writeExamples(artifact, "train", COLUMNS, []);
    t.deepEqual(await collect(readExamples(artifact, "train")), []);
  });

  test(`${format} has no file before the writer is closed, and none when it is discarded`, async (t) => {
    const artifact = await examplesOf(t, format);
    const writer = await openSplitWriter(artifact, "train", COLUMNS);
    await writer.write(rows());
    await t.throwsAsync(collect(readExamples(artifact, "train")), { message: /The split "train" has no files in/ });
    await writer.discard();
    await t.throwsAsync(collect(readExamples(artifact, "train")), { message: /The split "train" has no files in/ });
  });

  test(`${format} stops reading when it is told to`, async (t) => {
    const artifact = await examplesOf(t, format);
    await writeExamples(artifact, "train", COLUMNS, [rows()]);
    const controller = new AbortController();
    controller.abort(new Error("killed"));
    const reading = collect(readExamples(artifact, "train", { signal: controller.signal }));
    await t.throwsAsync(reading, { message: /killed|aborted/ });
  });
}

test("a large split becomes several Parquet files, and is read in order", async (t) => {
  const artifact = await examplesOf(t, "FORMAT_PARQUET");
  const spec = { name: "n", type: "INT" } as const;
  const offsets = Uint32Array.from({ length: 50_001 }, (_, index) => index);
  const batch = (part: number) => {
    const values = Array.from({ length: 50_000 }, (_, index) => part * 50_000 + index);
    return batchOf([columnOf(spec, offsets, undefined, values)]);
  };
  const files = await writeExamples(artifact, "train", [spec], [0, 1, 2, 3, 4].map(batch));
  t.deepEqual(
    files.map((file) => path.basename(file)),
    [0, 1, 2].map((index) => `data_parquet-0000${index}-of-00003.parquet`),
  );
  let next = 0;
  for await (const { columns } of readExamples(artifact, "train")) {
    for (const value of columns.get("n")!.values) if (Number(value) === next) next++;
  }
  t.is(next, 250_000);
});

test("a Parquet file of plain columns is refused by name and type", async (t) => {
  const artifact = await examplesOf(t, "FORMAT_PARQUET");
  const folder = path.join(artifact.uri, "Split-train");
  await mkdir(folder, { recursive: true });
  const connection = await connectDuckDb();
  await connection.run(`COPY (SELECT 1 AS plain) TO '${path.join(folder, "x.parquet")}' (FORMAT parquet)`);
  connection.closeSync();
  await t.throwsAsync(exampleColumns(artifact, "train"), { message: /Column "plain" of .* is INTEGER/ });
});

test("a payload format that is not supported is refused", async (t) => {
  const artifact = splitArtifact(Examples, await temporaryFolder(t), ["train"]);
  artifact.customProperties.payload_format = "FORMAT_PROTO";
  await mkdir(path.join(artifact.uri, "Split-train"), { recursive: true });
  await writeFile(path.join(artifact.uri, "Split-train", "x"), "");
  await t.throwsAsync(collect(readExamples(artifact, "train")), { message: /payload_format FORMAT_PROTO/ });
});

goldTest("TFX's records give the same columns from TFRecords and, copied, from Parquet", async (t) => {
  const gold = splitArtifact(Examples, goldPath("examples"), ["train", "eval"]);
  const copy = await examplesOf(t, "FORMAT_PARQUET");
  const columns = await exampleColumns(gold, "train");
  await writeExamples(copy, "train", columns, readExamples(gold, "train"));
  t.deepEqual(await collect(readExamples(copy, "train")), await collect(readExamples(gold, "train")));
});
