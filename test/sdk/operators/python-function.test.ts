import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import { type PythonFunctionOptions, pythonFunction } from "#sdk/operators/python-function.ts";
import { runOperator } from "./run-operator.ts";

const SOURCE = `
import os, sys
from airflow.exceptions import AirflowSkipException
from airflow.sdk.exceptions import AirflowFailException

class Later(AirflowSkipException):
    pass

def add(a, b=1):
    print("adding")
    return a + b

async def slowly(value):
    return {"value": value, "nothing": None, "pair": (1, 2)}

def skip(): raise Later("not today")
def fail(): raise AirflowFailException("no use")
def divide(): return 1 / 0
def no_json(): return {1, 2}
def not_a_number(): return float("nan")
def leave(): os._exit(7)
def leave_politely(): sys.exit("enough")
def read(): return sys.stdin.read()
def environment(): return [os.environ["GIVEN"], "HOME" in os.environ]
def which(): return sys.executable
def forever():
    while True: pass
constant = 1
`;
const file = { path: "steps.py", source: SOURCE };
const call = (name: string, more: Partial<PythonFunctionOptions> = {}) =>
  pythonFunction({ file, function: name, ...more });

const RESULTS: readonly [
  title: string,
  options: Partial<PythonFunctionOptions>,
  inputs: object | undefined,
  result: unknown,
][] = [
  ["arguments by place", { function: "add", opArgs: [1, 2] }, undefined, 3],
  ["arguments by name", { function: "add", opKwargs: { a: "x", b: "y" } }, undefined, "xy"],
  ["inputs win over opKwargs", { function: "add", opKwargs: { a: 1, b: 2 } }, { b: 5 }, 6],
  ["an async function", { function: "slowly", opArgs: ["ä"] }, undefined, { value: "ä", nothing: null, pair: [1, 2] }],
  ["standard input is empty", { function: "read" }, undefined, ""],
  ["variables", { function: "environment", env: { GIVEN: "g" } }, undefined, ["g", true]],
];

for (const [title, options, inputs, result] of RESULTS) {
  test(`pythonFunction: ${title}`, async (t) => {
    t.deepEqual(await runOperator(call("add", options), { inputs }), result);
  });
}

const FAILURES: readonly [name: string, error: string, message: string | RegExp][] = [
  ["skip", "AirflowSkipException", "not today"],
  ["fail", "AirflowFailException", "AirflowFailException: no use"],
  ["divide", "Error", "ZeroDivisionError: division by zero"],
  ["no_json", "Error", /^TypeError: The result of no_json cannot be carried by JSON: .*set/],
  ["not_a_number", "Error", /^TypeError: The result of not_a_number cannot be carried by JSON/],
  ["leave", "Error", "The Python process exited with code 7 before leave returned."],
  ["leave_politely", "Error", "SystemExit: enough"],
  ["constant", "Error", "AttributeError: steps.py has no function 'constant'"],
];

for (const [name, error, message] of FAILURES) {
  test(`pythonFunction fails: ${message}`, async (t) => {
    t.is((await t.throwsAsync(runOperator(call(name)), { message }))?.name, error);
  });
}

test("what Python throws has Python's traceback, from the function's file on", async (t) => {
  const error = await t.throwsAsync(runOperator(call("divide")));
  t.regex(
    error?.stack ?? "",
    /^Traceback .*\n {2}File "steps.py", line \d+, in divide\n {4}def divide\(\): return 1 \/ 0/,
  );
  const broken = { path: "broken.py", source: "def f(:\n  pass" };
  await t.throwsAsync(runOperator(pythonFunction({ file: broken, function: "f" })), { message: /SyntaxError/ });
});

test("an abort ends Python", async (t) => {
  const abort = new AbortController();
  const running = runOperator(call("forever"), { signal: abort.signal });
  setTimeout(() => abort.abort(new Error("enough")), 300);
  await t.throwsAsync(running);
});

test("python names an interpreter or a virtual environment; one that is missing is told", async (t) => {
  await t.throwsAsync(runOperator(call("add", { python: "python-that-is-not-there" })), {
    message:
      'There is no program "python-that-is-not-there" on this worker; install Python 3, or name an interpreter or a ' +
      'virtual environment in the option "python"',
  });
  const folder = await mkdtemp(path.join(tmpdir(), "daisy-venv-"));
  t.teardown(() => rm(folder, { recursive: true }));
  await mkdir(path.join(folder, "bin"));
  const interpreter = String(await runOperator(call("which")));
  await symlink(interpreter, path.join(folder, "bin", "python"));
  t.is(await runOperator(call("add", { opArgs: [1], python: folder })), 2);
});

const MISTAKES: readonly [options: unknown, message: string][] = [
  [
    { file: "./steps.py", function: "f" },
    'pythonFunction(...) option "file" must be an imported file: import steps from "./steps.py", and then { file: steps }',
  ],
  [{ file }, 'pythonFunction(...) needs the option "function"'],
  [{ file, function: "nothing_like_it" }, 'pythonFunction(...): steps.py has no function "nothing_like_it"'],
  [{ file, function: "add", opKwargs: [] }, 'pythonFunction(...) option "opKwargs" must be an object'],
];

for (const [options, message] of MISTAKES) {
  test(`pythonFunction refuses: ${message}`, (t) => {
    t.throws(() => pythonFunction(options as PythonFunctionOptions), { message });
  });
}
