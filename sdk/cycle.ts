/** A path that comes back to its first id, or undefined when there is none. Linear in nodes and edges. */
export function findCycle(downstream: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>();
  const onPath = new Set<string>();
  for (const start of downstream.keys()) {
    // An explicit stack: a chain of many thousand tasks must not overflow the call stack.
    const stack: { id: string; next: Iterator<string> }[] = [];
    const enter = (id: string) => {
      onPath.add(id);
      stack.push({ id, next: downstream.get(id)!.values() });
    };
    if (!done.has(start)) enter(start);
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const step = top.next.next();
      if (step.done) {
        stack.pop();
        onPath.delete(top.id);
        done.add(top.id);
      } else if (onPath.has(step.value)) {
        const path = [...onPath];
        return [...path.slice(path.indexOf(step.value)), step.value];
      } else if (!done.has(step.value)) {
        enter(step.value);
      }
    }
  }
  return undefined;
}
