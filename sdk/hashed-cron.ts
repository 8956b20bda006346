import { crc32 } from "node:zlib";

const HASHED = /^[hr](?:\((\d+)-(\d+)\))?(?:\/(\d+))?$/i;
/** The least and the greatest value of minute, hour, day of month, month, day of week and second. */
const RANGES = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 6],
  [0, 59],
] as const;

/**
 * Replaces croniter's hashed forms in a cron expression by the values that they stand for in a DAG: `H` is a value of
 * the field's range, `H(1-10)` one of those, `H/15` every 15th from a hashed start. The values come from the DAG's id,
 * so they stay, and differ from DAG to DAG. `R` is drawn in the same way, by another hash: a value that changed at
 * every look would never come due.
 */
export function resolveHashedFields(dagId: string, expression: string): string {
  return expression
    .split(/\s+/)
    .map((field, index) =>
      field
        .split(",")
        .map((item) => resolve(dagId, item, index))
        .join(","),
    )
    .join(" ");
}

function resolve(dagId: string, item: string, index: number): string {
  const match = HASHED.exec(item);
  const range = RANGES[index];
  if (match === null || range === undefined) return item;
  const [low, high] = match[1] === undefined ? range : [Number(match[1]), Number(match[2])];
  const divisor = match[3] === undefined ? undefined : Number(match[3]);
  if (low > high || (match[1] !== undefined && low === high) || divisor === 0) {
    throw new Error(`"${item}" is not a hashed cron field; write H, H/15, H(1-10) or H(1-10)/2`);
  }
  const hash = crc32(/^r/i.test(item) ? `random ${dagId}` : dagId) >>> index;
  if (divisor === undefined) return String(low + (hash % (high - low + 1)));
  return `${low + (hash % divisor)}-${high}/${divisor}`;
}
