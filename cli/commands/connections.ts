import { maskExtra, maskText } from "#core/secrets/mask-secrets.ts";
import { defineCommand } from "../command.ts";
import {
  addConnection,
  allConnections,
  CONNECTION_FLAGS,
  connectionOfFlags,
  describeConnection,
  partsBesideWhole,
  removeConnection,
} from "../connections.ts";
import type { Console } from "../console.ts";
import { fancyGrid } from "../fancy-grid.ts";
import { UsageError } from "../parse-arguments.ts";
import { shortRepr } from "../short-repr.ts";

const HEAD = ["Conn Id", "Conn Type", "Host", "Port", "Is Encrypted", "Is Extra Encrypted", "Extra"];

// As in Airflow 1.10, a connection that is there already, or not there to be deleted, is said and no failure:
// scripts that set a machine up rely on it.
export const command = defineCommand({
  summary: "List, add or delete connections; `airflow connections add` and others do the same",
  flags: {
    list: { short: "-l", type: "boolean", help: "List all connections" },
    add: { short: "-a", type: "boolean", help: "Add a connection" },
    delete: { short: "-d", type: "boolean", help: "Delete a connection" },
    conn_id: { help: "Connection id, required to add or delete a connection" },
    ...CONNECTION_FLAGS,
  },
  async run({ console, flags }) {
    const { conn_id: id } = flags;
    if ([flags.list, flags.add, flags.delete].filter(Boolean).length !== 1) {
      throw new UsageError("exactly one of the arguments -l/--list -a/--add -d/--delete is required");
    }
    if (flags.list) return printConnections(console);
    if (flags.delete) {
      if (id === undefined) return complain(console, "required to delete a connection", ["conn_id"]);
      const deleted = await removeConnection(id);
      console.print(`\n\t${deleted ? "Successfully deleted" : "Did not find a connection with"} \`conn_id\`=${id}\n`);
      return 0;
    }
    const whole = flags.conn_uri !== undefined || flags.conn_type !== undefined;
    if (id === undefined || !whole) {
      const missing = [...(id === undefined ? ["conn_id"] : []), ...(whole ? [] : ["conn_uri or conn_type"])];
      return complain(console, "required to add a connection", missing);
    }
    const beside = partsBesideWhole(flags);
    if (beside.length > 0) return complain(console, "not compatible with the --add flag and --conn_uri flag", beside);
    const connection = connectionOfFlags(id, flags);
    const added = await addConnection(connection);
    console.print(
      added
        ? `\n\tSuccessfully added \`conn_id\`=${id} : ${describeConnection(connection)}\n`
        : `\n\tA connection with \`conn_id\`=${id} already exists\n`,
    );
    return 0;
  },
});

function complain(console: Console, what: string, names: readonly string[]): number {
  console.complain(`\n\tThe following args are ${what}: [${names.map((name) => `'${name}'`).join(", ")}]\n`);
  return 1;
}

async function printConnections(console: Console): Promise<number> {
  const rows = (await allConnections()).map((connection) =>
    [
      connection.id,
      connection.type,
      connection.host === null ? null : maskText(connection.host),
      connection.port,
      connection.isEncrypted,
      connection.isExtraEncrypted,
      connection.extra === null ? null : maskExtra(connection.extra),
    ].map(shortRepr),
  );
  console.print(fancyGrid(HEAD, rows));
  return 0;
}
