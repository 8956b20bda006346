import { isIPv4 } from "node:net";
import type { NextFunction, Request, Response } from "express";
import { ApiError } from "./api-error.ts";

const SECURITY_HEADERS = {
  // React and the graph set styles through the DOM, which this policy allows; style attributes in markup it does not.
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
} as const;

/** Headers that keep a browser from loading, framing or guessing what it should not. */
export function setSecurityHeaders(_request: Request, response: Response, next: NextFunction): void {
  response.set(SECURITY_HEADERS);
  next();
}

/** Whether only programs on this machine can connect to an address. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  return bare === "localhost" || bare === "::1" || (isIPv4(bare) && bare.startsWith("127."));
}

/**
 * Refuses requests whose Host is no name of this machine. A page of another site whose name was rebound to 127.0.0.1
 * could otherwise read and steer a console that asks for no login.
 * @param baseUrl `[webserver] base_url`, whose host is allowed too
 */
export function checkHost(baseUrl: string) {
  const named = URL.canParse(baseUrl) ? new URL(baseUrl).hostname : "";
  return (request: Request, _response: Response, next: NextFunction): void => {
    const name = hostName(request.headers.host);
    if (name === undefined || !(isLoopback(name) || name === named)) {
      throw new ApiError(
        403,
        `The host "${name ?? ""}" is not a name of this machine; to reach the console under it, set [webserver] base_url`,
      );
    }
    next();
  };
}

function hostName(host: string | undefined): string | undefined {
  return host !== undefined && URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : undefined;
}

/**
 * Refuses requests that change something and that a page of another site could have sent: the browser says where a
 * request comes from, and a form cannot send JSON. Programs that are no browsers say nothing and pass.
 */
export function checkOrigin(request: Request, _response: Response, next: NextFunction): void {
  if (request.method !== "GET" && request.method !== "HEAD") {
    if (isForeign(request))
      throw new ApiError(403, "Requests that change something have to come from the console itself");
    if ((request.method === "POST" || hasBody(request)) && !saysJson(request)) {
      throw new ApiError(415, "Requests that change something have to send Content-Type: application/json");
    }
  }
  next();
}

function isForeign({ headers: { origin, host, "sec-fetch-site": site } }: Request): boolean {
  if (site !== undefined && site !== "same-origin" && site !== "none") return true;
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host);
}

function hasBody({ headers }: Request): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function saysJson({ headers }: Request): boolean {
  return (headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase() === "application/json";
}
