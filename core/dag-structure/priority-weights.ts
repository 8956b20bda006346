/** How a task's weight counts: alone, or with the weights of everything downstream or upstream of it. */
export type WeightRule = "downstream" | "upstream" | "absolute";

/** The weights that fit the database's integer; others are cut to these, as by Airflow's `db_safe_priority`. */
const [LEAST, LARGEST] = [-(2 ** 31), 2 ** 31 - 1];

/**
 * Each task's weight after its weight rule: its own, plus those of all distinct tasks downstream (or upstream) of it.
 * Tasks are numbers; `downstream[i]` lists those directly after task i. The graph has no cycle.
 */
export function priorityWeights(
  own: readonly number[],
  rules: readonly WeightRule[],
  downstream: readonly (readonly number[])[],
  upstream: readonly (readonly number[])[],
): number[] {
  const sums: Record<WeightRule, () => readonly number[]> = {
    absolute: () => own,
    downstream: once(() => sumReachable(own, downstream)),
    upstream: once(() => sumReachable(own, upstream)),
  };
  return own.map((_, task) => Math.min(Math.max(sums[rules[task]!]()[task]!, LEAST), LARGEST));
}

/** For each task, the sum over itself and all that can be reached from it: a bit per task says what is reached. */
function sumReachable(own: readonly number[], edges: readonly (readonly number[])[]): number[] {
  const words = Math.ceil(own.length / 32);
  const reached: Uint32Array[] = [];
  for (const task of targetsFirst(edges)) {
    const bits = new Uint32Array(words);
    bits[task >> 5]! |= 1 << (task & 31);
    for (const target of edges[task]!) {
      const more = reached[target]!;
      for (let word = 0; word < words; word++) bits[word]! |= more[word]!;
    }
    reached[task] = bits;
  }
  return reached.map((bits) => sumOf(own, bits));
}

function sumOf(own: readonly number[], bits: Uint32Array): number {
  let sum = 0;
  bits.forEach((word, index) => {
    for (let rest = word; rest !== 0; rest &= rest - 1) sum += own[index * 32 + 31 - Math.clz32(rest & -rest)]!;
  });
  return sum;
}

/** The tasks in an order in which each comes after everything its edges lead to. */
function targetsFirst(edges: readonly (readonly number[])[]): number[] {
  const sources: number[][] = edges.map(() => []);
  edges.forEach((targets, task) => {
    for (const target of targets) sources[target]!.push(task);
  });
  const left = edges.map((targets) => targets.length);
  const order = left.flatMap((count, task) => (count === 0 ? [task] : []));
  for (let at = 0; at < order.length; at++) {
    for (const source of sources[order[at]!]!) if (--left[source]! === 0) order.push(source);
  }
  return order;
}

function once<T>(compute: () => T): () => T {
  let value: { result: T } | undefined;
  return () => {
    value ??= { result: compute() };
    return value.result;
  };
}
