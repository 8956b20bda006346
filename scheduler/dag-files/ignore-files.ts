import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "#core/log.ts";
import { IgnoreFile, type IgnoreSyntax } from "./ignore-file.ts";

/** The .airflowignore files below a dags folder, each read as rules again only when its text changed. */
export class IgnoreFiles {
  readonly #syntax: IgnoreSyntax;
  readonly #known = new Map<string, { readonly text: string; readonly file: IgnoreFile }>();

  constructor(syntax: IgnoreSyntax = "glob") {
    this.#syntax = syntax;
  }

  /**
   * What a directory's .airflowignore file says.
   * @param directory relative to the dags folder, which is the empty path itself
   */
  async read(folder: string, directory: string, log: Log): Promise<IgnoreFile> {
    const path = join(folder, directory, ".airflowignore");
    const text = await readText(path);
    const known = this.#known.get(path);
    if (known?.text === text) return known.file;
    const file = new IgnoreFile(text, directory, this.#syntax, log);
    this.#known.set(path, { text, file });
    return file;
  }
}

/** What is no ordinary file is not read: a pipe would wait for somebody to write into it. */
async function readText(path: string): Promise<string> {
  try {
    return (await stat(path)).isFile() ? await readFile(path, "utf8") : "";
  } catch {
    return "";
  }
}
