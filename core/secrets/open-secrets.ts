import type { AirflowConfig } from "../config/options.ts";
import { readSecretsBackend } from "./backends/read-backend.ts";
import { createSecretBox, type SecretBox } from "./secret-box.ts";

/** What opens and seals secrets as the configuration says: with its keys, and with its backend beside them. */
export function openSecrets({ core, secrets }: AirflowConfig): SecretBox {
  return createSecretBox(core.fernet_key, readSecretsBackend(secrets.backend, secrets.backend_kwargs));
}
