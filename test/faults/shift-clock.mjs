// Loaded into a process ahead of everything else, `--import=…/shift-clock.mjs?clock=FILE`: its clock then is off by the
// milliseconds that the file holds, and jumps whenever that changes. What runs by a monotonic clock, as timers do, goes on.
import { readFileSync } from "node:fs";

const file = new URL(import.meta.url).searchParams.get("clock");
const RealDate = Date;
let shift = 0;
const read = () => {
  shift = Number(readFileSync(file, "utf8"));
};
read();
setInterval(read, 50).unref();

const now = () => RealDate.now() + shift;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  get: (target, key) => (key === "now" ? now : Reflect.get(target, key)),
});
RealDate.prototype.constructor = globalThis.Date;
