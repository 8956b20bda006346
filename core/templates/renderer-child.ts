// The process in which templates are rendered: no environment, no files, no network, only the channel to its parent.
// It is given this code as text (renderer.ts), because loading source takes authority that it must not have.
import type { RenderRequest } from "./protocol.ts";
import { render } from "./render.ts";

process.on("message", (request: RenderRequest) => {
  process.send!(render(request));
});
process.on("disconnect", () => process.exit(0));
process.send!("ready");
