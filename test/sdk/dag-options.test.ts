import test from "ava";
import { bash, Dag, type DagSpec, type TaskOptions } from "#sdk/index.ts";
import { serializeDag } from "#sdk/serialize.ts";

const FILE = { fileloc: "/dags/a.ts", relativeFileloc: "a.ts" };
const serialized = (spec: object) => {
  const dag = new Dag("d", spec);
  dag.task("t", bash({ bashCommand: "echo {{ region }}" }))();
  dag.task("plain", () => 1)();
  return serializeDag(dag, FILE).dag;
};

for (const [spec, expected] of [
  [{}, null],
  [{ allowedRunTypes: null }, null],
  [{ allowedRunTypes: [] }, []],
  [{ allowedRunTypes: ["manual", "backfill", "manual"] }, ["manual", "backfill"]],
] as const satisfies readonly (readonly [DagSpec, unknown])[]) {
  test(`run types of ${JSON.stringify(spec)} are written as ${JSON.stringify(expected)}`, (t) => {
    t.deepEqual(serialized(spec).allowed_run_types, expected as unknown);
  });
}

test("owners' links are written when there are some", (t) => {
  const links = { me: "https://example.com/me", you: "mailto:you@example.com" };
  t.deepEqual(serialized({ ownerLinks: links }).owner_links, links);
  t.false("owner_links" in serialized({ ownerLinks: {} }));
});

test("macros of one's own stand with the tasks that have templates", (t) => {
  const { tasks } = serialized({ userDefinedMacros: { region: "eu", days: [1, null] } });
  t.deepEqual(
    tasks.map(({ __var }) => __var._user_defined_macros),
    [{ region: "eu", days: [1, null] }, undefined],
  );
});

const REFUSED: readonly [spec: object, message: RegExp][] = [
  [{ ownerLinks: "x" }, /^ownerLinks for Dag "d" must be an object of links by owner, not the string "x"$/],
  ...["javascript://x/%0aalert(1)", "example.com", "", 5, "https://", "ftp://example.com"].map(
    (link): [object, RegExp] => [
      { ownerLinks: { me: link } },
      /^Wrong link format was used for the owner "me" of Dag "d": /,
    ],
  ),
  [
    { allowedRunTypes: "manual" },
    /^allowedRunTypes for Dag "d" must be an array of run types, not the string "manual"/,
  ],
  [{ allowedRunTypes: ["manual", "daily"] }, /not the string "daily"; use some of scheduled, manual, backfill/],
  [{ userDefinedMacros: { f: () => 1 } }, /^userDefinedMacros for Dag "d" hold a function: they are values/],
  [{ userDefinedMacros: { at: new Date() } }, /^userDefinedMacros for Dag "d" hold a Date: they are values/],
  [{ userDefinedMacros: [] }, /^userDefinedMacros for Dag "d" must be an object, not an array$/],
  [{ userDefinedFilters: {} }, /^userDefinedFilters of Dag "d" is not supported: templates are rendered in a process/],
  [{ deadline: {} }, /^deadline of Dag "d" is not supported: use dagrunTimeout/],
  [{ accessControl: {} }, /^accessControl of Dag "d" is not supported: /],
  [{ defaultArgs: { retryPolicy: {} } }, /^retryPolicy of the defaultArgs of Dag "d" is not supported: /],
];

for (const [number, [spec, message]] of REFUSED.entries()) {
  test(`${Object.keys(spec)[0]} is refused (${number}): ${message.source}`, (t) => {
    t.throws(() => serialized(spec), { message });
  });
}

test("what a task may say in Airflow and not here is refused with what to do instead", (t) => {
  for (const option of ["retryPolicy", "executorConfig", "sla", "runAsUser", "multipleOutputs", "taskConcurrency"]) {
    const spec = { [option]: 1 } as TaskOptions;
    const message = new RegExp(`^${option} of Dag "d" task "t" is not supported: \\w+`);
    t.throws(() => new Dag("d").task("t", () => 1, spec), { message });
  }
});
