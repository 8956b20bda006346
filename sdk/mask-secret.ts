import type { JsonValue } from "./json.ts";
import { getClient } from "./task-scope.ts";

/**
 * Hides a secret that the task has from elsewhere, as Airflow's `mask_secret`: what the task writes after this resolved
 * shows `***` in its place. Connections and variables that the task asks for need no word.
 * @param secret a text, or a list of texts; of an object, what it has under names that sound like secrets
 * @param name what the secret is called; under a name that does not sound like a secret it is none
 */
export async function maskSecret(secret: JsonValue, name?: string): Promise<void> {
  await getClient().maskSecret(secret, name);
}
