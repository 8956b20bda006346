import { requestParsing } from "#core/database/parsing-requests.ts";
import { ApiError } from "../api-error.ts";
import type { Handler } from "../call.ts";

/** Asks for a file to be parsed soon, and does not wait for it. */
export const parseDagFile: Handler = async ({ server, params, response }) => {
  const file = server.fileTokens.read(params.fileToken!);
  if (file === undefined) throw new ApiError(404, "File not found");
  await requestParsing(server.db, file);
  response.status(201);
  return null;
};
