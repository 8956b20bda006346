import { rm } from "node:fs/promises";
import { takeRows } from "../../data/columns.ts";
import { openSplitWriter } from "../../data/examples.ts";
import { setExamplesFormat } from "../../data/payload-format.ts";
import type { SplitWriter } from "../../data/split-writer.ts";
import { type Artifact, singleArtifact } from "../../types/artifact.ts";
import { encodeSplitNames, splitUri } from "../../types/splits.ts";
import type { Execute, ExecutorContext } from "../executor.ts";
import { type ExampleGenConfig, exampleGenConfig, type OutputSplit } from "./config.ts";
import { type CsvTable, csvBatches, csvColumns, inspectCsv, type MissingCell } from "./csv-batches.ts";
import { assignSplits } from "./hash-split.ts";
import { inputFingerprint, matchInputs } from "./input-files.ts";

/** Turns CSV files into examples, split by hash. */
export const execute: Execute = (_inputs, outputs, execProperties, context) =>
  ingestCsv(singleArtifact(outputs, "examples"), exampleGenConfig(execProperties), context);

/** The work of CsvExampleGen on a checked configuration. */
export async function ingestCsv(
  examples: Artifact,
  config: ExampleGenConfig,
  context: Pick<ExecutorContext, "log" | "signal">,
  missingCell: MissingCell = "empty list",
): Promise<void> {
  const inputs = await matchInputs(config);
  const outputNames = (config.outputSplits ?? config.inputSplits).map((split) => split.name);
  examples.properties.split_names = encodeSplitNames(outputNames);
  examples.properties.span = 0;
  examples.customProperties.span = 0;
  examples.customProperties.input_fingerprint = inputFingerprint(inputs);
  setExamplesFormat(examples, config.format);

  for (const { split, files } of inputs) {
    const paths = files.map((file) => file.path);
    context.log(`Reading ${paths.length} CSV file(s) of input split ${split.name}: ${paths.join(", ")}`);
    const table = await inspectCsv(split.name, paths, context.signal);
    const outputSplits = config.outputSplits ?? [{ name: split.name, hashBuckets: 1 }];
    const counts = await writeSplits(
      examples,
      table,
      outputSplits,
      config.partitionFeatureName,
      missingCell,
      context.signal,
    );
    outputSplits.forEach(({ name }, index) => {
      context.log(`Split ${name}: ${counts[index]} examples in ${splitUri(examples, name)}`);
    });
  }
}

async function writeSplits(
  examples: Artifact,
  table: CsvTable,
  splits: readonly OutputSplit[],
  partitionFeatureName: string | undefined,
  missingCell: MissingCell,
  signal: AbortSignal,
): Promise<number[]> {
  const columns = csvColumns(table);
  const counts = splits.map(() => 0);
  const writers: SplitWriter[] = [];
  try {
    for (const { name } of splits) writers.push(await openSplitWriter(examples, name, columns, { signal }));
    for await (const batch of csvBatches(table, missingCell, signal)) {
      const assigned = assignSplits(batch, splits, partitionFeatureName);
      for (const [index, writer] of writers.entries()) {
        const rows: number[] = [];
        for (let row = 0; row < batch.numRows; row++) if (assigned[row] === index) rows.push(row);
        counts[index]! += rows.length;
        await writer.write(takeRows(batch, rows));
      }
    }
    for (const writer of writers) await writer.close();
    return counts;
  } catch (error) {
    for (const writer of writers) await writer.discard();
    for (const { name } of splits) await rm(splitUri(examples, name), { recursive: true, force: true });
    throw error;
  }
}
