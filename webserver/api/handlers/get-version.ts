import { readFile } from "node:fs/promises";
import type { VersionAnswer } from "../../protocol.ts";
import type { Handler } from "../call.ts";

const PACKAGE = new URL("../../../package.json", import.meta.url);

export const getVersion: Handler = async (): Promise<VersionAnswer> => {
  const { version } = JSON.parse(await readFile(PACKAGE, "utf8")) as { version: string };
  return { version, git_version: null };
};
