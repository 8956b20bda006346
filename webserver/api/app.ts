import express, { type Express, type NextFunction, type Request, type Response } from "express";
import { absenceOf } from "#core/absence.ts";
import { DaisyError } from "#core/errors.ts";
import { isServerAway } from "#core/passing-errors.ts";
import { jsonWithoutPasswords, maskSecrets, maskText } from "#core/secrets/mask-secrets.ts";
import type { ErrorAnswer } from "../protocol.ts";
import { ApiError } from "./api-error.ts";
import type { Query, Server } from "./call.ts";
import { serveConsole } from "./console-files.ts";
import { checkHost, checkOrigin, setSecurityHeaders } from "./guard.ts";
import { ROUTES, type Route } from "./routes.ts";

/** Trigger configurations are small; whatever is larger is a mistake. */
const MAX_BODY = "1mb";

/** The server's application: the guard, the table of routes, the console's files, and errors as JSON. */
export function createApp(server: Server): Express {
  const app = express();
  app.disable("x-powered-by");
  app.use(logRequests(server), setSecurityHeaders, checkHost(server.config.webserver.base_url), checkOrigin);
  app.use(express.json({ limit: MAX_BODY, strict: false }));
  for (const route of ROUTES) addRoute(app, route, server);
  refuseOtherMethods(app);
  app.use(["/api", "/ui"], () => {
    throw new ApiError(404, "Not Found");
  });
  app.use(serveConsole());
  app.use(answerError(server));
  return app;
}

function logRequests({ log }: Server) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const start = performance.now();
    response.once("close", () => {
      const took = Math.round(performance.now() - start);
      log.debug(`${request.method} ${request.path} ${response.statusCode} in ${took} ms`);
    });
    next();
  };
}

function addRoute(app: Express, { method, path, handle }: Route, server: Server): void {
  const name = method.toLowerCase() as Lowercase<typeof method>;
  app[name](path, async (request: Request, response: Response) => {
    const params = request.params as Record<string, string>;
    checkNames(params);
    const query = request.query as Query;
    const answer = await handle({ server, params, query, body: request.body as unknown, request, response });
    if (response.headersSent) return;
    response.set("Cache-Control", "no-store").type("json").send(jsonWithoutPasswords(answer));
  });
}

/** PostgreSQL refuses texts with NUL; nothing can have such a name. */
function checkNames(params: Readonly<Record<string, string>>): void {
  if (Object.values(params).some((name) => name.includes("\0"))) throw new ApiError(404, "Not Found");
}

function refuseOtherMethods(app: Express): void {
  for (const path of new Set(ROUTES.map((route) => route.path))) {
    const allowed = ROUTES.filter((route) => route.path === path).map((route) => route.method);
    app.all(path, (_request, response) => {
      response.set("Allow", allowed.join(", "));
      throw new ApiError(405, "Method Not Allowed");
    });
  }
}

function answerError(server: Server) {
  const database = absenceOf(server.log, "The database");
  return (error: unknown, request: Request, response: Response, _next: NextFunction): void => {
    const told = describe(error);
    const { status, detail } = told;
    if (told === DATABASE_AWAY) database.failed(error);
    // A request that the stop cut off is no bug.
    else if (status >= 500 && !server.signal.aborted)
      server.log.error(`${request.method} ${request.path} failed`, error);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (told === DATABASE_AWAY) response.set("Retry-After", "1");
    response.status(status).json({ detail: maskDetail(detail) } satisfies ErrorAnswer);
  };
}

/** What was sent comes back in complaints, and a server's own trouble may name what only it knows. */
function maskDetail(detail: ErrorAnswer["detail"]): ErrorAnswer["detail"] {
  if (typeof detail === "string") return maskText(detail);
  return detail.map((error) => ({ ...error, input: maskSecrets(error.input, String(error.loc.at(-1))) }));
}

interface Told {
  readonly status: number;
  readonly detail: ErrorAnswer["detail"];
}

/** Nobody's mistake: the same request may be answered soon. */
const DATABASE_AWAY: Told = { status: 503, detail: "The database does not answer" };

/** What the client is told: our own errors in full, anything else without its inside. */
function describe(error: unknown): Told {
  if (error instanceof ApiError) return error;
  if (error instanceof DaisyError) return { status: error.httpStatus, detail: error.message };
  // Express's own, such as a body that is no JSON or a path that cannot be decoded.
  const { status, expose, type, message } = error as {
    status?: number;
    expose?: boolean;
    type?: string;
    message?: string;
  };
  if (type === "entity.parse.failed") {
    return {
      status: 422,
      detail: [{ type: "json_invalid", loc: ["body"], msg: `JSON decode error: ${message}`, input: {} }],
    };
  }
  if (typeof status === "number" && status < 500 && (expose || error instanceof URIError)) {
    return { status, detail: message ?? "Bad Request" };
  }
  return isServerAway(error) ? DATABASE_AWAY : { status: 500, detail: "Internal Server Error" };
}
