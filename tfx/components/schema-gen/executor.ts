import path from "node:path";
import { inferSchema, updateSchema } from "../../schema/infer-schema.ts";
import type { Schema } from "../../schema/schema.ts";
import { SCHEMA_FILE, writeSchemaFile } from "../../schema/schema-file.ts";
import { readSplitStatistics } from "../../statistics/statistics.ts";
import { singleArtifact } from "../../types/artifact.ts";
import { splitNames } from "../../types/splits.ts";
import { excludedSplits } from "../exclude-splits.ts";
import type { Execute } from "../executor.ts";

/** Infers a schema from the statistics of the first split, and makes it fit those of the others. */
export const execute: Execute = async (inputs, outputs, execProperties, context) => {
  const statistics = singleArtifact(inputs, "statistics");
  const excluded = excludedSplits(execProperties.exclude_splits);
  const splits = splitNames(statistics).filter((split) => !excluded.includes(split));
  const inferFeatureShape = Boolean(execProperties.infer_feature_shape ?? true);

  let schema: Schema | undefined;
  for (const split of splits) {
    const ofSplit = await readSplitStatistics(statistics, split);
    schema = schema
      ? updateSchema(schema, ofSplit)
      : inferSchema(ofSplit, { inferFeatureShape, maxStringDomainSize: 100 });
  }
  if (!schema) throw new Error(`No input splits for stats artifact: ${statistics.uri}`);
  const file = path.join(singleArtifact(outputs, "schema").uri, SCHEMA_FILE);
  await writeSchemaFile(file, schema);
  context.log(`Schema of ${schema.feature?.length ?? 0} features from splits ${splits.join(", ")} in ${file}`);
};
