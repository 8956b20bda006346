import { readFile } from "node:fs/promises";
import test from "ava";
import { checkRunMove, RUN_MOVES } from "#core/states/run-moves.ts";
import { checkTaskMove, statesBefore, TASK_MOVES, type TaskInstanceState } from "#core/states/task-moves.ts";
import { DAG_RUN_STATES, TASK_STATES } from "#sdk/states.ts";

const ALL_TASK_STATES: readonly TaskInstanceState[] = [null, ...TASK_STATES];

for (const from of ALL_TASK_STATES) {
  for (const to of ALL_TASK_STATES) {
    const allowed = TASK_MOVES.get(from)?.includes(to) ?? false;
    test(`a task instance ${allowed ? "can" : "cannot"} move from ${from} to ${to}`, (t) => {
      if (allowed) t.notThrows(() => checkTaskMove(from, to));
      else t.throws(() => checkTaskMove(from, to), { message: /cannot move from/ });
      t.is(statesBefore(to).includes(from), allowed);
    });
  }
}

for (const from of DAG_RUN_STATES) {
  for (const to of DAG_RUN_STATES) {
    const allowed = RUN_MOVES.get(from)?.includes(to) ?? false;
    test(`a DAG run ${allowed ? "can" : "cannot"} move from ${from} to ${to}`, (t) => {
      if (allowed) t.notThrows(() => checkRunMove(from, to));
      else t.throws(() => checkRunMove(from, to), { message: `A DAG run cannot move from ${from} to ${to}` });
    });
  }
}

test("every state of a task instance is in the table", (t) => {
  t.deepEqual([...TASK_MOVES.keys()].map(String).sort(), ALL_TASK_STATES.map(String).sort());
});

test("docs/state-machine.md draws exactly the moves of the tables", async (t) => {
  const text = await readFile("docs/state-machine.md", "utf8");
  const [tasks, runs] = [...text.matchAll(/```mermaid\n([\s\S]*?)```/g)].map(([, diagram]) => drawnMoves(diagram!));
  t.deepEqual(tasks, movesOf(TASK_MOVES));
  t.deepEqual(runs, movesOf(RUN_MOVES));
});

/** Each `from --> to` of a mermaid state diagram, the first and the last left out. */
function drawnMoves(diagram: string): string[] {
  const moves = [...diagram.matchAll(/^ *(\w+) --> (\w+)/gm)].map(([, from, to]) => `${from} --> ${to}`);
  return moves.sort();
}

function movesOf(table: ReadonlyMap<string | null, readonly (string | null)[]>): string[] {
  const name = (state: string | null) => state ?? "none";
  return [...table].flatMap(([from, targets]) => targets.map((to) => `${name(from)} --> ${name(to)}`)).sort();
}
