import { readFile } from "node:fs/promises";
import path from "node:path";
import test from "ava";
import { execute } from "#tfx/components/schema-gen/executor.ts";
import { readSchema } from "#tfx/schema/schema-file.ts";
import { writeSplitStatistics } from "#tfx/statistics/statistics.ts";
import { ExampleStatistics, Schema } from "#tfx/types/artifact-type.ts";
import { executorContext, folderOf, outputArtifact, splitArtifact } from "../../helpers/execution.ts";
import { goldPath, goldTest } from "../../helpers/gold.ts";
import { dataset, strings } from "../../helpers/statistics.ts";

goldTest("TFX's schema comes out of its statistics byte for byte", async (t) => {
  const statistics = splitArtifact(ExampleStatistics, goldPath("statistics"), ["train", "eval"]);
  const schema = await outputArtifact(t, Schema);
  const properties = { infer_feature_shape: false, exclude_splits: [] };
  await execute({ statistics: [statistics] }, { schema: [schema] }, properties, await executorContext(t));
  const text = await readFile(path.join(schema.uri, "schema.pbtxt"), "utf8");
  t.is(text, await readFile(goldPath("schema", "schema.pbtxt"), "utf8"));
});

test("the first split that is not left out makes the schema, the others are fitted in", async (t) => {
  const uri = await folderOf(t, { "Split-train/x": "", "Split-eval/x": "" });
  const statistics = splitArtifact(ExampleStatistics, uri, ["train", "eval"]);
  await writeSplitStatistics(statistics, "train", dataset([strings({ b: 1 })]));
  await writeSplitStatistics(statistics, "eval", dataset([strings({ a: 1 })]));
  const domainWithout = async (exclude_splits: string[]) => {
    const schema = await outputArtifact(t, Schema);
    await execute({ statistics: [statistics] }, { schema: [schema] }, { exclude_splits }, await executorContext(t));
    return (await readSchema(schema)).string_domain![0]!.value;
  };
  t.deepEqual(await domainWithout([]), ["b", "a"]);
  t.deepEqual(await domainWithout(["train"]), ["a"]);
  await t.throwsAsync(domainWithout(["train", "eval"]), { message: `No input splits for stats artifact: ${uri}` });
});
