// Setup and teardown: the folder is removed whatever happens between, as soon as `create_folder` has succeeded and the
// work is done. A teardown that fails does not fail the run, unless it is told to by `onFailureFailDagrun`.
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Dag } from "daisy";

const dag = new Dag("example_setup_teardown", { description: "Clears away after itself", tags: ["example"] });

const folder = dag.task("create_folder", async () => mkdtemp(path.join(tmpdir(), "example-")))();

const write = dag.task("write", async ({ folder }: { folder: string }) => {
  await writeFile(path.join(folder, "a.txt"), "a");
})({ folder });

const read = dag.task("read", async ({ folder }: { folder: string }) => (await readdir(folder)).length)({ folder });

dag
  .task("remove_folder", async ({ folder }: { folder: string }) => rm(folder, { recursive: true }))({ folder })
  .asTeardown({ setups: folder })
  .after(read.after(write));
