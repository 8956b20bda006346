import { fileURLToPath } from "node:url";
import test from "ava";
import { build } from "esbuild";
import * as tfx from "#tfx/index.ts";

const entry = fileURLToPath(new URL("../../tfx/index.ts", import.meta.url));

/** What loads as soon as a file is imported: the files and packages that static imports lead to. */
async function staticImports(entryPoint: string): Promise<Set<string>> {
  const { metafile } = await build({
    entryPoints: [entryPoint],
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "node",
    packages: "external",
    splitting: true,
    outdir: "unused",
  });
  const start = Object.keys(metafile.inputs).find((input) => input.endsWith("tfx/index.ts"))!;
  const reached = new Set([start]);
  for (const file of reached) {
    for (const imported of metafile.inputs[file]?.imports ?? []) {
      if (imported.kind === "import-statement") reached.add(imported.path);
    }
  }
  return reached;
}

test("importing daisy/tfx loads nothing but Node's modules and small files of the sdk and tfx", async (t) => {
  const reached = [...(await staticImports(entry))];
  const packages = reached.filter((name) => !/^(node:|sdk\/|tfx\/)/.test(name));
  t.deepEqual(packages, []);
  t.deepEqual(
    reached.filter((name) => name.endsWith("/executor.ts")),
    [],
  );
  t.true(reached.some((name) => name.endsWith("pipeline.ts")));
});

test("every public name is defined", (t) => {
  for (const [name, value] of Object.entries(tfx)) t.not(value, undefined, name);
});
