import { type Database, transaction } from "#core/database/connect.ts";
import { recordEvent } from "#core/database/record-event.ts";
import { deleteVariable, findVariable, listAllVariables, storeVariable } from "#core/database/variables.ts";
import { DaisyError } from "#core/errors.ts";
import { lookUpVariable } from "#core/secrets/lookup.ts";
import { openVariable, sealVariable } from "#core/secrets/sealed-rows.ts";
import type { Console } from "./console.ts";
import { exchangeJson, parseExchange, readExchangeFile, writeExchangeFile } from "./exchange-file.ts";
import { withSecrets } from "./with-secrets.ts";

/** The keys of the stored variables, in order. */
export async function variableKeys(): Promise<string[]> {
  return withSecrets(async (db) => (await listAllVariables(db)).map(({ key }) => key));
}

/** Prints a variable's value, the environment's before the stored one; with `json` only when it is JSON. */
export async function printVariable(
  console: Console,
  key: string,
  { json, defaultValue }: { json: boolean; defaultValue?: string | undefined },
): Promise<void> {
  const value = await withSecrets((db, box) => lookUpVariable(db, box, key));
  if (value === null) {
    if (defaultValue === undefined) throw new DaisyError("VARIABLE_NOT_FOUND", key);
    console.print(defaultValue);
  } else {
    console.print(json ? JSON.stringify(parseJson(key, value)) : value);
  }
}

function parseJson(key: string, value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    throw new DaisyError("VARIABLE_NOT_JSON", key);
  }
}

/** Stores a variable in place of an earlier one. */
export async function setVariable(key: string, value: string, description: string | null = null): Promise<void> {
  await withSecrets(async (db, box) => {
    await storeVariable(db, sealVariable(box, { key, value, description }));
    await recordEvent(db, { event: "cli_variables_set", extra: { key } });
  });
}

/** Deletes a variable; one that is not there is fine, as in Airflow. */
export async function removeVariable(key: string): Promise<void> {
  await withSecrets(async (db) => {
    await deleteVariable(db, key);
    await recordEvent(db, { event: "cli_variables_delete", extra: { key } });
  });
}

export const ACTIONS_ON_EXISTING = ["overwrite", "fail", "skip"] as const;

/** Stores the variables of a JSON file, all or none; values that are no texts are kept as JSON. */
export async function importVariables(
  console: Console,
  file: string,
  onExisting: (typeof ACTIONS_ON_EXISTING)[number] = "overwrite",
): Promise<void> {
  const text = await readExchangeFile(file, "Missing variables file.");
  const entries = Object.entries(parseExchange(file, text, "Invalid variables file."));
  const stored = await withSecrets((db, box) =>
    transaction(db, async (tx) => {
      let count = 0;
      for (const [key, value] of entries) {
        const existing = onExisting === "overwrite" ? undefined : await findVariable(tx, key);
        if (existing !== undefined && onExisting === "fail") {
          throw new DaisyError("IMPORT_FILE", `Failed. These keys: ['${key}'] already exists.`);
        }
        if (existing !== undefined) continue;
        const plain = typeof value === "string" ? value : JSON.stringify(value);
        await storeVariable(tx, sealVariable(box, { key, value: plain }));
        count += 1;
      }
      await recordEvent(tx, { event: "cli_variables_import", extra: { file, count } });
      return count;
    }),
  );
  console.print(`${stored} of ${entries.length} variables successfully updated.`);
}

/** Writes every variable to a JSON file, in the clear; values that are JSON as JSON. */
export async function exportVariables(console: Console, file: string): Promise<void> {
  const values = await withSecrets(async (db: Database, box) =>
    (await listAllVariables(db)).map((row) => [row.key, jsonOrText(openVariable(box, row))] as const),
  );
  const done = `${values.length} variables successfully exported to ${file}`;
  await writeExchangeFile(console, file, exchangeJson(Object.fromEntries(values)), done);
}

/** The parsed value, unless parsing would lose digits of a number. */
function jsonOrText(value: string): unknown {
  try {
    const parsed = JSON.parse(value) as unknown;
    return typeof parsed === "object" || JSON.stringify(parsed) === value ? parsed : value;
  } catch {
    return value;
  }
}
