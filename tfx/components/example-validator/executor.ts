import { mkdir } from "node:fs/promises";
import { isBlessed, writeAnomalies } from "../../anomalies/anomalies.ts";
import { validateStatistics } from "../../anomalies/validate-statistics.ts";
import { readSchema } from "../../schema/schema-file.ts";
import { readSplitStatistics } from "../../statistics/statistics.ts";
import { singleArtifact } from "../../types/artifact.ts";
import { encodeSplitNames, splitNames, splitUri } from "../../types/splits.ts";
import { excludedSplits } from "../exclude-splits.ts";
import type { Execute } from "../executor.ts";

/** Checks the statistics of each split against the schema. Anomalies are reported, not thrown: they do not fail the run. */
export const execute: Execute = async (inputs, outputs, execProperties, context) => {
  const statistics = singleArtifact(inputs, "statistics");
  const anomaliesArtifact = singleArtifact(outputs, "anomalies");
  const schema = await readSchema(singleArtifact(inputs, "schema"));
  const excluded = excludedSplits(execProperties.exclude_splits);
  const splits = splitNames(statistics).filter((split) => !excluded.includes(split));
  anomaliesArtifact.properties.split_names = encodeSplitNames(splits);
  anomaliesArtifact.properties.span = statistics.properties.span ?? 0;

  const blessed: Record<string, 0 | 1> = {};
  for (const split of splits) {
    const anomalies = validateStatistics(await readSplitStatistics(statistics, split), schema);
    const folder = splitUri(anomaliesArtifact, split);
    await mkdir(folder, { recursive: true });
    await writeAnomalies(folder, anomalies);
    blessed[split] = isBlessed(anomalies) ? 1 : 0;
    context.log(blessed[split] === 1 ? `Split ${split}: no anomalies found` : `Split ${split}: anomalies found`);
    const infos = {
      ...anomalies.anomaly_info,
      ...(anomalies.dataset_anomaly_info && { "[dataset anomaly]": anomalies.dataset_anomaly_info }),
    };
    for (const [name, { short_description, description }] of Object.entries(infos)) {
      context.log(`Split ${split}: ${name}: ${short_description}: ${description}`);
    }
  }
  anomaliesArtifact.customProperties.blessed = JSON.stringify(blessed);
};
