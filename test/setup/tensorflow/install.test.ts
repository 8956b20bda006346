import { mkdtemp } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import test from "ava";
import { addonTensorflowVersion, findAddonPackage } from "#setup/tensorflow/addon.ts";
import { installTensorflow } from "#setup/tensorflow/install.ts";
import { describeRuntime, loadTensorflow } from "#tfx/tensorflow.ts";

test("the package is found, with its version", (t) => {
  t.is(findAddonPackage()?.version, "4.22.0");
});

test("an addon that is not there has no TensorFlow version", async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "addon-"));
  const addon = {
    folder,
    version: "4.22.0",
    dependencies: path.join(folder, "deps"),
    library: path.join(folder, "lib"),
  };
  t.is(await addonTensorflowVersion(addon), undefined);
});

test("where TensorFlow is installed, installing it again only says so", async (t) => {
  const addon = findAddonPackage();
  const version = addon && (await addonTensorflowVersion(addon));
  if (!version) return void t.pass("TensorFlow is not installed here");
  const lines: string[] = [];
  const installation = await installTensorflow({ log: (line) => lines.push(line) });
  t.deepEqual(installation, { runtime: "tfjs-node", way: "present", tensorflowVersion: version });
  t.deepEqual(lines, [`TensorFlow ${version} is in place (@tensorflow/tfjs-node)`]);
  const runtime = await loadTensorflow();
  t.is(describeRuntime(runtime), `tfjs-node 4.22.0 on TensorFlow ${version}`);
  t.deepEqual([...(await runtime.tf.tensor1d([1, 2]).square().data())], [1, 4]);
});
