import type { Console } from "./console.ts";

/** An argument that is told by its place. */
export interface Positional {
  readonly name: string;
  readonly help: string;
  readonly optional?: boolean;
}

/** An argument that is told by its name: the key is the long form, and `_` and `-` in it are the same. */
export interface Flag {
  readonly help: string;
  /** With its dash; Airflow has some of several letters, such as `-hn`. */
  readonly short?: `-${string}`;
  /** @default "text" */
  readonly type?: "text" | "number" | "boolean";
  /** Of a number: whether zero is refused. @default false */
  readonly positive?: boolean;
  /** What help calls the value. */
  readonly value?: string;
  readonly choices?: readonly string[];
  /** Other long forms. */
  readonly aliases?: readonly string[];
  readonly required?: boolean;
}

/** A flag that Airflow has and Daisy refuses, and why. */
export interface Refusal {
  readonly short?: `-${string}`;
  readonly reason: string;
}

export type Positionals = readonly Positional[];
export type Flags = Readonly<Record<string, Flag>>;

type FlagValue<F extends Flag> = F["type"] extends "boolean"
  ? boolean
  : F["type"] extends "number"
    ? number | undefined
    : F["choices"] extends readonly (infer C)[]
      ? C | undefined
      : string | undefined;

/** What a command gets: its arguments, and the world around it. */
export interface Input<P extends Positionals = Positionals, F extends Flags = Flags> {
  readonly args: {
    readonly [A in P[number] as A["name"]]: A["optional"] extends true ? string | undefined : string;
  };
  readonly flags: { readonly [K in keyof F]: FlagValue<F[K]> };
  readonly console: Console;
  /** Aborts when the user or the system asks the process to end. */
  readonly signal: AbortSignal;
  /** Aborts when they ask a second time: what is being finished is to be cut off. */
  readonly hard: AbortSignal;
  /** The command line after the program's name. */
  readonly argv: readonly string[];
}

/** One command: the literal that its parsing and its help are made from, and what it does. */
export interface Command<P extends Positionals = Positionals, F extends Flags = Flags> {
  readonly summary: string;
  readonly positionals?: P;
  readonly flags?: F;
  /** By long form. */
  readonly refused?: Readonly<Record<string, Refusal>>;
  /** Whether it works until the signal aborts; other commands are ended by the signal's default action. */
  readonly longRunning?: boolean;
  /** Resolves with the exit code. @default 0 */
  run(input: Input<P, F>): Promise<number | void>;
}

/** A command as the table of commands holds it, its argument types forgotten. */
export type AnyCommand = Omit<Command, "run"> & {
  run(
    input: Omit<Input, "args" | "flags"> & {
      readonly args: Readonly<Record<string, string | undefined>>;
      readonly flags: Readonly<Record<string, string | number | boolean | undefined>>;
    },
  ): Promise<number | void>;
};

/** Checks a command's literal and keeps its argument types for `run`. */
export function defineCommand<const P extends Positionals, const F extends Flags>(command: Command<P, F>): AnyCommand {
  return command as unknown as AnyCommand;
}
