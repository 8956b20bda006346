import { renderValue } from "#core/config/airflow-cfg.ts";
import { loadConfig } from "#core/config/load.ts";
import { DaisyError } from "#core/errors.ts";
import { defineCommand } from "../../command.ts";

export const command = defineCommand({
  summary: "Print the value of an option",
  positionals: [
    { name: "section", help: "The section name" },
    { name: "option", help: "The option name" },
  ],
  async run({ console, args }) {
    const config = await loadConfig();
    const section = (config as unknown as Record<string, Record<string, string | number | boolean>>)[args.section];
    const value = typeof section === "object" ? section[args.option] : undefined;
    if (value === undefined) throw new DaisyError("CONFIG_OPTION_NOT_FOUND", args.section, args.option);
    console.print(renderValue(value, config.home));
  },
});
