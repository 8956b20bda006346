import { fileURLToPath } from "node:url";

/** A stack frame in a file: its path or URL, and its line. */
const FRAME = /\(?((?:file:\/\/|\/)[^():]*):(\d+):\d+\)?$/;

/**
 * What is shown of an error that a DAG file threw while it was loaded: `path:line: message` for the topmost frame in
 * the user's files, then the stack without what is ours or Node's, with paths below the dags folder.
 * @param dagsFolder absolute
 * @param relativeFileloc the DAG file, named when no frame is in the user's files
 * @param about what the message is about, when it is not the whole file: `Dag "d"`
 */
export function describeLoadError(
  thrown: unknown,
  dagsFolder: string,
  relativeFileloc: string,
  about?: string,
): string {
  if (!(thrown instanceof Error)) return `${relativeFileloc}: the file threw ${String(thrown)}`;
  const prefix = dagsFolder.endsWith("/") ? dagsFolder : `${dagsFolder}/`;
  const lines = (thrown.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const frames = lines.flatMap((line) => {
    const [, place, number] = FRAME.exec(line) ?? [];
    if (place === undefined) return [];
    const path = place.startsWith("file://") ? fileURLToPath(place) : place;
    if (!path.startsWith(prefix)) return [];
    const name = path.slice(prefix.length);
    return [{ place: `${name}:${number}`, line: line.replace(place, name) }];
  });
  const message = `${thrown.name}: ${thrown.message}`;
  const problem = thrown.name === "Error" ? thrown.message : message;
  const head = [frames[0]?.place ?? relativeFileloc, about, problem].filter((part) => part !== undefined).join(": ");
  return [head, "", message, ...frames.map((frame) => frame.line)].join("\n");
}
