import { DaisyError } from "#core/errors.ts";
import { nearest } from "#core/nearest.ts";
import type { AnyCommand } from "./command.ts";
import { COMMANDS, UNSUPPORTED } from "./commands.ts";
import { type Console, processConsole } from "./console.ts";
import { explainDatabaseError } from "./database-errors.ts";
import { commandHelp, groupHelp } from "./help.ts";
import { parseArguments, UsageError } from "./parse-arguments.ts";
import { type StopSignals, stopSignals } from "./stop-signal.ts";

/**
 * Runs `airflow …` and returns the exit code: 0 all right, 1 a mistake or a failure, 2 a wrong command line.
 * @param argv the command line after the program's name
 */
export async function main(argv: readonly string[], console: Console = processConsole): Promise<number> {
  const debug = argv.includes("--debug");
  try {
    return await dispatch(
      argv.filter((word) => word !== "--debug"),
      console,
    );
  } catch (error) {
    return report(error, console, debug);
  }
}

async function dispatch(argv: readonly string[], console: Console): Promise<number> {
  const name = commandName(argv);
  if (name === undefined) return explainChoice(argv, console);
  const command = await COMMANDS[name]!();
  const words = argv.slice(name.split(" ").length);
  try {
    const { help, args, flags } = parseArguments(command, words);
    if (help) {
      console.print(commandHelp(`airflow ${name}`, command));
      return 0;
    }
    handleLostOutput(command);
    return (await command.run({ args, flags, console, argv, ...signalsFor(command) })) ?? 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return complainOfUsage(commandHelp(`airflow ${name}`, command), error.message, console);
  }
}

/** The longest beginning of the command line that names a command. */
function commandName(argv: readonly string[]): string | undefined {
  return [argv.slice(0, 2), argv.slice(0, 1)].map((words) => words.join(" ")).find((name) => name in COMMANDS);
}

/** Help for the program or a group; a complaint when something else was typed. */
async function explainChoice([first, second]: readonly string[], console: Console): Promise<number> {
  const group = first !== undefined && Object.keys(COMMANDS).some((name) => name.startsWith(`${first} `));
  const prefix = group ? `${first} ` : "";
  const wrong = group ? second : first;
  const asked = wrong === "-h" || wrong === "--help" || wrong === "help";
  const refusal = UNSUPPORTED[`${prefix}${wrong}`];
  if (refusal !== undefined) {
    console.complain(`airflow command error: \`airflow ${prefix}${wrong}\` is not supported: ${refusal}`);
    return 2;
  }
  const help = await helpOf(prefix);
  if (asked) {
    console.print(help);
    return 0;
  }
  if (wrong === undefined) {
    const missing = group ? "COMMAND" : "GROUP_OR_COMMAND";
    return complainOfUsage(help, `the following arguments are required: ${missing}`, console);
  }
  const choices = choicesUnder(prefix);
  const meant = nearest(wrong, choices);
  return complainOfUsage(
    help,
    `argument ${group ? "COMMAND" : "GROUP_OR_COMMAND"}: invalid choice: '${wrong}' (${meant ? `did you mean ${meant}?` : `choose from ${choices.join(", ")}`})`,
    console,
  );
}

function choicesUnder(prefix: string): string[] {
  const names = Object.keys(COMMANDS).filter((name) => name.startsWith(prefix));
  return [...new Set(names.map((name) => name.slice(prefix.length).split(" ")[0]!))];
}

async function helpOf(prefix: string): Promise<string> {
  const names = Object.keys(COMMANDS).filter((name) => name.startsWith(prefix));
  const rows = await Promise.all(
    names.map(async (name) => [name.slice(prefix.length), (await COMMANDS[name]!()).summary] as const),
  );
  return groupHelp(`airflow ${prefix}`.trim(), rows);
}

function complainOfUsage(help: string, message: string, console: Console): number {
  console.print(help);
  console.complain(`\nairflow command error: ${message}, see help above.`);
  return 2;
}

/** What keeps a line from its file or its reader for now, or for ever. */
const LOST_OUTPUT = new Set(["EPIPE", "ENOSPC", "EDQUOT", "EIO"]);

/**
 * A reader that has enough, such as head, closes the pipe, and a command that ends soon ends with it. One that runs on
 * has things to do, whether or not its terminal or its parent is there to read of it, or its log's disk has room.
 */
function handleLostOutput({ longRunning }: AnyCommand): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (longRunning && LOST_OUTPUT.has(error.code ?? "")) return;
      if (error.code !== "EPIPE") throw error;
      process.exit(0);
    });
  }
}

/** A command that ends soon is ended by a signal's default action. */
function signalsFor(command: AnyCommand): StopSignals {
  const never = new AbortController().signal;
  return command.longRunning ? stopSignals() : { signal: never, hard: never };
}

/** A user's mistake is one line; what we did not foresee is a bug, and says so. */
function report(error: unknown, console: Console, debug: boolean): number {
  const known = error instanceof DaisyError ? error : explainDatabaseError(error);
  if (known) {
    console.complain(known.message);
  } else {
    const message = error instanceof Error ? error.message : String(error);
    console.complain(
      `This is a bug in Daisy: ${message}${debug ? "" : " (the same command with --debug shows where)"}`,
    );
  }
  if (debug) console.note(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 1;
}
