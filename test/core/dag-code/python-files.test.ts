import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import { bundleDagFile } from "#core/dag-code/bundle.ts";

test("a Python file that a DAG file imports is part of its bundle, and a change of it makes another", async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), "daisy-python-"));
  t.teardown(() => rm(folder, { recursive: true }));
  const file = path.join(folder, "dag.ts");
  const steps = path.join(folder, "steps.py");
  await writeFile(file, `import steps from "./steps.py"; console.log(steps.path, steps.source);`);
  await writeFile(steps, "def f(): return 'ä'\n");
  const first = await bundleDagFile(file, folder);
  t.true(first.inputs.includes(steps));
  t.regex(first.bundle, /path: ?"steps\.py"|"path": ?"steps\.py"/);
  t.true(first.bundle.includes("def f(): return"));
  await writeFile(steps, "def f(): return 2\n");
  t.not((await bundleDagFile(file, folder)).codeHash, first.codeHash);
  await writeFile(steps, Buffer.from([0x78, 0xe4]));
  await t.throwsAsync(bundleDagFile(file, folder), { message: /steps\.py:1: the file is not UTF-8 text/ });
});
