import test from "ava";
import { runProgram } from "#setup/tensorflow/run-program.ts";

const MINUTE = 60_000;
const run = (program: string, timeout = MINUTE, signal?: AbortSignal): Promise<string> =>
  runProgram(process.execPath, ["-e", program], { timeout, signal });

test("what a program prints is returned", async (t) => {
  t.is(await run("console.log('done')"), "done\n");
});

test("a program that fails is named with its status and its last lines", async (t) => {
  const error = await t.throwsAsync(run("console.log('first'); console.error('no compiler'); process.exit(3)"));
  t.regex(error.message, /node ended with status 3/);
  t.regex(error.message, /no compiler/);
});

test("a program that takes too long is killed, with the limit in the message", async (t) => {
  await t.throwsAsync(run("setInterval(() => {}, 1000)", 200), { message: /took longer than 0.2 s/ });
});

test("an abort stops it", async (t) => {
  const stop = new AbortController();
  const running = run("setInterval(() => {}, 1000)", MINUTE, stop.signal);
  stop.abort(new Error("Ctrl-C"));
  await t.throwsAsync(running, { message: /was stopped/ });
  await t.throwsAsync(run("", MINUTE, stop.signal), { message: "Ctrl-C" });
});

test("a program that is not there is an error of its own", async (t) => {
  await t.throwsAsync(runProgram("no-such-program", [], { timeout: MINUTE }), { message: /no-such-program: .*ENOENT/ });
});
