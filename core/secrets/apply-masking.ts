import { type AirflowConfig, OPTIONS, type Option } from "../config/options.ts";
import { ownSecrets } from "./mask-secrets.ts";
import { setMaskingSettings } from "./masking-settings.ts";

/** Masks from now on as the configuration says, its own sensitive options included. */
export function applyMasking(config: AirflowConfig): void {
  setMaskingSettings({
    byName: config.core.hide_sensitive_var_conn_fields,
    moreNames: readNames(config.core.sensitive_var_conn_names),
    leastLength: config.logging.min_length_masked_secret,
  });
  const values = config as unknown as Record<string, Record<string, unknown>>;
  for (const [section, options] of Object.entries(OPTIONS)) {
    for (const [key, option] of Object.entries(options as Record<string, Option>)) {
      if (option.sensitive) ownSecrets.add(values[section]![key]);
    }
  }
  ownSecrets.add(config.core.fernet_key.split(",").map((key) => key.trim()));
}

function readNames(text: string): string[] {
  const names = text.split(",").map((name) => name.trim().toLowerCase());
  return names.filter((name) => name !== "");
}
