import path from "node:path";
import type { Operator } from "../operator.ts";
import { readExtra } from "../operators/connection-extra.ts";
import { isFilledText, isFlag, type OptionRules, readOptions } from "../operators/options.ts";
import { getClient } from "../task-scope.ts";
import { fileTrigger } from "../triggers/file-trigger.ts";
import { findFile } from "../triggers/find-file.ts";
import { sensorOperator } from "./sensor-operator.ts";
import { SENSOR_RULES, type SensorOptions, sensorOptions } from "./sensor-options.ts";

export interface FileSensorOptions extends SensorOptions {
  /** A template: a path, or a glob pattern with `*`, `?` and `[…]`; a folder counts when there is a file in it. */
  filepath: string;
  /** A connection whose extra's `path` the filepath is relative to. @default none: it is relative to the task's folder */
  fsConnId?: string;
  /** Whether `**` in the pattern matches any depth of folders. @default false */
  recursive?: boolean;
}

const RULES: OptionRules<FileSensorOptions> = {
  ...SENSOR_RULES,
  filepath: isFilledText,
  fsConnId: isFilledText,
  recursive: isFlag,
};

/**
 * Waits until there is a file (Airflow's FileSensor): on the worker's machine, and with `deferrable` on the
 * triggerer's.
 */
export function fileSensor(options: FileSensorOptions): Operator<void, undefined> {
  const { filepath, fsConnId, recursive = false, ...rest } = readOptions("fileSensor", options, RULES, ["filepath"]);
  const read = sensorOptions(rest);
  const locate = async (fields: { filepath: string }) => path.resolve(await baseFolder(fsConnId), fields.filepath);
  return sensorOperator<void, undefined, { filepath: string }>({
    operatorName: "FileSensor",
    label: "fileSensor",
    takesNoInputs: true,
    options: read,
    templateFields: { filepath },
    async poke(_, fields) {
      const pattern = await locate(fields);
      console.log(`Poking for file ${pattern}`);
      const found = await findFile(pattern, recursive);
      if (found !== undefined) console.log(`Found File ${found.path} last modified: ${found.modified.toISOString()}`);
      return found !== undefined;
    },
    trigger: async (_, fields) =>
      fileTrigger({ filepath: await locate(fields), recursive, pollInterval: read.pokeInterval }),
  });
}

async function baseFolder(connId: string | undefined): Promise<string> {
  if (connId === undefined) return process.cwd();
  const folder = readExtra(await getClient().getConnectionOrThrow(connId)).path;
  if (typeof folder === "string" && folder !== "") return folder;
  throw new Error(`The extra of connection "${connId}" has no "path" for fileSensor to look in`);
}
