import test from "ava";
import { Dag } from "#sdk/dag.ts";
import { serializeDag } from "#sdk/serialize.ts";
import type { DagSpec, TaskSpec } from "#sdk/specs.ts";

const nothing = () => undefined;
const FILE = { fileloc: "/dags/a.ts", relativeFileloc: "a.ts" };

test("the serialized form says which callbacks there are, and nothing else of them", (t) => {
  const dag = new Dag("d", { onFailureCallback: [nothing, nothing], onSuccessCallback: [] });
  dag.task("a", async () => 1, {
    onExecuteCallback: nothing,
    onSuccessCallback: nothing,
    onRetryCallback: [nothing],
    onSkippedCallback: nothing,
    retries: 1,
  })();
  dag.task("b", async () => 1)();
  const { dag: serialized } = serializeDag(dag, FILE);
  t.true(serialized.has_on_failure_callback);
  t.false("has_on_success_callback" in serialized);
  const [a, b] = serialized.tasks.map((task) => task.__var);
  t.like(a, {
    retries: 1,
    has_on_execute_callback: true,
    has_on_success_callback: true,
    has_on_retry_callback: true,
    has_on_skipped_callback: true,
  });
  t.false("has_on_failure_callback" in a!);
  t.deepEqual(
    Object.keys(b!).filter((key) => key.startsWith("has_on")),
    [],
  );
});

test("the rest of a spec with callbacks is copied and frozen as ever", (t) => {
  const tags = ["a"];
  const dag = new Dag("d", { tags, onFailureCallback: nothing });
  t.true(Object.isFrozen(dag.spec));
  t.not(dag.spec.tags, tags);
  t.is(dag.spec.onFailureCallback, nothing);
});

const MISTAKES: readonly [declare: () => unknown, message: string][] = [
  [
    () => new Dag("d", { onFailureCallback: "mail" } as unknown as DagSpec),
    'onFailureCallback for Dag "d" must be a function or an array of functions',
  ],
  [
    () => new Dag("d", { onRetryCallback: nothing } as DagSpec),
    'Unknown option "onRetryCallback" in the spec for Dag "d"',
  ],
  [
    () => new Dag("d").task("a", nothing, { onRetryCallback: [nothing, 1] } as unknown as TaskSpec),
    'onRetryCallback for Dag "d" task "a" must be a function or an array of functions',
  ],
  [
    () => new Dag("d").task("a", nothing, { preExecute: [nothing] } as unknown as TaskSpec),
    'preExecute for Dag "d" task "a" must be a function',
  ],
  [
    () => new Dag("d").task("a", nothing, { owner: nothing } as unknown as TaskSpec),
    'The spec for Dag "d" task "a" holds a function, which cannot be recorded; a spec field takes a string, number, boolean, Date, or an array of them',
  ],
];

for (const [declare, message] of MISTAKES) {
  test(`a wrong callback is told: ${message}`, (t) => void t.throws(declare, { message }));
}
