import type { Database } from "#core/database/connect.ts";
import { openSecrets } from "#core/secrets/open-secrets.ts";
import type { SecretBox } from "#core/secrets/secret-box.ts";
import { withDatabase } from "./services.ts";

/** Does something with the database and what it holds encrypted, for a command that ends soon after. */
export function withSecrets<T>(work: (db: Database, box: SecretBox) => Promise<T>): Promise<T> {
  return withDatabase((db, config) => work(db, openSecrets(config)));
}
