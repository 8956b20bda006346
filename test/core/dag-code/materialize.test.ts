import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import test from "ava";
import { hashBundle, materializeBundle } from "#core/dag-code/materialize.ts";

const BUNDLE = 'import { Dag } from "daisy-install:/sdk/index.ts";\nexport { Dag };\n';

async function cacheFolder(t: { teardown(clean: () => Promise<void>): void }): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "daisy-code-"));
  t.teardown(() => rm(folder, { recursive: true }));
  return path.join(folder, "made", "when", "missing");
}

test("a bundle becomes a file that imports this installation's SDK, however many write it at once", async (t) => {
  const folder = await cacheFolder(t);
  const hash = hashBundle(BUNDLE);
  const paths = await Promise.all(Array.from({ length: 10 }, () => materializeBundle(BUNDLE, hash, folder)));
  t.deepEqual([...new Set(paths)], [path.join(folder, `${hash}.mjs`)]);
  t.deepEqual(await readdir(folder), [`${hash}.mjs`]);
  t.regex(await readFile(paths[0]!, "utf8"), /^import { Dag } from "file:\/\/\/.*\/sdk\/index\.ts";\n/);
  const module = await import(pathToFileURL(paths[0]!).href);
  t.is(module.Dag, (await import("#sdk/dag.ts")).Dag);
});

test("code that does not have its hash is refused, and nothing is written", async (t) => {
  const folder = await cacheFolder(t);
  const hash = hashBundle(BUNDLE);
  await t.throwsAsync(materializeBundle(`${BUNDLE}// changed`, hash, folder), {
    message: new RegExp(`should have SHA-256 ${hash}`),
  });
  await t.throwsAsync(readdir(folder), { code: "ENOENT" });
});
