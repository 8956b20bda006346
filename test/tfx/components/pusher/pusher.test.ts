import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import test from "ava";
import { push } from "#tfx/components/pusher/executor.ts";
import { type Artifact, newArtifact } from "#tfx/types/artifact.ts";
import { Model, ModelBlessing, PushedModel } from "#tfx/types/artifact-type.ts";

const NOW = 1_600_000_000_999;
const VERSION = "1600000000";

interface Scene {
  readonly folder: string;
  readonly model: Artifact;
  readonly blessing: Artifact;
  readonly pushed: Artifact;
  readonly base: string;
  readonly messages: string[];
}

async function scene(): Promise<Scene> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "pusher-"));
  const model = newArtifact(Model, path.join(folder, "model"));
  const serving = path.join(model.uri, "Format-Serving");
  await mkdir(path.join(serving, "assets"), { recursive: true });
  await writeFile(path.join(serving, "saved_model.pb"), "graph");
  await writeFile(path.join(serving, "assets", "vocabulary"), "a\nb\n");
  const pushed = newArtifact(PushedModel, path.join(folder, "pushed"));
  await mkdir(pushed.uri);
  const blessing = newArtifact(ModelBlessing, path.join(folder, "blessing"));
  return { folder, model, blessing, pushed, base: path.join(folder, "serving", "taxi"), messages: [] };
}

function run(scene: Scene, inputs: Record<string, Artifact[]>): Promise<void> {
  const context = { log: (message: string) => scene.messages.push(message), signal: new AbortController().signal };
  const properties = { push_destination: { filesystem: { base_directory: scene.base } } };
  return push(inputs, { pushed_model: [scene.pushed] }, properties, context, () => NOW);
}

test("a blessed model is copied under the Unix time and into the artifact", async (t) => {
  const it = await scene();
  it.blessing.customProperties.blessed = 1;
  await run(it, { model: [it.model], model_blessing: [it.blessing] });
  for (const folder of [path.join(it.base, VERSION), it.pushed.uri]) {
    t.is(await readFile(path.join(folder, "saved_model.pb"), "utf8"), "graph");
    t.is(await readFile(path.join(folder, "assets", "vocabulary"), "utf8"), "a\nb\n");
  }
  t.deepEqual(await readdir(it.base), [VERSION], "nothing is left beside the version");
  t.deepEqual(it.pushed.customProperties, {
    pushed: 1,
    pushed_destination: path.join(it.base, VERSION),
    pushed_version: VERSION,
  });
});

for (const [title, properties] of [
  ["a model that was not blessed", { blessed: 0 }],
  ["a model whose blessing was never decided", {}],
] as const) {
  test(`${title} is not pushed, and the component succeeds`, async (t) => {
    const it = await scene();
    Object.assign(it.blessing.customProperties, properties);
    await run(it, { model: [it.model], model_blessing: [it.blessing] });
    t.deepEqual(it.pushed.customProperties, { pushed: 0 });
    t.deepEqual(it.messages, [`Model on ${it.blessing.uri} was not blessed by model validation.`]);
    await t.throwsAsync(readdir(it.base), { code: "ENOENT" });
  });
}

test("without a blessing input the model is pushed, with a warning", async (t) => {
  const it = await scene();
  await run(it, { model: [it.model] });
  t.is(it.pushed.customProperties.pushed, 1);
  t.true(it.messages[0]?.includes("without validation"));
});

test("a version that exists is left alone, and the push counts as done", async (t) => {
  const it = await scene();
  const version = path.join(it.base, VERSION);
  await mkdir(version, { recursive: true });
  await run(it, { model: [it.model] });
  t.deepEqual(await readdir(version), []);
  t.true(it.messages.some((message) => message.includes("already exists, skipping current push.")));
  t.is(it.pushed.customProperties.pushed, 1);
});

test("a copy that fails half-way leaves no version behind", async (t) => {
  const it = await scene();
  const stop = new AbortController();
  const context = { log: () => stop.abort(new Error("stopped")), signal: stop.signal };
  const properties = { push_destination: { filesystem: { base_directory: it.base } } };
  await t.throwsAsync(
    push({ model: [it.model] }, { pushed_model: [it.pushed] }, properties, context, () => NOW),
    {
      message: "stopped",
    },
  );
  t.deepEqual(await readdir(it.base), []);
});

test("a model folder without a SavedModel is an error that names it", async (t) => {
  const it = await scene();
  const empty = newArtifact(Model, path.join(it.folder, "empty"));
  await t.throwsAsync(run(it, { model: [empty] }), { message: /empty\/Format-Serving.*no saved_model\.pb/ });
});
