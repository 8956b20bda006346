import type { ConnectionResult } from "./client.ts";
import { readExtra } from "./operators/connection-extra.ts";

export interface Mail {
  readonly to: readonly string[];
  readonly cc?: readonly string[];
  readonly bcc?: readonly string[];
  /** @default the connection's `from_email` */
  readonly from?: string;
  readonly subject: string;
  readonly html: string;
  /** Paths of files to attach. */
  readonly files?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Addresses written with commas or semicolons between them, as Airflow reads them. */
export function readAddresses(given: string | readonly string[] | undefined): string[] {
  return [given ?? []]
    .flat()
    .flatMap((text) => text.split(/[,;]/))
    .map((address) => address.trim())
    .filter((address) => address !== "");
}

const DEFAULT_TIMEOUT_SECONDS = 30;
const DEFAULT_TRIES = 5;
const SSL_PORT = 465;
const PLAIN_PORT = 25;
/** What nodemailer says when the connection could not be made, or broke: another try may help. */
const CONNECTION_TROUBLE = new Set(["ECONNECTION", "ESOCKET", "ETIMEDOUT", "EDNS"]);

/**
 * Sends a mail by a connection of type smtp, as Airflow's SmtpHook reads it: encrypted from the start unless its extra
 * says `disable_ssl`, and otherwise after STARTTLS unless it says `disable_tls`. Certificates are checked. Tries again
 * when the connection breaks; throws when the server refuses the mail.
 */
export async function sendMail(connection: ConnectionResult, mail: Mail, signal?: AbortSignal): Promise<void> {
  const { createTransport } = await import("nodemailer");
  const extra = readExtra(connection);
  const { host, login, password } = connection;
  const secure = extra.disable_ssl !== true;
  const milliseconds = Number(extra.timeout ?? DEFAULT_TIMEOUT_SECONDS) * 1_000;
  const transport = createTransport({
    host: host || "localhost",
    port: connection.port ?? (secure ? SSL_PORT : PLAIN_PORT),
    secure,
    requireTLS: !secure && extra.disable_tls !== true,
    ignoreTLS: extra.disable_tls === true,
    connectionTimeout: milliseconds,
    greetingTimeout: milliseconds,
    socketTimeout: milliseconds,
    ...(login && { auth: { user: login, pass: password ?? "" } }),
    disableUrlAccess: true,
  });
  const stop = () => transport.close();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const { to, cc, bcc, subject, html, headers } = mail;
    const from = mail.from ?? (typeof extra.from_email === "string" ? extra.from_email : login);
    if (!from)
      throw new Error(`Connection "${connection.id}" names no from_email in its extra, and the mail no sender`);
    const attachments = (mail.files ?? []).map((path) => ({ path }));
    const message = {
      from,
      to: [...to],
      cc: [...(cc ?? [])],
      bcc: [...(bcc ?? [])],
      subject,
      html,
      headers,
      attachments,
    };
    await tryAgain(Number(extra.retry_limit ?? DEFAULT_TRIES), () => {
      signal?.throwIfAborted();
      return transport.sendMail(message);
    });
  } finally {
    signal?.removeEventListener("abort", stop);
    transport.close();
  }
}

async function tryAgain(tries: number, send: () => Promise<unknown>): Promise<void> {
  for (let done = 1; ; done++) {
    try {
      await send();
      return;
    } catch (error) {
      if (done >= tries || !CONNECTION_TROUBLE.has((error as { code?: string }).code ?? "")) throw error;
    }
  }
}
