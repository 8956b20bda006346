import test from "ava";
import fc from "fast-check";
import { priorityWeights, type WeightRule } from "#core/dag-structure/priority-weights.ts";

// 0 -> 1 -> 3, 0 -> 2 -> 3, and 4 alone
const DOWNSTREAM = [[1, 2], [3], [3], [], []];
const UPSTREAM = [[], [0], [0], [1, 2], []];
const OWN = [1, 2, 4, 8, 16];

const CASES: readonly (readonly [WeightRule, readonly number[]])[] = [
  ["absolute", [1, 2, 4, 8, 16]],
  ["downstream", [15, 10, 12, 8, 16]],
  ["upstream", [1, 3, 5, 15, 16]],
];

for (const [rule, expected] of CASES) {
  test(`${rule} weights count each task once`, (t) => {
    t.deepEqual(
      priorityWeights(
        OWN,
        OWN.map(() => rule),
        DOWNSTREAM,
        UPSTREAM,
      ),
      expected,
    );
  });
}

test("a task's downstream weight is one more than the number of tasks it can reach", (t) => {
  const graph = fc
    .integer({ min: 1, max: 70 })
    .chain((size) =>
      fc.array(fc.array(fc.integer({ min: 1, max: size }), { maxLength: 3 }), { minLength: size, maxLength: size }),
    );
  fc.assert(
    fc.property(graph, (steps) => {
      // Edges go to higher numbers only, so there is no cycle.
      const downstream = steps.map((list, task) =>
        [...new Set(list.map((step) => task + step))].filter((to) => to < steps.length),
      );
      const upstream: number[][] = steps.map(() => []);
      downstream.forEach((targets, task) => {
        for (const target of targets) upstream[target]!.push(task);
      });
      const ones = steps.map(() => 1);
      const rules = steps.map((): WeightRule => "downstream");
      const weights = priorityWeights(ones, rules, downstream, upstream);
      const reach = (task: number, seen: Set<number>): Set<number> => {
        for (const target of downstream[task]!) if (!seen.has(target)) reach(target, seen.add(target));
        return seen;
      };
      return weights.every((weight, task) => weight === 1 + reach(task, new Set()).size);
    }),
  );
  t.pass();
});
