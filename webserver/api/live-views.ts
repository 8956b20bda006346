import type { Response } from "express";
import type { RunChange } from "#core/database/notifications.ts";
import type { ChangeEvent } from "../protocol.ts";

/** A change is sent at once, those that follow it together after this long, so that a busy run costs little. */
const GATHER_MS = 200;
/** A comment keeps proxies from closing a quiet stream, and shows the server that a client has gone. */
const KEEP_ALIVE_MS = 15_000;
/** A client that reads this slowly is let go; it connects again and reads everything anew. */
const MAX_BUFFERED_BYTES = 1_000_000;
const MAX_CLIENTS = 500;

/** The open consoles: tells each, as server-sent events, which DAGs to read again. */
export class LiveViews {
  readonly #clients = new Set<Response>();
  #gathered: Set<string> | undefined;
  /** Whether something gathered concerns more than single DAGs. */
  #everything = false;
  #timer: NodeJS.Timeout | undefined;
  #keepAlive: NodeJS.Timeout | undefined;

  /** Makes a response a stream of events. Returns false when too many are open. */
  open(response: Response): boolean {
    if (this.#clients.size >= MAX_CLIENTS) return false;
    response.writeHead(200, {
      "Content-Type": "text/event-stream; charset=utf-8",
      "Cache-Control": "no-store",
      "X-Accel-Buffering": "no",
    });
    response.write("retry: 1000\nevent: hello\ndata: {}\n\n");
    this.#clients.add(response);
    response.on("close", () => this.#clients.delete(response));
    this.#keepAlive ??= setInterval(() => this.#write(": still here\n\n"), KEEP_ALIVE_MS).unref();
    return true;
  }

  /** Takes the payload of a `daisy_view` notification. */
  notified(payload: string): void {
    const dagId = payload === "" ? undefined : readDagId(payload);
    if (dagId === undefined) this.changedAll();
    else this.#gather(dagId);
  }

  /** Everything may have changed, such as after the connection to the database was lost. */
  changedAll(): void {
    this.#everything = true;
    this.#gather(undefined);
  }

  /** Ends all streams. */
  close(): void {
    clearInterval(this.#keepAlive);
    clearTimeout(this.#timer);
    for (const client of this.#clients) client.end();
    this.#clients.clear();
  }

  #gather(dagId: string | undefined): void {
    this.#gathered ??= new Set();
    if (dagId !== undefined) this.#gathered.add(dagId);
    if (this.#timer === undefined) this.#send();
  }

  #send(): void {
    this.#timer = undefined;
    if (this.#gathered === undefined) return;
    const change: ChangeEvent = { dag_ids: this.#everything ? [] : [...this.#gathered] };
    this.#gathered = undefined;
    this.#everything = false;
    this.#write(`event: change\ndata: ${JSON.stringify(change)}\n\n`);
    this.#timer = setTimeout(() => this.#send(), GATHER_MS).unref();
  }

  #write(text: string): void {
    for (const client of this.#clients) {
      if (client.writableLength > MAX_BUFFERED_BYTES) client.destroy();
      else client.write(text);
    }
  }
}

function readDagId(payload: string): string | undefined {
  try {
    return (JSON.parse(payload) as RunChange).dagId;
  } catch {
    return undefined;
  }
}
