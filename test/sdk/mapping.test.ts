import test from "ava";
import { bash, branch, concat, Dag, type TaskRef, zip } from "#sdk/index.ts";
import { serializeDag } from "#sdk/serialize.ts";
import type { SerializedTaskFields, SerializedTaskGroup } from "#sdk/serialized-dag.ts";

const FILE = { fileloc: "/dags/a.ts", relativeFileloc: "a.ts" };

/** The parts of a DAG that have to do with mapping. */
function written(dag: Dag) {
  const { tasks, task_group } = serializeDag(dag, FILE).dag;
  return { tasks: new Map(tasks.map(({ __var }) => [__var.task_id, __var])), root: task_group };
}

function expandInput(dag: Dag, taskId: string): unknown {
  const task = written(dag).tasks.get(taskId) as SerializedTaskFields;
  return { ...task.op_kwargs_expand_input, mapped: task._is_mapped, bindings: task._arg_bindings };
}

const numbers = (dag: Dag, id = "numbers") => dag.task(id, async () => [1, 2, 3])();
const double = (dag: Dag) => dag.task("double", async ({ n }: { n: number }) => n * 2);
const xcom = (taskId: string) => ({ task_id: taskId, key: "return_value" });
const ref = (arg: object) => ({ __type: "xcomref", __var: arg });

test("a task expanded over a list has the list in its serialized form", (t) => {
  const dag = new Dag("d");
  double(dag).expand({ n: [1, 2, 3] });
  t.deepEqual(expandInput(dag, "double"), {
    type: "dict-of-lists",
    value: { __type: "dict", __var: { n: [1, 2, 3] } },
    mapped: true,
    bindings: undefined,
  });
});

test("a task expanded over another's result comes after it, and the results of a mapped task can be read and expanded again", (t) => {
  const dag = new Dag("d");
  const doubled: TaskRef<readonly number[]> = double(dag).expand({ n: numbers(dag) });
  const again = dag.task("again", async ({ n }: { n: number }) => n).expand({ n: doubled });
  dag.task("sum", async ({ all }: { all: number[] }) => all.length)({ all: again });
  const { tasks } = written(dag);
  t.deepEqual(tasks.get("double")!.op_kwargs_expand_input?.value, {
    __type: "dict",
    __var: { n: ref(xcom("numbers")) as never },
  });
  t.deepEqual(tasks.get("numbers")!.downstream_task_ids, ["double"]);
  t.deepEqual(tasks.get("double")!.downstream_task_ids, ["again"]);
  t.deepEqual(tasks.get("sum")!._arg_bindings, [{ name: "all", kind: "xcom", task_id: "again" }]);
});

test("partial arguments stay bindings, expanded ones keep their order, and objects are wrapped", (t) => {
  const dag = new Dag("d");
  const region = dag.task("region", async () => "eu")();
  dag
    .task("load", async (_: { city: [string, { id: number }]; n: number; region: string }) => undefined)
    .partial({ region })
    .expand({ n: [1, 2], city: { a: { id: 1 }, b: { id: 2 } } });
  t.deepEqual(expandInput(dag, "load"), {
    type: "dict-of-lists",
    value: {
      __type: "dict",
      __var: {
        n: [1, 2],
        city: {
          __type: "dict",
          __var: { a: { __type: "dict", __var: { id: 1 } }, b: { __type: "dict", __var: { id: 2 } } },
        },
      },
    },
    mapped: true,
    bindings: [{ name: "region", kind: "xcom", task_id: "region" }],
  });
});

test("expandKwargs takes a list of objects or a reference to one", (t) => {
  const written = new Dag("d");
  double(written).expandKwargs([{ n: 1 }, { n: 2 }]);
  t.like(expandInput(written, "double"), {
    type: "list-of-dicts",
    value: [
      { __type: "dict", __var: { n: 1 } },
      { __type: "dict", __var: { n: 2 } },
    ],
  });
  const referred = new Dag("d");
  double(referred).expandKwargs(referred.task("kwargs", async () => [{ n: 1 }])());
  t.like(expandInput(referred, "double"), { type: "list-of-dicts", value: ref(xcom("kwargs")) });
});

test("map, filter, zip and concat are Airflow's kinds of XComArg", (t) => {
  const dag = new Dag("d");
  const [a, b] = [numbers(dag, "a"), numbers(dag, "b")];
  const next = (n: number) => n + 1;
  const isLarge = (n: number) => n > 1;
  dag
    .task("pairs", async ({ pair }: { pair: [number | null, number | null] }) => pair)
    .expand({
      pair: zip(a.map(next), concat(a, b.filter(isLarge)), { fillvalue: null }),
    });
  t.like(expandInput(dag, "pairs"), {
    value: {
      __var: {
        pair: ref({
          type: "zip",
          args: [
            { type: "map", arg: xcom("a"), callables: [next.toString()] },
            { type: "concat", args: [xcom("a"), { type: "map", arg: xcom("b"), callables: [isLarge.toString()] }] },
          ],
          fillvalue: null,
        }),
      },
    },
  });
  t.deepEqual(written(dag).tasks.get("b")!.downstream_task_ids, ["pairs"]);
});

test("a list made of results is also an input", (t) => {
  const dag = new Dag("d");
  dag.task(
    "sum",
    async ({ all }: { all: number[] }) => all.length,
  )({ all: concat(numbers(dag, "a"), numbers(dag, "b")) });
  t.deepEqual(written(dag).tasks.get("sum")!._arg_bindings, [
    { name: "all", kind: "xcomref", value: ref({ type: "concat", args: [xcom("a"), xcom("b")] }) as never },
  ]);
});

test("a mapped group has its expansion, comes after what it is expanded over, and its tasks read its arguments", (t) => {
  const dag = new Dag("d");
  const totals: TaskRef<readonly number[]> = dag.taskGroup("g").expand({ n: numbers(dag) }, (group, { n }) => {
    const doubled = group.task("double", async ({ n }: { n: number }) => n * 2)({ n });
    return group.task("add", async ({ doubled, n }: { doubled: number; n: number }) => doubled + n)({ doubled, n });
  });
  dag.task("sum", async ({ all }: { all: number[] }) => all.length)({ all: totals });
  const { tasks, root } = written(dag);
  const [, group] = root.children.g as ["taskgroup", SerializedTaskGroup];
  t.like(group, {
    is_mapped: true,
    expand_input: { type: "dict-of-lists", value: { __type: "dict", __var: { n: ref(xcom("numbers")) as never } } },
    upstream_task_ids: ["numbers"],
  });
  t.deepEqual(tasks.get("g.add")!._arg_bindings, [
    { name: "doubled", kind: "xcom", task_id: "g.double" },
    { name: "n", kind: "mapped-argument", key: "n" },
  ]);
  t.deepEqual(tasks.get("numbers")!.downstream_task_ids, ["g.add", "g.double"]);
  t.is(tasks.get("g.double")!._is_mapped, undefined);
});

test("what a mapped group's body returns is handed on, also by name", (t) => {
  const dag = new Dag("d");
  const group = dag.taskGroup("g");
  const { first, second } = group.expandKwargs([{ a: 1, b: "x" }], (inside, { a, b }) => ({
    first: inside.task("first", async ({ a }: { a: number }) => a)({ a }),
    second: inside.task("second", async ({ b }: { b: string }) => b)({ b }),
  }));
  group.before(dag.task("end", async () => 1)());
  t.deepEqual([first.taskId, second.taskId], ["g.first", "g.second"]);
  t.deepEqual(written(dag).tasks.get("g.first")!.downstream_task_ids, ["end"]);
});

/** What a file writes wrongly, and what it is told. */
const MISTAKES: readonly (readonly [message: string | RegExp, mistake: (dag: Dag) => unknown])[] = [
  [/has no arguments to expand against/, (dag) => double(dag).expand({} as never)],
  [
    'expand() of Task "double" of Dag "d" got an unexpected type for argument "n": the number 3; expected an array, an object, or a reference to a task\'s result',
    (dag) => double(dag).expand({ n: 3 as never }),
  ],
  [/for argument "n": the string "abc"/, (dag) => double(dag).expand({ n: "abc" as never })],
  [/takes one object naming its inputs/, (dag) => double(dag).expand([1, 2] as never)],
  [
    'Task "double" of Dag "d": expand() got an unexpected keyword argument "m"; its handler takes n',
    (dag) => double(dag).expand({ n: [1], m: [2] } as never),
  ],
  [/partial\(\) got an unexpected keyword argument "m"/, (dag) => double(dag).partial({ m: 2 } as never)],
  [/expandKwargs\(\) got an unexpected keyword argument "m"/, (dag) => double(dag).expandKwargs([{ m: 2 }] as never)],
  [
    'Task "double" of Dag "d": mapping already partial argument: n',
    (dag) =>
      double(dag)
        .partial({ n: 1 })
        .expand({ n: [1] } as never),
  ],
  [
    /mapping already partial argument: n/,
    (dag) =>
      double(dag)
        .partial({ n: 1 })
        .expandKwargs([{ n: 1 }] as never),
  ],
  [
    /expected a list of objects, or a reference to one, not the number 1/,
    (dag) => double(dag).expandKwargs(1 as never),
  ],
  [/not a list that holds the number 1/, (dag) => double(dag).expandKwargs([1] as never)],
  [/holds a Date, which JSON cannot carry/, (dag) => double(dag).expand({ n: [new Date()] } as never)],
  [/holds a reference to "numbers" inside a literal/, (dag) => double(dag).expand({ n: [numbers(dag)] } as never)],
  [
    /holds a reference to "numbers" inside a literal/,
    (dag) => double(dag)({ n: [numbers(dag).map((n) => n)] } as never),
  ],
  [/comes from Dag "other", not "d"/, (dag) => double(dag).expand({ n: numbers(new Dag("other")) })],
  [
    /was already called/,
    (dag) => {
      const task = double(dag);
      task.expand({ n: [1] });
      task({ n: 1 });
    },
  ],
  [/is never called/, (dag) => void double(dag).partial({ n: 1 })],
  [/is a triggerDagRun task, which takes no inputs|which takes no inputs/, (dag) => trigger(dag).expand({ n: [1] })],
  [/map\(\) argument must be a plain function, not a task/, (dag) => numbers(dag).map(double(dag) as never)],
  [/filter\(\) argument must be a plain function, not the number 1/, (dag) => numbers(dag).filter(1 as never)],
  ["zip(...) takes at least one task's result or list", () => zip()],
  [
    /concat\(...\) takes tasks' results and lists made of them, not an array/,
    (dag) => concat(numbers(dag), [1] as never),
  ],
  [/fillvalue that holds a Date/, (dag) => zip(numbers(dag), { fillvalue: new Date() as never })],
  [
    /not allowed with trigger rule 'always'/,
    (dag) => dag.task("t", async (_: { n: number }) => 1, { triggerRule: "always" }).expand({ n: numbers(dag) }),
  ],
  [
    /within a mapped task group is not allowed with trigger rule 'always'/,
    (dag) =>
      dag.taskGroup("g").expand({ n: [1] }, (group) => {
        group.task("t", async () => 1, { triggerRule: "always" })();
      }),
  ],
  [
    /operator expansion in an expanded task group is not supported/,
    (dag) =>
      dag.taskGroup("g").expand({ n: [1] }, (group) => {
        group.task("t", async ({ m }: { m: number }) => m).expand({ m: [1] });
      }),
  ],
  [
    /a task in a mapped group cannot be expanded itself/,
    (dag) =>
      dag.taskGroup("g").expand({ n: [[1]] }, (group, { n }) => {
        group.task("t", async ({ m }: { m: number }) => m).expand({ m: n as never });
      }),
  ],
  [
    /nested mapped task groups are not supported/,
    (dag) =>
      dag.taskGroup("g").expand({ n: [1] }, (group) => {
        group.taskGroup("h").expand({ m: [1] }, (inner, { m }) => {
          inner.task("t", async ({ m }: { m: number }) => m)({ m });
        });
      }),
  ],
  [
    'Input "n" of task "double" is the argument "n" of the mapped task group "g", which the task is not in; outside of a mapped group, read what a task of it returns',
    (dag) => dag.taskGroup("g").expand({ n: [1] }, (_, { n }) => void double(dag)({ n })),
  ],
  [
    /was already expanded/,
    (dag) => {
      const group = dag.taskGroup("g");
      group.expand({ n: [1] }, () => undefined);
      group.expand({ n: [1] }, () => undefined);
    },
  ],
  [/is expanded by a function that declares its tasks/, (dag) => dag.taskGroup("g").expand({ n: [1] }, 1 as never)],
  [
    /cannot be expanded over "g.t", a task of its own/,
    (dag) => {
      const group = dag.taskGroup("g");
      group.expand({ n: group.task("t", async () => [1])() }, () => undefined);
    },
  ],
  [
    /task "double" of Dag "d" decides which tasks are skipped, so it cannot be expanded/,
    (dag) => dag.if(double(dag).expand({ n: [1] }) as never).then(numbers(dag)),
  ],
  [
    /task "pick" of Dag "d" decides which tasks are skipped, so it cannot be expanded/,
    (dag) =>
      dag
        .task(
          "pick",
          branch(async ({ n }: { n: number }) => `t${n}`),
        )
        .expand({ n: [1] }),
  ],
];

function trigger(dag: Dag): { expand(inputs: object): unknown } {
  return dag.task("trigger", { ...bash({ bashCommand: "true" }), takesNoInputs: true }) as never;
}

for (const [index, [message, mistake]] of MISTAKES.entries()) {
  test(`a mapping is refused: ${message} (${index + 1})`, (t) => {
    const dag = new Dag("d");
    const write = () => {
      mistake(dag);
      serializeDag(dag, FILE);
    };
    t.throws(write, { message });
  });
}
