import test from "ava";
import { tensorProto } from "#tfx/saved_model/attributes.ts";
import { GraphBuilder } from "#tfx/saved_model/graph-builder.ts";
import { savedModelBytes, writeSavedModel } from "#tfx/saved_model/write.ts";
import { temporaryFolder } from "../helpers/execution.ts";

test("names are unique and legal", (t) => {
  const graph = new GraphBuilder();
  const names = ["a", "a", "a b", "_x", "a_1"].map((name) => graph.node("NoOp", name));
  t.deepEqual(names, ["a", "a_1", "a_b", "._x", "a_1_1"]);
});

test("a constant must have as many values as its shape", (t) => {
  t.throws(() => tensorProto(Float32Array.of(1, 2), [3]), {
    message: "A constant of shape [3] needs 3 values, got 2",
  });
});

test("two operands must be of one type", (t) => {
  const graph = new GraphBuilder();
  const operands = [graph.scalar("a", "float32", 1), graph.scalar("b", "int64", 1)] as const;
  t.throws(() => graph.binary("Add", "sum", ...operands), {
    message: 'Add "sum" takes two tensors of one type, got float32 and int64',
  });
});

test("one table and one asset serve all lookups of a file", (t) => {
  const graph = new GraphBuilder();
  t.is(graph.lineNumberTable("v"), graph.lineNumberTable("v"));
  t.deepEqual(
    graph.assets.map(({ fileName }) => fileName),
    ["v"],
  );
});

test("the same graph gives the same bytes", (t) => {
  const bytes = () => {
    const graph = new GraphBuilder();
    const x = graph.placeholder("x", "float32", [null]);
    return savedModelBytes({ graph, signatures: { serving_default: { inputs: { x }, outputs: { y: x } } } });
  };
  t.deepEqual(bytes(), bytes());
});

test("an asset that is not given is an error", async (t) => {
  const graph = new GraphBuilder();
  graph.asset("vocabulary");
  await t.throwsAsync(writeSavedModel(await temporaryFolder(t), { graph, signatures: {} }), {
    message: 'The graph reads the asset "vocabulary", which was not given',
  });
});
