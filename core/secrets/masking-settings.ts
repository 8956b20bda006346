/** What counts as a secret, as the configuration says; the same for everything in a process. */
export interface MaskingSettings {
  /** `[core] hide_sensitive_var_conn_fields`: whether names decide at all. */
  readonly byName: boolean;
  /** `[core] sensitive_var_conn_names`, in lower case, besides Airflow's own. */
  readonly moreNames: readonly string[];
  /** `[logging] min_length_masked_secret`: shorter ones would blacken every other word. */
  readonly leastLength: number;
}

let settings: MaskingSettings = { byName: true, moreNames: [], leastLength: 5 };

export const maskingSettings = (): MaskingSettings => settings;

export function setMaskingSettings(next: MaskingSettings): void {
  settings = next;
}
