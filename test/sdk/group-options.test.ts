import test from "ava";
import { Dag, type TaskGroupOptions } from "#sdk/index.ts";
import { serializeDag } from "#sdk/serialize.ts";

test("a group's look is written under Airflow's names", (t) => {
  const dag = new Dag("groups");
  dag.taskGroup("g", { groupDisplayName: "Load", tooltip: "loads", uiColor: "red", uiFgcolor: "#fff", docMd: "# G" });
  const { children } = serializeDag(dag, { fileloc: "/dags/a.ts", relativeFileloc: "a.ts" }).dag.task_group;
  t.like(children.g![1] as unknown as object, {
    group_display_name: "Load",
    tooltip: "loads",
    ui_color: "red",
    ui_fgcolor: "#fff",
    doc_md: "# G",
  });
});

test("a group whose id is taken gets a suffix when it asks for one", (t) => {
  const dag = new Dag("groups");
  const ids = [1, 2, 3].map(() => dag.taskGroup("g", { addSuffixOnCollision: true }).groupId);
  t.deepEqual(ids, ["g", "g__1", "g__2"]);
  t.throws(() => dag.taskGroup("g"), { message: 'Task group "g" is already registered for Dag "groups"' });
});

const WRONG: readonly (readonly [options: unknown, message: string])[] = [
  [{ colour: "red" }, 'Unknown option "colour" for Dag "groups" task group "g"'],
  [{ tooltip: 7 }, 'tooltip for Dag "groups" task group "g" must be a string'],
  [{ prefixGroupId: "no" }, 'prefixGroupId for Dag "groups" task group "g" must be a boolean'],
  [7, 'options for Dag "groups" task group "g" must be an object'],
];

for (const [options, message] of WRONG) {
  test(`group options ${JSON.stringify(options)} are refused`, (t) => {
    t.throws(() => new Dag("groups").taskGroup("g", options as TaskGroupOptions), { message });
  });
}
