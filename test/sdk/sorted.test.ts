import test from "ava";
import { Dag } from "#sdk/index.ts";
import { serializeDag } from "#sdk/serialize.ts";
import { sorted } from "#sdk/sorted.ts";

test("texts are sorted as Python sorts them, by code points", (t) => {
  // U+FF5A comes before U+1D400, whose first UTF-16 unit is smaller.
  t.deepEqual(sorted(["\u{1d400}", "\uff5a", "b", "ab", "a", "B"]), ["B", "a", "ab", "b", "\uff5a", "\u{1d400}"]);
});

test("a DAG's tags and edges are sorted so", (t) => {
  const dag = new Dag("d", { tags: ["\u{1d400}", "\uff5a", "a"] });
  const first = dag.task("first", () => 1)();
  for (const id of ["\u{1d400}", "\uff5a"])
    dag
      .task(id, () => 1)()
      .after(first);
  const serialized = serializeDag(dag, { fileloc: "/dags/a.ts", relativeFileloc: "a.ts" }).dag;
  t.deepEqual(serialized.tags, ["a", "\uff5a", "\u{1d400}"]);
  t.deepEqual(serialized.tasks[0]!.__var.downstream_task_ids, ["\uff5a", "\u{1d400}"]);
});
