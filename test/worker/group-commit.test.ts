import test from "ava";
import { groupCommit } from "#worker/group-commit.ts";

test("what comes while a write is under way goes together in the next one", async (t) => {
  const batches: (readonly number[])[] = [];
  const pending: (() => void)[] = [];
  const commit = groupCommit(async (items: readonly number[]) => {
    batches.push(items);
    await new Promise<void>((resolve) => pending.push(resolve));
    return items.map((item) => item * 10);
  });
  const first = commit(1);
  await Promise.resolve();
  const others = [commit(2), commit(3), commit(4)];
  pending.shift()!();
  t.is(await first, 10);
  pending.shift()!();
  t.deepEqual(await Promise.all(others), [20, 30, 40]);
  t.deepEqual(batches, [[1], [2, 3, 4]]);
});

test("a failed write fails its own items only", async (t) => {
  let writes = 0;
  const commit = groupCommit(async (items: readonly number[]) => {
    writes += 1;
    if (writes === 1) throw new Error("no");
    return items;
  });
  await t.throwsAsync(commit(1), { message: "no" });
  t.is(await commit(2), 2);
});

test("a batch has at most so many items", async (t) => {
  const sizes: number[] = [];
  const commit = groupCommit(async (items: readonly number[]) => {
    sizes.push(items.length);
    return items;
  }, 3);
  await Promise.all([1, 2, 3, 4, 5, 6, 7].map(commit));
  t.deepEqual(sizes, [3, 3, 1]);
});
