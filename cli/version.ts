import { readFile } from "node:fs/promises";

/** The version of this program, from package.json. */
export async function readVersion(): Promise<string> {
  const text = await readFile(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

const BANNER = String.raw`
  ____        _
 |  _ \  __ _(_)___ _   _
 | | | |/ _' | / __| | | |
 | |_| | (_| | \__ \ |_| |
 |____/ \__,_|_|___/\__, |
                    |___/`.replaceAll("\\\\", "\\");

/** The name in large letters, then the version. */
export async function banner(): Promise<string> {
  return `${BANNER.slice(1)}\n  v${await readVersion()}`;
}
