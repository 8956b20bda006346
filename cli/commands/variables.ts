import { defineCommand } from "../command.ts";
import { UsageError } from "../parse-arguments.ts";
import {
  exportVariables,
  importVariables,
  printVariable,
  removeVariable,
  setVariable,
  variableKeys,
} from "../variables.ts";

export const command = defineCommand({
  summary: "List, get, set, delete, import or export variables; `airflow variables get` and others do the same",
  positionals: [{ name: "val", help: "The value, after -s KEY", optional: true }],
  flags: {
    set: { short: "-s", value: "KEY VAL", help: "Set a variable" },
    get: { short: "-g", value: "KEY", help: "Get the value of a variable" },
    json: { short: "-j", type: "boolean", help: "Deserialize a JSON variable" },
    default: { short: "-d", value: "VAL", help: "Default value returned if the variable does not exist" },
    import: { short: "-i", value: "FILEPATH", help: "Import variables from a JSON file" },
    export: { short: "-e", value: "FILEPATH", help: "Export variables to a JSON file" },
    delete: { short: "-x", value: "KEY", help: "Delete a variable" },
  },
  async run({ console, args, flags }) {
    if ((flags.set === undefined) !== (args.val === undefined)) {
      throw new UsageError(
        args.val === undefined ? "argument -s/--set: expected 2 arguments" : `unrecognized arguments: ${args.val}`,
      );
    }
    if (flags.get !== undefined) {
      await printVariable(console, flags.get, { json: flags.json, defaultValue: flags.default });
    }
    if (flags.delete !== undefined) await removeVariable(flags.delete);
    if (flags.set !== undefined) await setVariable(flags.set, args.val!);
    if (flags.import !== undefined) await importVariables(console, flags.import);
    if (flags.export !== undefined) await exportVariables(console, flags.export);
    const asked = [flags.get, flags.delete, flags.set, flags.import, flags.export];
    if (asked.every((flag) => flag === undefined)) for (const key of await variableKeys()) console.print(key);
  },
});
