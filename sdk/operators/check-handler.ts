/** Throws when what an operator is to call is no handler. */
export function checkHandler(caller: string, handler: unknown): void {
  if (typeof handler !== "function") throw new Error(`The handler of ${caller}(...) must be a function`);
  if (handler.length > 1) {
    throw new Error(
      `The handler of ${caller}(...) declares ${handler.length} parameters; ` +
        "a handler takes one object of named arguments — async ({ rows, region }) => ...",
    );
  }
}
