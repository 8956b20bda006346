import { existsSync } from "node:fs";
import path from "node:path";
import type { Batch } from "../data/columns.ts";
import type { Schema } from "../schema/schema.ts";
import { readSchemaFile } from "../schema/schema-file.ts";
import type { FeatureSpecs } from "./feature-spec.ts";
import { idDomain } from "./id-domain.ts";
import { featureSpecsOf } from "./schema-features.ts";
import type { Token } from "./tokens.ts";
import { TransformFunction } from "./transform-function.ts";
import { TRANSFORM_GRAPH } from "./transform-graph-layout.ts";

/**
 * What Transform wrote, read back (`tft.TFTransformOutput`): schemas, vocabularies, and the transform itself, which runs
 * without the user's code.
 *
 * @example
 * ```ts
 * const transformOutput = await TransformOutput.load(fnArgs.transformGraphPath);
 * const size = transformOutput.vocabularySizeByName("vocab_compute_and_apply_vocabulary_vocabulary");
 * ```
 */
export class TransformOutput {
  /** The schema of raw examples. */
  readonly rawSchema: Schema;
  /** The schema of transformed examples. */
  readonly transformedSchema: Schema;
  readonly transform: TransformFunction;

  private constructor(rawSchema: Schema, transformedSchema: Schema, transform: TransformFunction) {
    this.rawSchema = rawSchema;
    this.transformedSchema = transformedSchema;
    this.transform = transform;
  }

  /**
   * Reads a TransformGraph artifact's folder, `fnArgs.transformGraphPath`.
   * @throws when the folder is not a TransformGraph that was written here
   */
  static async load(uri: string): Promise<TransformOutput> {
    const expressions = path.join(uri, TRANSFORM_GRAPH.expressions);
    if (!existsSync(expressions))
      throw new Error(`${uri} is no transform graph that was written here: no ${expressions}`);
    return new TransformOutput(
      await readSchemaFile(path.join(uri, TRANSFORM_GRAPH.rawSchema)),
      await readSchemaFile(path.join(uri, TRANSFORM_GRAPH.transformedSchema)),
      await TransformFunction.read(expressions, path.join(uri, TRANSFORM_GRAPH.savedModel, "assets")),
    );
  }

  /** How raw features are read from tf.Examples, by name. */
  rawFeatureSpec(): FeatureSpecs {
    return featureSpecsOf(this.rawSchema);
  }

  /** How transformed features are read from tf.Examples, by name. */
  transformedFeatureSpec(): FeatureSpecs {
    return featureSpecsOf(this.transformedSchema);
  }

  /** The number of ids of a vocabulary, without out-of-vocabulary buckets. */
  vocabularySizeByName(name: string): number {
    return this.vocabularyByName(name).length;
  }

  /** The values of a vocabulary in the order of their ids. @throws when there is no vocabulary of that name */
  vocabularyByName(name: string): readonly Token[] {
    const vocabularies = this.transform.graph.nodes.filter(({ operation }) => operation === "vocabulary");
    const found = vocabularies.find(({ attributes }) => attributes.name === name);
    if (!found) {
      const names = vocabularies.map(({ attributes }) => attributes.name).join(", ") || "none";
      throw new Error(`There is no vocabulary "${name}"; there are ${names}`);
    }
    return this.transform.vocabularies.get(String(found.attributes.fileName))!;
  }

  /** The number of ids that a bucketized or looked-up feature can have, counted from 0. */
  numBucketsForTransformedFeature(name: string): number {
    const domain = idDomain(this.transform.graph, name);
    if (!domain) throw new Error(`The feature "${name}" has no buckets: it is no result of bucketize or a vocabulary`);
    return domain.max + 1;
  }

  /** Transformed features of a batch of raw examples. */
  transformBatch(batch: Batch, featureNames?: readonly string[]): Batch {
    return this.transform.transformBatch(batch, featureNames);
  }
}
