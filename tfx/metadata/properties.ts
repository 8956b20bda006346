import type { PropertyValue } from "../types/artifact.ts";
import type { Properties } from "./records.ts";
import type { Queryable, Transaction } from "./store.ts";

/** The tables that carry properties; each has `<owner>_id` and a table `<Owner>Property`. */
export type PropertyOwner = "artifact" | "execution" | "context";

const MAX_INT = 2 ** 31 - 1;

interface PropertyRow {
  readonly owner_id: number;
  readonly name: string;
  readonly is_custom_property: boolean;
  readonly int_value: number | null;
  readonly double_value: number | null;
  readonly string_value: string | null;
  readonly bool_value: boolean | null;
}

/** Writes properties of a row that has none of these names yet. */
export async function insertProperties(
  transaction: Transaction,
  owner: PropertyOwner,
  id: number,
  properties: Properties,
  customProperties: Properties,
): Promise<void> {
  const values = [
    ...Object.entries(properties).map(([name, value]) => ({ name, custom: false, ...columnsOf(value) })),
    ...Object.entries(customProperties).map(([name, value]) => ({ name, custom: true, ...columnsOf(value) })),
  ];
  if (values.length === 0) return;
  const insert = transaction.query(
    `INSERT INTO ${owner}Property (${owner}_id, name, is_custom_property, int_value, double_value, string_value, bool_value)
     SELECT $1, * FROM unnest($2::text[], $3::boolean[], $4::int[], $5::float8[], $6::text[], $7::boolean[])`,
    [
      id,
      values.map((value) => value.name),
      values.map((value) => value.custom),
      values.map((value) => value.int),
      values.map((value) => value.double),
      values.map((value) => value.string),
      values.map((value) => value.bool),
    ],
  );
  await insert.catch((error: unknown) => {
    throw isTooLong(error) ? tooLong(values, error) : error;
  });
}

/** ML Metadata indexes text whole, so PostgreSQL refuses one that does not compress to about 2,700 bytes. */
function isTooLong(error: unknown): boolean {
  return (error as { code?: unknown }).code === "54000";
}

function tooLong(values: readonly { readonly name: string; readonly string: string | null }[], cause: unknown): Error {
  const longest = values.toSorted((a, b) => (b.string?.length ?? 0) - (a.string?.length ?? 0))[0]!;
  return new Error(
    `ML Metadata cannot hold the property ${longest.name}: its ${longest.string?.length} characters are too long for an index`,
    { cause },
  );
}

/** The properties of several rows, by row id; a row without any is absent. */
export async function readProperties(
  db: Queryable,
  owner: PropertyOwner,
  ids: readonly number[],
): Promise<Map<number, { properties: Properties; customProperties: Properties }>> {
  const { rows } = await db.query<PropertyRow>(
    `SELECT ${owner}_id AS owner_id, name, is_custom_property, int_value, double_value, string_value, bool_value
     FROM ${owner}Property WHERE ${owner}_id = ANY($1) ORDER BY ${owner}_id, name`,
    [ids],
  );
  const byOwner = new Map<
    number,
    { properties: Record<string, PropertyValue>; customProperties: Record<string, PropertyValue> }
  >();
  for (const row of rows) {
    const value = row.int_value ?? row.double_value ?? row.string_value ?? row.bool_value;
    // A value of a kind this library never writes (a proto) is left out.
    if (value === null) continue;
    const entry = byOwner.get(row.owner_id) ?? { properties: {}, customProperties: {} };
    byOwner.set(row.owner_id, entry);
    (row.is_custom_property ? entry.customProperties : entry.properties)[row.name] = value;
  }
  return byOwner;
}

/** Exactly one column of a property row holds the value; integers beyond the column's 32 bits go to the double. */
function columnsOf(value: PropertyValue) {
  const isInt = typeof value === "number" && Number.isInteger(value) && Math.abs(value) <= MAX_INT;
  return {
    int: isInt ? value : null,
    double: typeof value === "number" && !isInt ? value : null,
    string: typeof value === "string" ? value : null,
    bool: typeof value === "boolean" ? value : null,
  };
}
