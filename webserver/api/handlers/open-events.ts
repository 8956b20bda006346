import { ApiError } from "../api-error.ts";
import type { Handler } from "../call.ts";

/** Server-sent events: `hello` when the stream is open, `change` with a ChangeEvent. */
export const openEvents: Handler = async ({ server, response }) => {
  if (!server.liveViews.open(response)) throw new ApiError(503, "Too many consoles are open");
  return undefined;
};
