import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/**
 * What is wrong with the documents: links to files that are not there, npm scripts that do not exist, dependencies
 * without a reason in docs/dependencies.md, and reasons for dependencies that are gone.
 */
export async function checkDocs(): Promise<string[]> {
  const documents = await markdownFiles();
  const scripts = Object.keys((await packageJson()).scripts);
  const complaints = await Promise.all(documents.map((file) => checkDocument(file, scripts)));
  return [...complaints.flat(), ...(await checkDependencies())];
}

async function markdownFiles(): Promise<string[]> {
  const docs = await readdir(path.join(ROOT, "docs"), { recursive: true });
  const top = await readdir(ROOT);
  return [...top, ...docs.map((file) => path.join("docs", file))].filter((file) => file.endsWith(".md"));
}

async function checkDocument(file: string, scripts: readonly string[]): Promise<string[]> {
  const text = await readFile(path.join(ROOT, file), "utf8");
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);
  const broken = links
    .filter((link) => !/^(?:[a-z]+:|#)/.test(link))
    .filter((link) => !existsSync(path.join(ROOT, path.dirname(file), link.split("#")[0]!)))
    .map((link) => `${file}: the link ${link} leads nowhere`);
  const named = [...text.matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1]!);
  const unknown = named
    .filter((name) => !scripts.includes(name))
    .map((name) => `${file}: there is no npm script "${name}"`);
  return [...broken, ...unknown];
}

async function checkDependencies(): Promise<string[]> {
  const { dependencies, devDependencies } = await packageJson();
  const used = [...Object.keys(dependencies), ...Object.keys(devDependencies)];
  const text = await readFile(path.join(ROOT, "docs/dependencies.md"), "utf8");
  const explained = [...text.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1]!);
  return [
    ...used
      .filter((name) => !explained.includes(name))
      .map((name) => `docs/dependencies.md does not say why ${name} is used`),
    ...explained
      .filter((name) => !used.includes(name))
      .map((name) => `docs/dependencies.md explains ${name}, which is not used`),
  ];
}

async function packageJson() {
  return JSON.parse(await readFile(path.join(ROOT, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
  };
}
