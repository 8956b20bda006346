/** A name as it is matched when it is not written exactly: lower case, without underscores. */
function fold(name: string): string {
  return name.toLowerCase().replaceAll("_", "");
}

/**
 * The object that a handler receives: read-only, and a name that is not bound exactly is matched without regard to
 * case and underscores, so that `regionCode` reads `region_code`. Reading a name that nothing binds gives
 * undefined, and `warn` is told.
 * @param renamed names under which the handler reads arguments, with the only name that each is bound by
 */
export function argumentObject(
  values: ReadonlyMap<string, unknown>,
  warn: (message: string) => void,
  renamed: Readonly<Record<string, string>> = {},
): Readonly<Record<string, unknown>> {
  const byFold = new Map<string, string>();
  for (const name of values.keys()) {
    const other = byFold.get(fold(name));
    if (other !== undefined) {
      throw new Error(
        `Task arguments "${other}" and "${name}" both fold to "${fold(name)}", so a handler cannot name them apart; rename one in the @task.stub signature`,
      );
    }
    byFold.set(fold(name), name);
  }
  const target: Record<string, unknown> = Object.assign(Object.create(null), Object.fromEntries(values));
  const nameOf = (key: string) => {
    const wireName = Object.hasOwn(renamed, key) ? renamed[key]! : key;
    if (values.has(wireName)) return wireName;
    return wireName === key ? byFold.get(fold(key)) : undefined;
  };
  return new Proxy(target, {
    get: (_, key) => {
      if (typeof key === "symbol") return undefined;
      const name = nameOf(key);
      if (name !== undefined) return values.get(name);
      warn(`Task argument not bound by this task's call: ${key} (bound: ${[...values.keys()].join(", ") || "none"})`);
      return undefined;
    },
    has: (_, key) => typeof key === "string" && nameOf(key) !== undefined,
    set: (_, key) => {
      throw new TypeError(`Cannot assign to task argument ${String(key)}: bound arguments are read-only`);
    },
    defineProperty: (_, key) => {
      throw new TypeError(`Cannot assign to task argument ${String(key)}: bound arguments are read-only`);
    },
    deleteProperty: (_, key) => {
      throw new TypeError(`Cannot delete task argument ${String(key)}: bound arguments are read-only`);
    },
  });
}
