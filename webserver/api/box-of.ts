import { openSecrets } from "#core/secrets/open-secrets.ts";
import type { SecretBox } from "#core/secrets/secret-box.ts";
import type { Call } from "./call.ts";

/** What opens and seals secrets with the server's keys. */
export function boxOf({ server }: Call): SecretBox {
  return openSecrets(server.config);
}
