import { maskExtra, maskText } from "#core/secrets/mask-secrets.ts";
import { MASK } from "#core/secrets/sensitive-names.ts";
import { defineCommand } from "../../command.ts";
import { allConnections, connectionCells, type OpenedConnection } from "../../connections.ts";
import { OUTPUT_FLAG, printRows } from "../../output.ts";

export const command = defineCommand({
  summary: "List the connections; secrets are masked, `connections get` shows them",
  flags: {
    output: OUTPUT_FLAG,
    conn_id: { help: "Only the connection of this id" },
  },
  async run({ console, flags }) {
    const connections = await allConnections();
    const rows = connections.filter(({ id }) => flags.conn_id === undefined || id === flags.conn_id).map(maskedCells);
    printRows(console, rows, flags.output);
  },
});

function maskedCells(connection: OpenedConnection) {
  const extra = connection.extra === null ? null : maskExtra(connection.extra);
  const cells = connectionCells({ ...connection, extra });
  return {
    ...cells,
    host: cells.host === null ? null : maskText(cells.host),
    password: cells.password === null ? null : MASK,
    get_uri: maskText(cells.get_uri),
  };
}
