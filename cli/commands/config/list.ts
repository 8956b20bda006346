import { renderValue } from "#core/config/airflow-cfg.ts";
import { loadConfig } from "#core/config/load.ts";
import { OPTIONS, type Option } from "#core/config/options.ts";
import { maskText } from "#core/secrets/mask-secrets.ts";
import { defineCommand } from "../../command.ts";

export const command = defineCommand({
  summary: "List options for the configuration; what is secret is not shown",
  async run({ console }) {
    const config = await loadConfig();
    const values = config as unknown as Record<string, Record<string, string | number | boolean>>;
    for (const [section, options] of Object.entries(OPTIONS)) {
      console.print(`[${section}]`);
      for (const [key, option] of Object.entries(options as Record<string, Option>)) {
        const value = renderValue(values[section]![key]!, config.home);
        console.print(`${key} = ${option.sensitive && value !== "" ? "< hidden >" : maskText(value)}`);
      }
      console.print();
    }
  },
});
