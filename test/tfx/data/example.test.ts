import { readdir } from "node:fs/promises";
import path from "node:path";
import test from "ava";
import fc from "fast-check";
import protobuf from "protobufjs";
import { batchOf, ColumnBuilder, type ColumnSpec, type ColumnValue } from "#tfx/data/columns.ts";
import { ExampleDecoder, ExampleEncoder, ExampleTypes } from "#tfx/data/example.ts";
import { readTfRecords } from "#tfx/data/tfrecord.ts";
import { messageType } from "#tfx/protos/message-type.ts";
import { goldPath, goldTest } from "../helpers/gold.ts";

type Cell = readonly ColumnValue[] | undefined;

function oneRow(cells: readonly { readonly spec: ColumnSpec; readonly cell: Cell }[]) {
  return batchOf(
    cells.map(({ spec, cell }) => {
      const builder = new ColumnBuilder(spec);
      if (cell === undefined) builder.addMissing();
      else {
        for (const value of cell) builder.addValue(value);
        builder.endRow();
      }
      return builder.build();
    }),
  );
}

const LISTS = { INT: "int64_list", FLOAT: "float_list", BYTES: "bytes_list" } as const;

/** The same example by the general protobuf codec. */
function reference(cells: readonly { readonly spec: ColumnSpec; readonly cell: Cell }[]): Uint8Array {
  const example = messageType<object>("tensorflow/core/example/example.proto", "tensorflow.Example");
  const feature = Object.fromEntries(
    cells.map(({ spec, cell }) => {
      const value = cell?.map((item) => (typeof item === "string" ? Buffer.from(item) : item));
      return [spec.name, value ? { [LISTS[spec.type]]: { value } } : {}];
    }),
  );
  return example.encode({ features: { feature } });
}

const cell = fc.oneof(
  fc.record({ type: fc.constant("INT" as const), cell: optional(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)) }),
  fc.record({ type: fc.constant("INT" as const), cell: optional(fc.maxSafeInteger()) }),
  fc.record({ type: fc.constant("FLOAT" as const), cell: optional(fc.float()) }),
  fc.record({ type: fc.constant("BYTES" as const), cell: optional(fc.string({ unit: "binary" })) }),
  fc.record({ type: fc.constant("BYTES" as const), cell: optional(fc.constant(Uint8Array.of(0xff, 0, 0x80))) }),
);

function optional<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T[] | undefined> {
  return fc.option(fc.array(value, { maxLength: 4 }), { nil: undefined });
}

test("an example has the bytes that the deterministic protobuf encoding gives it, and comes back", (t) => {
  const names = fc.uniqueArray(
    fc.string({ unit: "binary", maxLength: 6 }).filter((name) => name !== "__proto__"),
    {
      minLength: 1,
      maxLength: 5,
    },
  );
  fc.assert(
    fc.property(names, fc.array(cell, { minLength: 5, maxLength: 5 }), (keys, values) => {
      const cells = keys.map((name, index) => {
        const { type, cell } = values[index]!;
        return { spec: { name, type }, cell };
      });
      const batch = oneRow(cells);
      const bytes = Buffer.from(new ExampleEncoder(batch).encode(0));
      t.is(bytes.toString("hex"), Buffer.from(reference(cells)).toString("hex"));

      const decoder = new ExampleDecoder(cells.map(({ spec }) => spec));
      decoder.add(bytes);
      t.deepEqual(batchOf(decoder.build()), batch);
    }),
  );
});

test("features are sorted by UTF-8 bytes, which is not the order of JavaScript strings", (t) => {
  const cells = ["\u{1f33c}", "\uff5e", "a"].map((name) => ({ spec: { name, type: "INT" as const }, cell: [1] }));
  const text = Buffer.from(new ExampleEncoder(oneRow(cells)).encode(0)).toString("utf8");
  t.true(text.indexOf("a") < text.indexOf("\uff5e"));
  t.true(text.indexOf("\uff5e") < text.indexOf("\u{1f33c}"));
});

test("numbers that are not packed, unknown fields and a repeated feature are read", (t) => {
  const list = new protobuf.Writer().uint32(8).int64(7).uint32(8).int64(-1).uint32(50).string("unknown").finish();
  const feature = new protobuf.Writer().uint32(26).bytes(list).finish();
  const earlier = new protobuf.Writer().uint32(26).bytes(new protobuf.Writer().uint32(8).int64(99).finish()).finish();
  const entry = (value: Uint8Array) => new protobuf.Writer().uint32(18).bytes(value).uint32(10).string("x").finish();
  const features = new protobuf.Writer().uint32(10).bytes(entry(earlier)).uint32(10).bytes(entry(feature)).finish();
  const decoder = new ExampleDecoder([{ name: "x", type: "INT" }]);
  decoder.add(new protobuf.Writer().uint32(16).uint32(5).uint32(10).bytes(features).finish());
  t.deepEqual(Array.from(decoder.build()[0]!.values as Float64Array), [7, -1]);
});

test("a missing feature, one without a kind and an empty list are told apart", (t) => {
  const decoder = new ExampleDecoder([{ name: "x", type: "FLOAT" }]);
  decoder.add(reference([]));
  decoder.add(reference([{ spec: { name: "x", type: "FLOAT" }, cell: undefined }]));
  decoder.add(reference([{ spec: { name: "x", type: "FLOAT" }, cell: [] }]));
  decoder.add(reference([{ spec: { name: "x", type: "FLOAT" }, cell: [1.5] }]));
  const [column] = decoder.build();
  t.deepEqual(column!.missing, Uint8Array.of(1, 1, 0, 0));
  t.deepEqual(column!.offsets, Uint32Array.of(0, 0, 0, 0, 1));
});

test("types are learnt over all examples, and a conflict names the feature", (t) => {
  const types = new ExampleTypes();
  types.add(reference([{ spec: { name: "b", type: "INT" }, cell: undefined }]));
  types.add(
    reference([
      { spec: { name: "b", type: "INT" }, cell: [1] },
      { spec: { name: "a", type: "BYTES" }, cell: undefined },
    ]),
  );
  t.deepEqual(types.columns(), [
    { name: "a", type: "BYTES" },
    { name: "b", type: "INT" },
  ]);
  t.throws(() => types.add(reference([{ spec: { name: "b", type: "FLOAT" }, cell: [1] }])), {
    message: 'Feature "b" holds INT values in some examples and FLOAT values in others',
  });
});

test("bytes that are no example are an error", (t) => {
  t.throws(() => new ExampleTypes().add(Buffer.from("not an example")), { message: /Not a tf.Example/ });
});

goldTest("TFX's own records are read and written again byte for byte", async (t) => {
  for (const split of ["train", "eval"]) {
    const folder = goldPath("examples", `Split-${split}`);
    const records: Buffer[] = [];
    const types = new ExampleTypes();
    for (const name of await readdir(folder)) {
      for await (const record of readTfRecords(path.join(folder, name))) {
        types.add(record);
        records.push(Buffer.from(record));
      }
    }
    const decoder = new ExampleDecoder(types.columns());
    for (const record of records) decoder.add(record);
    const encoder = new ExampleEncoder(batchOf(decoder.build()));
    t.true(records.every((record, row) => record.equals(encoder.encode(row))));
    t.is(records.length, split === "train" ? 9909 : 5091);
  }
});
