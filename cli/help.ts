import type { AnyCommand, Flag } from "./command.ts";
import { displayName } from "./parse-arguments.ts";

const INDENT = "  ";

/** The help of one command, made from its literal. */
export function commandHelp(name: string, command: AnyCommand): string {
  const { positionals = [], flags = {}, refused = {} } = command;
  const usage = [
    `usage: ${name} [-h]`,
    ...Object.entries(flags).map(([flag, spec]) => bracketed(usageOf(flag, spec), !spec.required)),
    ...positionals.map((positional) => bracketed(positional.name, positional.optional)),
  ].join(" ");
  const sections = [
    usage,
    command.summary,
    section(
      "positional arguments",
      positionals.map(({ name: argument, help }) => [argument, help]),
    ),
    section("options", [
      ["-h, --help", "show this help message and exit"],
      ...Object.entries(flags).map(
        ([flag, spec]): Row => [
          [spec.short, `--${flag.replaceAll("_", "-")}`].filter(Boolean).join(", ") + metavar(flag, spec),
          spec.help,
        ],
      ),
    ]),
    section(
      "not supported",
      Object.entries(refused).map(([flag, refusal]) => [displayName(flag, refusal), refusal.reason]),
    ),
  ];
  return sections.filter(Boolean).join("\n\n");
}

/** The help of the program or of a group of commands. */
export function groupHelp(name: string, commands: readonly (readonly [name: string, summary: string])[]): string {
  return [`usage: ${name} [-h] COMMAND ...`, section("commands", commands)].join("\n\n");
}

type Row = readonly [term: string, meaning: string];

function section(title: string, rows: readonly Row[]): string {
  if (rows.length === 0) return "";
  const width = Math.min(28, Math.max(...rows.map(([term]) => term.length)));
  const lines = rows.map(([term, meaning]) =>
    term.length > width
      ? `${INDENT}${term}\n${INDENT}${" ".repeat(width)}${INDENT}${meaning}`
      : `${INDENT}${term.padEnd(width)}${INDENT}${meaning}`,
  );
  return `${title}:\n${lines.join("\n")}`;
}

function usageOf(name: string, flag: Flag): string {
  return `${flag.short ?? `--${name.replaceAll("_", "-")}`}${metavar(name, flag)}`;
}

function metavar(name: string, { type, value, choices }: Flag): string {
  if (type === "boolean") return "";
  return ` ${choices ? `{${choices.join(",")}}` : (value ?? name.toUpperCase())}`;
}

function bracketed(text: string, optional = false): string {
  return optional ? `[${text}]` : text;
}
