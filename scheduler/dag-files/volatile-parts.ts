import { isDeepStrictEqual } from "node:util";
import type { Queryable } from "#core/database/connect.ts";
import { findVersionsOfCode } from "#core/database/dag-versions.ts";
import type { SerializedDag } from "#sdk/serialized-dag.ts";
import { comparableForm } from "./hash-dag.ts";
import type { ParsedFile } from "./parse-protocol.ts";

/** `[dag_processor] dag_version_inflation_check_level` */
export type CheckLevel = "off" | "warning" | "error";

/** Where in a DAG's comparable form something is: keys and indexes from the outside in, and then perhaps a mark. */
export type Place = readonly string[];

/** At the end of a place: the names that an object has there, and how many. */
const NAMES = "<names>";
const NUMBER = "<number>";

/** An odd time, so that every part of a date shows that it is taken from the clock. */
const LATER_MS = (((400 * 24 + 5) * 60 + 7) * 60 + 11) * 1000 + 13;

/**
 * Finds what in a file's DAGs differs each time the file is loaded: random ids, the time of day. A file is suspected
 * when a DAG of it differs from the version that the same code made before; then it is loaded once more, with the clock
 * moved on, and what differs between the two is volatile. What differs only from the stored version has another reason,
 * such as a list that was fetched, and makes a new version.
 * @returns the places of what is volatile, by DAG id; DAGs without any are left out
 */
export async function findVolatile(
  db: Queryable,
  file: ParsedFile,
  parseAgain: (clockShift: number) => Promise<ParsedFile | undefined>,
): Promise<ReadonlyMap<string, readonly Place[]>> {
  const stored = await findVersionsOfCode(
    db,
    file.codeHash,
    file.dags.map(({ serialized }) => serialized.dag.dag_id),
  );
  const suspects = file.dags.filter(({ serialized, serializedHash }) => {
    const hash = stored.get(serialized.dag.dag_id);
    return hash !== undefined && hash !== serializedHash;
  });
  if (suspects.length === 0) return new Map();
  const second = await parseAgain(LATER_MS);
  const again = new Map(second?.dags.map(({ serialized }) => [serialized.dag.dag_id, serialized]));
  return new Map(
    suspects.flatMap(({ serialized }) => {
      const other = again.get(serialized.dag.dag_id);
      const places = other === undefined ? [] : differences(comparableForm(serialized), comparableForm(other));
      return places.length === 0 ? [] : [[serialized.dag.dag_id, places] as const];
    }),
  );
}

/** Whether two forms of a DAG are the same but for its volatile parts. */
export function isSameBut(places: readonly Place[], a: SerializedDag, b: SerializedDag): boolean {
  const isVolatile = (place: Place) => places.some((known) => known.every((part, index) => place[index] === part));
  return differences(comparableForm(a), comparableForm(b)).every(isVolatile);
}

/** Parts of places that tell users nothing. */
const UNSHOWN = new Set(["__var", NAMES, NUMBER]);

/** What the DAG's warning says. */
export function messageOfVolatile(dagId: string, places: readonly Place[]): string {
  const shown = [...new Set(places.map((place) => place.filter((part) => !UNSHOWN.has(part)).join(".")))];
  const more = shown.length > 5 ? ` and ${shown.length - 5} more` : "";
  return (
    `Dag '${dagId}' differs each time its file is loaded, by ${shown.slice(0, 5).join(", ")}${more}. ` +
    "Don't use runtime-varying values, such as the current time or random ids, in the Dag or its tasks."
  );
}

/** The places at which two values differ, as far inside as they can be compared. */
function differences(a: unknown, b: unknown, place: Place = []): Place[] {
  if (isDeepStrictEqual(a, b)) return [];
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return [place];
  if (Array.isArray(a) !== Array.isArray(b)) return [place];
  if (Array.isArray(a) && a.length !== (b as unknown[]).length) return [place];
  const names = Object.keys(a);
  const others = new Set(Object.keys(b));
  const shared = names.filter((name) => others.has(name));
  return [
    ...(names.length === others.size ? [] : [[...place, NUMBER]]),
    ...(shared.length === names.length && shared.length === others.size ? [] : [[...place, NAMES]]),
    ...shared.flatMap((name) =>
      differences((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name], [...place, name]),
    ),
  ];
}
