import { isDeepStrictEqual } from "node:util";
import type { Queryable } from "#core/database/connect.ts";
import { findVersionsOfCode } from "#core/database/dag-versions.ts";
import type { SerializedDag } from "#sdk/serialized-dag.ts";
import type { ParsedFile } from "./parse-protocol.ts";

/** `[dag_processor] dag_version_inflation_check_level` */
export type CheckLevel = "off" | "warning" | "error";

/** Where in a serialized DAG something is: keys and indexes from the outside in. */
export type Place = readonly string[];

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
      const places = other === undefined ? [] : differences(serialized.dag, other.dag);
      return places.length === 0 ? [] : [[serialized.dag.dag_id, places] as const];
    }),
  );
}

/** Whether two forms of a DAG are the same but for its volatile parts. */
export function isSameBut(places: readonly Place[], a: SerializedDag, b: SerializedDag): boolean {
  const isVolatile = (place: Place) => places.some((known) => known.every((part, index) => place[index] === part));
  return differences(a.dag, b.dag).every(
    (place) => isVolatile(place) || place[0] === "fileloc" || place[0] === "relative_fileloc",
  );
}

/** What the DAG's warning says. */
export function messageOfVolatile(dagId: string, places: readonly Place[]): string {
  const shown = places.slice(0, 5).map((place) => place.filter((part) => part !== "__var").join("."));
  const more = places.length > 5 ? ` and ${places.length - 5} more` : "";
  return (
    `Dag '${dagId}' differs each time its file is loaded, by ${shown.join(", ")}${more}. ` +
    "Don't use runtime-varying values, such as the current time or random ids, in the Dag or its tasks."
  );
}

/** The outermost places at which two values cannot be compared further and are not the same. */
function differences(a: unknown, b: unknown, place: Place = []): Place[] {
  if (isDeepStrictEqual(a, b)) return [];
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return [place];
  const keys = Object.keys(a);
  const others = new Set(Object.keys(b));
  if (Array.isArray(a) !== Array.isArray(b) || keys.length !== others.size || !keys.every((key) => others.has(key))) {
    return [place];
  }
  return keys.flatMap((key) =>
    differences((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], [...place, key]),
  );
}
