import { EventEmitter, once } from "node:events";
import type { Database } from "#core/database/connect.ts";
import { isParsingFinished, requestParsing } from "#core/database/parsing-requests.ts";

/** Asks the scheduler to parse files at once. */
export class ParseRequests {
  readonly #finished = new EventEmitter().setMaxListeners(0);

  /** Takes the payload of a `daisy_parsed` notification: the request's id. */
  notified(id: string): void {
    this.#finished.emit(id);
  }

  /**
   * Asks for a file to be parsed and waits until it has been.
   * @returns false when that took longer than `timeoutMs`; the scheduler then parses it when it can
   */
  async parse(db: Database, relativeFileloc: string, timeoutMs: number): Promise<boolean> {
    const id = await requestParsing(db, relativeFileloc);
    const timeout = AbortSignal.timeout(timeoutMs);
    const told = once(this.#finished, id, { signal: timeout }).then(
      () => true,
      () => false,
    );
    // It may have finished before the listener was there, or while the connection for notifications was down.
    if (await isParsingFinished(db, id)) return true;
    return (await told) || isParsingFinished(db, id);
  }
}
