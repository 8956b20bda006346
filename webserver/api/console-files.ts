import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import express, { Router } from "express";

const FOLDER = fileURLToPath(new URL("../console/dist/", import.meta.url));
const NOT_BUILT = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Daisy</title>
<h1>The console is not built</h1>
<p>The server runs, and its API answers under <a href="/api/v2/version">/api/v2</a>, but the console's files are missing.
Build them in Daisy's folder with <code>npx vite build webserver/console</code>, then load this page again.</p>
</html>`;

/** Serves the console as it was built; paths that are no file are the console's own pages. */
export function serveConsole(): Router {
  const router = Router();
  // Built files carry a hash of their content in their names.
  router.use("/static", express.static(`${FOLDER}static`, { immutable: true, maxAge: "1y", fallthrough: false }));
  router.use(express.static(FOLDER, { index: false }));
  router.get("/{*page}", (_request, response) => {
    if (existsSync(`${FOLDER}index.html`)) {
      response.set("Cache-Control", "no-cache").sendFile("index.html", { root: FOLDER });
    } else {
      response.status(503).type("html").send(NOT_BUILT);
    }
  });
  return router;
}
