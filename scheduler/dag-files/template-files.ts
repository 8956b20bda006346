import { readFile, realpath } from "node:fs/promises";
import { isAbsolute, relative, resolve } from "node:path";

/** Raw blocks and comments, which stay as they are, and includes. */
const TAGS =
  /\{%[-+]?\s*raw\s*[-+]?%\}[\s\S]*?\{%[-+]?\s*endraw\s*[-+]?%\}|\{#[\s\S]*?#\}|\{%([-+]?)\s*include\b([\s\S]*?)([-+]?)%\}/g;
/** A name or a list of names in quotes. */
const INCLUDED =
  /^\s*(?:("[^"]*"|'[^']*')|\[((?:\s*(?:"[^"]*"|'[^']*')\s*,?)*)\])(\s+ignore\s+missing)?(?:\s+with\s+context)?\s*$/;
const NAME = /"([^"]*)"|'([^']*)'/g;
const DEEPEST = 50;

/** The template files that a DAG may name: those below some folders, looked for in their order. */
export class TemplateFiles {
  readonly #folders: readonly string[];
  readonly #onRead: (path: string) => void;

  /** @param onRead hears of each file whose text was taken */
  constructor(folders: readonly string[], onRead: (path: string) => void) {
    this.#folders = folders;
    this.#onRead = onRead;
  }

  /**
   * The text of a file. Throws when there is none.
   * @param place what names it, for the message
   */
  async read(name: string, place: string): Promise<string> {
    const text = await this.#find(name);
    if (text !== undefined) return text;
    throw new Error(
      `TemplateNotFound: ${name} (${place}) is in none of the folders ${this.#folders.join(", ")}; a text that is no ` +
        "file's name may end with a space",
    );
  }

  /**
   * A template with the text of the files that it includes in place of `{% include 'name' %}`. Names that are no texts
   * in quotes are left to whoever renders the template, which refuses them.
   */
  async include(template: string, place: string, depth = 0): Promise<string> {
    if (!template.includes("include")) return template;
    if (depth > DEEPEST) throw new Error(`${place} includes itself`);
    const parts: string[] = [];
    let end = 0;
    for (const match of template.matchAll(TAGS)) {
      const [whole, left, names, right] = match;
      const included = names === undefined ? undefined : INCLUDED.exec(names);
      if (included === undefined || included === null) continue;
      parts.push(template.slice(end, match.index), left === "-" ? "{#- #}" : "");
      parts.push(await this.#includeOne(included, place, depth), right === "-" ? "{# -#}" : "");
      end = match.index + whole.length;
    }
    return parts.join("") + template.slice(end);
  }

  async #includeOne([, one, list, ignoresMissing]: RegExpExecArray, place: string, depth: number): Promise<string> {
    const names = [...(one ?? list ?? "").matchAll(NAME)].map(([, double, single]) => double ?? single!);
    for (const name of names) {
      const text = await this.#find(name);
      // As Jinja, which takes one line break from a template's end.
      if (text !== undefined) return this.include(text.replace(/\r?\n$/, ""), `${name}, in ${place}`, depth + 1);
    }
    return ignoresMissing === undefined ? this.read(names[0] ?? "", `included in ${place}`) : "";
  }

  async #find(name: string): Promise<string | undefined> {
    for (const folder of this.#folders) {
      const path = resolve(folder, name);
      if (isAbsolute(name) || !(await isWithin(path, folder))) continue;
      this.#onRead(path);
      return readFile(path, "utf8");
    }
    return undefined;
  }
}

/** Whether a file is there and, with links followed, below the folder. */
async function isWithin(path: string, folder: string): Promise<boolean> {
  try {
    const inside = relative(await realpath(folder), await realpath(path));
    return inside !== "" && !inside.startsWith("..") && !isAbsolute(inside);
  } catch {
    return false;
  }
}
