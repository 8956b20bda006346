import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import { anomaliesType } from "#tfx/anomalies/anomalies.ts";
import { exampleGenConfig } from "#tfx/components/csv-example-gen/config.ts";
import type { MissingCell } from "#tfx/components/csv-example-gen/csv-batches.ts";
import { ingestCsv } from "#tfx/components/csv-example-gen/executor.ts";
import { execute } from "#tfx/components/example-validator/executor.ts";
import type { Json } from "#tfx/components/executor.ts";
import { execute as inferSchema } from "#tfx/components/schema-gen/executor.ts";
import { execute as computeStatistics } from "#tfx/components/statistics-gen/executor.ts";
import type { Artifact } from "#tfx/types/artifact.ts";
import { ExampleAnomalies, ExampleStatistics, Examples, Schema } from "#tfx/types/artifact-type.ts";
import { splitUri } from "#tfx/types/splits.ts";
import { executorContext, folderOf, outputArtifact } from "../../helpers/execution.ts";
import { goldTest, taxiData } from "../../helpers/gold.ts";

async function statisticsOf(t: ExecutionContext, csv: string, missingCell: MissingCell): Promise<Artifact> {
  const [examples, statistics] = [await outputArtifact(t, Examples), await outputArtifact(t, ExampleStatistics)];
  const inputBase = await folderOf(t, { "data.csv": csv });
  const context = await executorContext(t);
  await ingestCsv(examples, exampleGenConfig({ input_base: inputBase }), context, missingCell);
  await computeStatistics({ examples: [examples] }, { statistics: [statistics] }, {}, context);
  return statistics;
}

async function schemaOf(
  t: ExecutionContext,
  statistics: Artifact,
  properties: Record<string, Json>,
): Promise<Artifact> {
  const schema = await outputArtifact(t, Schema);
  await inferSchema({ statistics: [statistics] }, { schema: [schema] }, properties, await executorContext(t));
  return schema;
}

async function validate(
  t: ExecutionContext,
  statistics: Artifact,
  schema: Artifact,
  properties: Record<string, Json> = {},
) {
  const anomalies = await outputArtifact(t, ExampleAnomalies);
  const context = await executorContext(t);
  await execute({ statistics: [statistics], schema: [schema] }, { anomalies: [anomalies] }, properties, context);
  return { anomalies, lines: context.lines };
}

async function anomaliesOf(artifact: Artifact, split: string) {
  return anomaliesType().decode(await readFile(path.join(splitUri(artifact, split), "SchemaDiff.pb")));
}

goldTest("the 0.21 workshop's two anomalies: values that only the eval split has", async (t) => {
  const statistics = await statisticsOf(t, await readFile(taxiData("data.csv"), "utf8"), "no kind");
  const schema = await schemaOf(t, statistics, { exclude_splits: ["eval"], infer_feature_shape: false });
  const { anomalies, lines } = await validate(t, statistics, schema, { exclude_splits: ["train"] });
  t.is(anomalies.customProperties.blessed, '{"eval":0}');
  const { anomaly_info, baseline } = await anomaliesOf(anomalies, "eval");
  t.is(baseline!.feature!.length, 18);
  t.deepEqual(Object.keys(anomaly_info!).sort(), ["company", "payment_type"]);
  t.is(anomaly_info!.payment_type!.description, "Examples contain values missing from the schema: Prcard (<1%). ");
  t.is(anomaly_info!.company!.short_description, "Unexpected string values");
  t.is(anomaly_info!.company!.description!.split(", ").length, 8);
  t.true(lines.some((line) => line.includes("Prcard")));
});

goldTest("today's workshop has no anomalies, as the schema is made of both splits", async (t) => {
  const statistics = await statisticsOf(t, await readFile(taxiData("data.csv"), "utf8"), "empty list");
  const { anomalies } = await validate(t, statistics, await schemaOf(t, statistics, { infer_feature_shape: false }));
  t.is(anomalies.customProperties.blessed, '{"train":1,"eval":1}');
  for (const split of ["train", "eval"]) t.deepEqual((await anomaliesOf(anomalies, split)).anomaly_info ?? {}, {});
});

test("a schema that cannot be read names the file and the line", async (t) => {
  const csv = `n\n${Array.from({ length: 30 }, (_, index) => index).join("\n")}\n`;
  const statistics = await statisticsOf(t, csv, "empty list");
  const schema = await outputArtifact(t, Schema);
  await mkdir(schema.uri, { recursive: true });
  await writeFile(path.join(schema.uri, "schema.pbtxt"), 'feature {\n  name "n"\n}\n');
  await t.throwsAsync(validate(t, statistics, schema), { message: /schema\.pbtxt is not a schema: .*\(line 2\)/ });
});
