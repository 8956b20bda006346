/** Lets this process believe for the rest of its life that it is so many milliseconds later. */
export function shiftClock(milliseconds: number): void {
  const now = () => RealDate.now() + milliseconds;
  const RealDate = Date;
  globalThis.Date = new Proxy(RealDate, {
    construct: (date, given: unknown[], as) =>
      Reflect.construct(date, given.length === 0 ? [now()] : given, as) as Date,
    apply: () => new RealDate(now()).toString(),
    get: (date, name) => (name === "now" ? now : (Reflect.get(date, name) as unknown)),
  });
}
