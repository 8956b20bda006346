import type { Artifact } from "../types/artifact.ts";

/** How the rows of an Examples artifact are stored; names and numbers are TFX's `example_gen.proto`. */
export const PayloadFormat = {
  FORMAT_TF_EXAMPLE: 6,
  FORMAT_TF_SEQUENCE_EXAMPLE: 7,
  FORMAT_PROTO: 11,
  FORMAT_PARQUET: 15,
} as const;
export const FileFormat = { FORMAT_TFRECORDS_GZIP: 5, FILE_FORMAT_PARQUET: 16 } as const;

/** The payload formats that can be read and written here. */
export type ExamplesFormat = "FORMAT_PARQUET" | "FORMAT_TF_EXAMPLE";

/** TFX's words in the custom property `file_format`. */
const FILE_FORMATS: Record<ExamplesFormat, string> = { FORMAT_PARQUET: "parquet", FORMAT_TF_EXAMPLE: "tfrecords_gzip" };

/** Records on an Examples artifact how its rows are stored. */
export function setExamplesFormat(artifact: Artifact, format: ExamplesFormat): void {
  artifact.customProperties.payload_format = format;
  artifact.customProperties.file_format = FILE_FORMATS[format];
}

/** How an Examples artifact's rows are stored; serialised tf.Examples where it does not say. */
export function examplesFormat(artifact: Artifact): ExamplesFormat {
  const format = artifact.customProperties.payload_format ?? "FORMAT_TF_EXAMPLE";
  if (format === "FORMAT_PARQUET" || format === "FORMAT_TF_EXAMPLE") return format;
  throw new Error(
    `Examples ${artifact.uri} have payload_format ${format}; only FORMAT_PARQUET and FORMAT_TF_EXAMPLE are supported`,
  );
}
