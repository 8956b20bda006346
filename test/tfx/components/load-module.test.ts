import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import { loadFunction, loadModule } from "#tfx/components/load-module.ts";
import { temporaryFolder } from "../helpers/execution.ts";

async function moduleFile(t: ExecutionContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder(t);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  return path.join(folder, "utils.ts");
}

test("a module is TypeScript with relative imports, and shares this installation's daisy/tfx", async (t) => {
  const file = await moduleFile(t, {
    "utils.ts": `import { tft } from "daisy/tfx";
      import { sep } from "node:path";
      import type { Unused } from "./types.ts";
      import { twice } from "./lib/twice.ts";
      export const answer: number = twice(21);
      export { sep, tft };`,
    "types.ts": "export type Unused = string;",
    "lib/twice.ts": "export const twice = (x: number): number => 2 * x;",
  });
  const { answer, sep, tft } = await loadModule(file);
  t.is(answer, 42);
  t.is(sep, path.sep);
  const ours = await import("#tfx/index.ts");
  t.is(tft, ours.tft);
});

test("a package comes from beside the file, else from this installation", async (t) => {
  const file = await moduleFile(t, {
    "utils.ts": 'import { name } from "near"; import protobuf from "protobufjs"; export { name, protobuf };',
    "node_modules/near/package.json": '{"name": "near", "type": "module", "exports": "./index.js"}',
    "node_modules/near/index.js": 'export const name = "beside";',
  });
  const { name, protobuf } = await loadModule(file);
  t.is(name, "beside");
  t.truthy(protobuf);
});

test("a changed file is loaded as it is now", async (t) => {
  const file = await moduleFile(t, { "utils.ts": "export const version = 1;" });
  t.is((await loadModule(file)).version, 1);
  await writeFile(file, "export const version = 2;");
  t.is((await loadModule(file)).version, 2);
});

const BROKEN: Record<string, { text: string; message: RegExp }> = {
  "does not compile": { text: "export const a = ;", message: /utils\.ts does not load: .*utils\.ts:1:17: ERROR/s },
  "throws while it loads": { text: 'throw new Error("no luck");', message: /utils\.ts does not load: no luck/ },
  "imports a package that is not there": {
    text: 'import "no-such-package";',
    message: /The package "no-such-package" is not installed/,
  },
  "imports a file that is not there": { text: 'import "./gone.ts";', message: /Could not resolve "\.\/gone\.ts"/ },
};
for (const [title, { text, message }] of Object.entries(BROKEN)) {
  test(`a module that ${title} says so, with its file`, async (t) => {
    await t.throwsAsync(loadModule(await moduleFile(t, { "utils.ts": text })), { message });
  });
}

test("a missing file is named", async (t) => {
  await t.throwsAsync(loadModule("/nowhere/utils.ts"), { message: "The module file /nowhere/utils.ts does not exist" });
});

test("a function that is not exported, or is none, is told with what there is", async (t) => {
  const file = await moduleFile(t, { "utils.ts": "export const runFn = 1; export function other() {}" });
  await t.throwsAsync(loadFunction(file, "preprocessingFn"), {
    message: /must export a function preprocessingFn, but it exports other, runFn$/,
  });
  await t.throwsAsync(loadFunction(file, "runFn"), { message: /but its runFn is a number$/ });
});
