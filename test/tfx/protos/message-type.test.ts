import { readFile } from "node:fs/promises";
import test from "ava";
import fc from "fast-check";
import { type Anomalies, anomaliesType } from "#tfx/anomalies/anomalies.ts";
import { compareUtf8, messageType } from "#tfx/protos/message-type.ts";
import { serializePath } from "#tfx/protos/path.ts";
import { type Schema, schemaType } from "#tfx/schema/schema.ts";
import { goldPath, goldTest } from "../helpers/gold.ts";

test("64-bit integers are exact: numbers while they are safe, bigints beyond", (t) => {
  const domains = [
    { min: 0, max: 2 ** 53 - 1 },
    { min: -(2n ** 63n), max: 2n ** 63n - 1n },
    { min: -1, max: 17031980100 },
  ];
  const { int_domain } = schemaType().decode(schemaType().encode({ int_domain: domains }));
  t.deepEqual(int_domain, domains);
});

test("unsigned 64-bit integers are exact too", (t) => {
  const type = messageType<{ num_examples?: number | bigint }>(
    "tensorflow_metadata/proto/v0/statistics.proto",
    "tensorflow.metadata.v0.DatasetFeatureStatistics",
  );
  t.is(type.decode(type.encode({ num_examples: 2n ** 64n - 1n })).num_examples, 2n ** 64n - 1n);
});

test("map entries are written in the order of their keys' UTF-8 bytes", (t) => {
  const encode = (keys: readonly string[]) => {
    const anomaly_info = Object.fromEntries(keys.map((key) => [key, {}]));
    return Buffer.from(anomaliesType().encode({ anomaly_info })).toString("hex");
  };
  t.is(encode(["b", "\u{1f33c}", "\uff5e", "a"]), encode(["a", "b", "\uff5e", "\u{1f33c}"]));
});

test("strings are compared as their UTF-8 bytes are", (t) => {
  const text = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(text, text, (a, b) => {
      t.is(Math.sign(compareUtf8(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

test("a field that the message does not have is an error, and so is an enum value", (t) => {
  t.throws(() => schemaType().encode({ featur: [] } as Schema), {
    message: 'Message tensorflow.metadata.v0.Schema has no field "featur"',
  });
  t.throws(() => schemaType().encode({ feature: [{ type: "TEXT" as "INT" }] }), {
    message: 'Enum tensorflow.metadata.v0.FeatureType has no value "TEXT"',
  });
});

test("what is set comes back, enums by name", (t) => {
  const anomalies: Anomalies = {
    baseline: { feature: [{ name: "x", type: "INT", presence: { min_count: 0 } }] },
    anomaly_info: { x: { severity: "ERROR", description: "", reason: [{ type: "SCHEMA_NEW_COLUMN" }] } },
  };
  t.like(anomaliesType().decode(anomaliesType().encode(anomalies)), anomalies);
});

const paths: readonly [readonly string[], string][] = [
  [["a"], "a"],
  [["a", "b"], "a.b"],
  [["a.b"], "'a.b'"],
  [["it's"], "'it''s'"],
  [["(ext)"], "(ext)"],
  [["f(x)"], "'f(x)'"],
];

for (const [step, text] of paths) {
  test(`the path ${JSON.stringify(step)} is written ${text}`, (t) => {
    t.is(serializePath({ step }), text);
  });
}

goldTest("TFX's statistics are decoded and encoded again byte for byte", async (t) => {
  const type = messageType<object>(
    "tensorflow_metadata/proto/v0/statistics.proto",
    "tensorflow.metadata.v0.DatasetFeatureStatisticsList",
  );
  for (const split of ["train", "eval"]) {
    const bytes = await readFile(goldPath("statistics", `Split-${split}`, "FeatureStats.pb"));
    t.true(bytes.equals(type.encode(type.decode(bytes))));
  }
});
