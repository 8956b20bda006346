import type { ArtifactType } from "../types/artifact-type.ts";
import { type MetadataType, PropertyTypeNumber, TypeKind, type TypeKindNumber } from "./records.ts";
import type { Queryable, Transaction } from "./store.ts";

/** Types have no unique constraint, so writers take turns. */
const LOCK = "daisy.ml_metadata.types";

/** Registers an artifact type with its properties and base type; returns its id. */
export async function putArtifactType(transaction: Transaction, type: ArtifactType): Promise<number> {
  const baseType = type.baseType && `mlmd.${type.baseType}`;
  const ids = await putTypes(transaction, TypeKind.ARTIFACT, [{ ...type, baseType }]);
  return ids.get(type.name)!;
}

/** Registers an execution type; properties that it did not have yet are added. */
export async function putExecutionType(transaction: Transaction, type: MetadataType): Promise<number> {
  const ids = await putTypes(transaction, TypeKind.EXECUTION, [type]);
  return ids.get(type.name)!;
}

/** Registers a context type; properties that it did not have yet are added. */
export async function putContextType(transaction: Transaction, type: MetadataType): Promise<number> {
  const ids = await putTypes(transaction, TypeKind.CONTEXT, [type]);
  return ids.get(type.name)!;
}

/** The id of a type without a version, or undefined when no such type is registered. */
export async function findTypeId(db: Queryable, kind: TypeKindNumber, name: string): Promise<number | undefined> {
  const { rows } = await db.query<{ id: number }>(
    "SELECT id FROM Type WHERE type_kind = $1 AND name = $2 AND version IS NULL ORDER BY id LIMIT 1",
    [kind, name],
  );
  return rows[0]?.id;
}

/** Registers several types of one kind; ids by name. Throws when a known property has another data type. */
export async function putTypes(
  transaction: Transaction,
  kind: TypeKindNumber,
  types: readonly MetadataType[],
): Promise<Map<string, number>> {
  const ids = new Map<string, number>();
  for (const type of types) ids.set(type.name, await putType(transaction, kind, type));
  return ids;
}

async function putType(transaction: Transaction, kind: TypeKindNumber, type: MetadataType): Promise<number> {
  const known = await findTypeId(transaction, kind, type.name);
  if (known !== undefined && (await missingProperties(transaction, known, type)).length === 0) return known;
  await transaction.query("SELECT pg_advisory_xact_lock(hashtext($1), hashtext(current_schema()))", [LOCK]);
  const id = (await findTypeId(transaction, kind, type.name)) ?? (await insertType(transaction, kind, type));
  for (const name of await missingProperties(transaction, id, type)) {
    await transaction.query("INSERT INTO TypeProperty (type_id, name, data_type) VALUES ($1, $2, $3)", [
      id,
      name,
      PropertyTypeNumber[type.properties[name]!],
    ]);
  }
  return id;
}

async function insertType(transaction: Transaction, kind: TypeKindNumber, type: MetadataType): Promise<number> {
  const { rows } = await transaction.query<{ id: number }>(
    "INSERT INTO Type (name, type_kind) VALUES ($1, $2) RETURNING id",
    [type.name, kind],
  );
  const id = rows[0]!.id;
  if (type.baseType !== undefined) {
    const base = await findTypeId(transaction, kind, type.baseType);
    if (base === undefined) throw new Error(`Type ${type.name} has the base type ${type.baseType}, which is not known`);
    await transaction.query("INSERT INTO ParentType (type_id, parent_type_id) VALUES ($1, $2)", [id, base]);
  }
  return id;
}

async function missingProperties(transaction: Transaction, id: number, type: MetadataType): Promise<string[]> {
  const { rows } = await transaction.query<{ name: string; data_type: number }>(
    "SELECT name, data_type FROM TypeProperty WHERE type_id = $1",
    [id],
  );
  const stored = new Map(rows.map((row) => [row.name, row.data_type]));
  return Object.entries(type.properties).flatMap(([name, propertyType]) => {
    const number = stored.get(name);
    if (number === undefined) return [name];
    if (number === PropertyTypeNumber[propertyType]) return [];
    throw new Error(
      `Type ${type.name} declares the property ${name} as ${propertyType}, but ML Metadata holds it with the data type number ${number}`,
    );
  });
}
