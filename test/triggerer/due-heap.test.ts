import test from "ava";
import fc from "fast-check";
import { DueHeap } from "#triggerer/due-heap.ts";

test("what is due comes out in order of its time, and the rest stays", (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 50 })), fc.integer({ min: 0, max: 50 }), (times, until) => {
      const heap = new DueHeap<number>();
      for (const time of times) heap.add(time, time);
      const sorted = times.toSorted((a, b) => a - b);
      t.deepEqual(
        heap.take(until),
        sorted.filter((time) => time <= until),
      );
      t.is(heap.size, sorted.filter((time) => time > until).length);
      t.is(heap.next, sorted.find((time) => time > until) ?? Number.POSITIVE_INFINITY);
    }),
  );
});
