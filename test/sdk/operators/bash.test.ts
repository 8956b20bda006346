import { tmpdir } from "node:os";
import test from "ava";
import { type BashOptions, bash } from "#sdk/operators/bash.ts";
import { runOperator } from "./run-operator.ts";

const RESULTS: readonly [title: string, options: BashOptions, result: unknown][] = [
  ["the last line is the result", { bashCommand: "echo one; echo two" }, "two"],
  ["a last line without a line break counts", { bashCommand: "echo one; printf two" }, "two"],
  ["no output gives an empty text", { bashCommand: "true" }, ""],
  ["env replaces the environment", { bashCommand: "echo $GIVEN-$HOME", env: { GIVEN: "a" } }, "a-"],
  [
    "appendEnv adds to it",
    { bashCommand: 'echo "$GIVEN-$(test -n $HOME && echo home)"', env: { GIVEN: "a" }, appendEnv: true },
    "a-home",
  ],
  ["the command runs in cwd", { bashCommand: "pwd", cwd: "/" }, "/"],
  ["outputProcessor makes the result", { bashCommand: "echo 41", outputProcessor: (line) => Number(line) + 1 }, 42],
  ["outputEncoding reads other encodings", { bashCommand: "printf 'caf\\xe9'", outputEncoding: "latin1" }, "café"],
];

for (const [title, options, result] of RESULTS) {
  test(`bash: ${title}`, async (t) => t.deepEqual(await runOperator(bash(options)), result));
}

const ENDINGS: readonly [options: BashOptions, name: string, message: string][] = [
  [{ bashCommand: "exit 3" }, "Error", "Bash command failed. The command returned a non-zero exit code 3."],
  [{ bashCommand: "exit 99" }, "AirflowSkipException", "Bash command returned exit code 99. Skipping."],
  [
    { bashCommand: "exit 4", skipOnExitCode: [4, 5] },
    "AirflowSkipException",
    "Bash command returned exit code 4. Skipping.",
  ],
  [
    { bashCommand: "exit 99", skipOnExitCode: null },
    "Error",
    "Bash command failed. The command returned a non-zero exit code 99.",
  ],
  [{ bashCommand: "kill -9 $$" }, "Error", "Bash command failed. The command was killed by SIGKILL."],
  [{ bashCommand: "true", cwd: "/nowhere/at/all" }, "Error", "Can not find the cwd: /nowhere/at/all"],
  [{ bashCommand: "true", cwd: "/etc/passwd" }, "Error", "The cwd /etc/passwd must be a directory"],
];

for (const [options, name, message] of ENDINGS) {
  test(`bash ends with: ${message}`, async (t) => {
    const error = await t.throwsAsync(runOperator(bash(options)));
    t.is(error?.name, name);
    t.is(error?.message, message);
  });
}

test("a command without cwd runs in a temporary folder that is removed", async (t) => {
  const folder = String(await runOperator(bash({ bashCommand: "pwd" })));
  t.true(folder.startsWith(`${tmpdir()}/airflowtmp`));
  await t.throwsAsync(runOperator(bash({ bashCommand: "true", cwd: folder })), { message: /Can not find the cwd/ });
});

test("an input of the call wins over the option", async (t) => {
  const operator = bash({ bashCommand: "echo $WHO", env: { WHO: "nobody" } });
  t.is(await runOperator(operator, { inputs: { env: { WHO: "Daisy" } } }), "Daisy");
  await t.throwsAsync(runOperator(operator, { inputs: { env: "WHO" } }), {
    message: 'bash(...) option "env" must be an object of strings',
  });
});

test("an abort ends the command", async (t) => {
  const abort = new AbortController();
  const run = runOperator(bash({ bashCommand: "sleep 600" }), { signal: abort.signal });
  abort.abort(new Error("enough"));
  await t.throwsAsync(run);
});

const MISTAKES: readonly [options: unknown, message: string][] = [
  [undefined, "bash(...) takes an options object"],
  [{}, 'bash(...) needs the option "bashCommand"'],
  [{ bashCommand: "" }, 'bash(...) option "bashCommand" must be a non-empty string'],
  [{ bashCommand: "true", bash_command: "x" }, 'Unknown option "bash_command" for bash(...)'],
  [{ bashCommand: "true", env: { A: 1 } }, 'bash(...) option "env" must be an object of strings'],
  [
    { bashCommand: "true", skipOnExitCode: "99" },
    'bash(...) option "skipOnExitCode" must be an exit code, an array of them, or null',
  ],
  [
    { bashCommand: "true", outputEncoding: "klingon" },
    'bash(...) option "outputEncoding" must be an encoding such as utf-8 or latin1',
  ],
];

for (const [options, message] of MISTAKES) {
  test(`bash refuses: ${message}`, (t) => void t.throws(() => bash(options as BashOptions), { message }));
}
