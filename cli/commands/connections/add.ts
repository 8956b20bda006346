import { DaisyError } from "#core/errors.ts";
import { defineCommand } from "../../command.ts";
import {
  addConnection,
  CONNECTION_FLAGS,
  connectionOfFlags,
  describeConnection,
  partsBesideWhole,
} from "../../connections.ts";
import { UsageError } from "../../parse-arguments.ts";

export const command = defineCommand({
  summary: "Add a connection",
  positionals: [{ name: "conn_id", help: "Connection id" }],
  flags: {
    ...CONNECTION_FLAGS,
    conn_json: { help: "Connection JSON" },
    conn_description: { help: "Connection description" },
  },
  async run({ console, args, flags }) {
    const { conn_uri: uri, conn_json: json, conn_type: type } = flags;
    if (uri === undefined && json === undefined && type === undefined) {
      throw new UsageError(
        "the following arguments are required to add a connection: conn-uri or conn-json or conn-type",
      );
    }
    const beside = uri !== undefined && json !== undefined ? ["conn_json"] : partsBesideWhole(flags);
    if (beside.length > 0) {
      throw new UsageError(
        `the following arguments are not compatible with ${uri === undefined ? "--conn-json" : "--conn-uri"}: ` +
          beside.map((name) => `--${name.replaceAll("_", "-")}`).join(", "),
      );
    }
    const connection = connectionOfFlags(args.conn_id, flags);
    if (!(await addConnection(connection))) throw new DaisyError("CONNECTION_ALREADY_EXISTS", args.conn_id);
    console.print(`Successfully added \`conn_id\`=${args.conn_id} : ${describeConnection(connection)}`);
  },
});
