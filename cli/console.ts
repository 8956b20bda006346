import { createInterface } from "node:readline/promises";
import { maskText } from "#core/secrets/mask-secrets.ts";

/** Where a command writes, and whom it asks. */
export interface Console {
  /** Writes a line to standard output. */
  print(line?: string): void;
  /** Writes a line to standard error, without secrets. */
  note(line: string): void;
  /** Writes a line to standard error, without secrets, in red on a terminal. */
  complain(line: string): void;
  /** Asks a question that is answered with y or yes, or anything else for no; no when nobody can answer. */
  confirm(question: string): Promise<boolean>;
}

const RED = "\u001b[31m";
const PLAIN = "\u001b[39m";

export const processConsole: Console = {
  print: (line = "") => void process.stdout.write(`${line}\n`),
  note: (line) => void process.stderr.write(`${maskText(line)}\n`),
  complain: (line) => void process.stderr.write(`${inColour(process.stderr, RED, maskText(line))}\n`),
  async confirm(question) {
    const lines = createInterface({ input: process.stdin, output: process.stdout });
    const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
    try {
      const answer = await Promise.race([lines.question(`${question} `), ended]);
      return ["y", "yes"].includes(answer.trim().toLowerCase());
    } finally {
      lines.close();
    }
  },
};

/** The text in a colour when the stream is a terminal that wants colours. */
export function inColour(stream: NodeJS.WriteStream, colour: string, text: string): string {
  return stream.isTTY && !process.env.NO_COLOR ? `${colour}${text}${PLAIN}` : text;
}
