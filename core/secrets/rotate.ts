import { type Database, transaction } from "../database/connect.ts";
import { listAllConnections, storeConnection } from "../database/connections.ts";
import { listAllVariables, storeVariable } from "../database/variables.ts";
import { openConnection, openVariable, sealConnection, sealVariable } from "./sealed-rows.ts";
import type { SecretBox } from "./secret-box.ts";

/**
 * Encrypts every stored variable and connection anew with the first key, also those stored before there was a key.
 * All or nothing: when one cannot be decrypted, none changes.
 */
export async function rotateSecrets(db: Database, box: SecretBox): Promise<{ variables: number; connections: number }> {
  return transaction(db, async (tx) => {
    const variables = await listAllVariables(tx, { lock: true });
    for (const row of variables) await storeVariable(tx, sealVariable(box, { ...row, value: openVariable(box, row) }));
    const connections = await listAllConnections(tx, { lock: true });
    for (const row of connections) await storeConnection(tx, sealConnection(box, openConnection(box, row)));
    return { variables: variables.length, connections: connections.length };
  });
}
