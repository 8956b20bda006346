import { rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { messageType } from "../protos/message-type.ts";
import type { Path } from "../protos/path.ts";
import type { Schema } from "../schema/schema.ts";
import type { AnomalyType } from "./description.ts";

/** `tensorflow.metadata.v0.Anomalies`: what of a data set does not fit a schema. */
export interface Anomalies {
  /** The schema that was checked against. */
  readonly baseline?: Schema;
  readonly anomaly_name_format?: "UNKNOWN" | "SERIALIZED_PATH";
  /** By serialised path. */
  readonly anomaly_info?: Readonly<Record<string, AnomalyInfo>>;
  readonly dataset_anomaly_info?: AnomalyInfo;
  /** There was no example, so nothing was checked. */
  readonly data_missing?: boolean;
}
export interface AnomalyInfo {
  readonly path?: Path;
  readonly severity?: "UNKNOWN" | "WARNING" | "ERROR";
  readonly short_description?: string;
  readonly description?: string;
  readonly reason?: readonly {
    readonly type?: AnomalyType;
    readonly short_description?: string;
    readonly description?: string;
  }[];
}

/** The file of one split in an ExampleAnomalies artifact. */
export const ANOMALIES_FILE = "SchemaDiff.pb";

/** The codec of `tensorflow.metadata.v0.Anomalies`. */
export function anomaliesType() {
  return messageType<Anomalies>("tensorflow_metadata/proto/v0/anomalies.proto", "tensorflow.metadata.v0.Anomalies");
}

/** Writes the anomalies of a split into its folder, which must exist. */
export async function writeAnomalies(folder: string, anomalies: Anomalies): Promise<void> {
  const file = path.join(folder, ANOMALIES_FILE);
  await writeFile(`${file}.partial`, anomaliesType().encode(anomalies));
  await rename(`${file}.partial`, file);
}

/** Whether nothing was found. */
export function isBlessed(anomalies: Anomalies): boolean {
  return Object.keys(anomalies.anomaly_info ?? {}).length === 0 && anomalies.dataset_anomaly_info === undefined;
}
