import { readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseText, printText } from "../protos/text-format.ts";
import type { Artifact } from "../types/artifact.ts";
import { type Schema, schemaType } from "./schema.ts";

/** The file of a Schema artifact (TFX `io_utils.SchemaReader`). */
export const SCHEMA_FILE = "schema.pbtxt";

/** The schema of a Schema artifact. */
export async function readSchema(artifact: Artifact): Promise<Schema> {
  return readSchemaFile(path.join(artifact.uri, SCHEMA_FILE));
}

/** Reads a schema in protobuf text format. @throws with file and line when it is not one */
export async function readSchemaFile(file: string): Promise<Schema> {
  const text = await readFile(file, "utf8");
  try {
    return parseText(schemaType(), text);
  } catch (error) {
    throw new Error(`${file} is not a schema: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** A schema in protobuf text format, with the comment that TFDV ends it with. */
export function schemaText(schema: Schema): string {
  return `${printText(schemaType(), schema)}# generate_legacy_feature_spec: false\n`;
}

/** Writes a schema in protobuf text format; the file appears when it is whole. */
export async function writeSchemaFile(file: string, schema: Schema): Promise<void> {
  await writeFile(`${file}.partial`, schemaText(schema));
  await rename(`${file}.partial`, file);
}
