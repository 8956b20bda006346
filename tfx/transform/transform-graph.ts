import { mkdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { printText } from "../protos/text-format.ts";
import { GraphBuilder } from "../saved_model/graph-builder.ts";
import { transformSignature } from "../saved_model/transform-signature.ts";
import { writeSavedModel } from "../saved_model/write.ts";
import { type Schema, schemaType } from "../schema/schema.ts";
import { idDomain } from "./id-domain.ts";
import { type TransformedFeature, transformedSchema } from "./schema-features.ts";
import type { TransformFunction } from "./transform-function.ts";
import { TRANSFORM_GRAPH } from "./transform-graph-layout.ts";

/**
 * Writes a TransformGraph: the SavedModel with signature `transform_features` and the vocabularies as assets, and the
 * schemas of raw and transformed examples.
 */
export async function writeTransformGraph(
  directory: string,
  transform: TransformFunction,
  rawSchema: Schema,
): Promise<void> {
  const graph = new GraphBuilder();
  await writeSavedModel(path.join(directory, TRANSFORM_GRAPH.savedModel), {
    graph,
    signatures: { transform_features: transformSignature(graph, transform) },
    assets: transform.assets(),
    extra: { "daisy/transform.json": transform.toJson() },
  });
  const schema = transformedSchemaOf(transform);
  await write(directory, TRANSFORM_GRAPH.rawSchema, printText(schemaType(), rawSchema));
  await write(directory, TRANSFORM_GRAPH.transformedSchema, printText(schemaType(), schema));
  await write(directory, TRANSFORM_GRAPH.assetMap, assetMap(transform));
}

/** The schema of the examples that a transform makes. */
export function transformedSchemaOf(transform: TransformFunction): Schema {
  return transformedSchema(transform.outputNames.map((name) => transformedFeature(transform, name)));
}

function transformedFeature(transform: TransformFunction, name: string): TransformedFeature {
  return { name, spec: transform.outputSpec(name), domain: idDomain(transform.graph, name) };
}

/** Vocabulary names and their files, spelled as Python's json does. */
function assetMap({ graph }: TransformFunction): string {
  const entries = graph.nodes
    .filter(({ operation }) => operation === "vocabulary")
    .map(({ attributes }) => `${JSON.stringify(attributes.name)}: ${JSON.stringify(attributes.fileName)}`);
  return `{${entries.join(", ")}}`;
}

async function write(directory: string, file: string, text: string): Promise<void> {
  const target = path.join(directory, file);
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(`${target}.partial`, text);
  await rename(`${target}.partial`, target);
}
