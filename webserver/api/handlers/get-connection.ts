import type { ConnectionAnswer } from "../../protocol.ts";
import { boxOf } from "../box-of.ts";
import type { Handler } from "../call.ts";
import { connectionOf } from "../find-or-404.ts";
import { showConnection } from "../show/show-connection.ts";

export const getConnection: Handler = async (call): Promise<ConnectionAnswer> =>
  showConnection(boxOf(call), await connectionOf(call));
