/** Where things were declared, as V8 keeps it: the text is made when it is read. */
const places = new WeakMap<object, { readonly stack?: string }>();
const located = new WeakSet<Error>();

/**
 * Remembers the line that declares something. Some mistakes show only when the whole file has been read, such as a task
 * that is never called; they are then reported with that line.
 */
export function rememberPlace(declared: object): void {
  const place = {};
  Error.captureStackTrace(place, rememberPlace);
  places.set(declared, place);
}

/** Gives an error the stack of the declaration that it is about, unless it has that of a more exact one. */
export function locateError(error: unknown, declared: object): unknown {
  const stack = places.get(declared)?.stack;
  if (!(error instanceof Error) || stack === undefined || located.has(error)) return error;
  located.add(error);
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
  error.stack = [`${error.name}: ${error.message}`, ...frames].join("\n");
  return error;
}

/** Runs a check of something; what it throws is reported with the line that declares the thing. */
export function checkDeclared<R>(declared: object, check: () => R): R {
  try {
    return check();
  } catch (error) {
    throw locateError(error, declared);
  }
}
