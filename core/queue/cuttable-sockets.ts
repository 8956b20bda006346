import { Socket } from "node:net";
import { isUnanswered } from "#core/database/connection-watch.ts";

/**
 * The sockets under BullMQ's connections to PostgreSQL. Most of what is silent there is waiting: the connection that hears
 * of new jobs may hear nothing for hours. So when a statement is not answered in time, all of them count as dead.
 */
export function cuttableSockets() {
  const sockets = new Set<Socket>();
  return {
    /** Makes one more, for `pg` to connect. */
    create(): Socket {
      const socket = new Socket();
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      return socket;
    },
    /** Takes an error that BullMQ reports. */
    heard(error: unknown): void {
      if (!isUnanswered(error)) return;
      for (const socket of sockets) socket.destroy(new Error("Connection terminated: the broker has been silent"));
    },
  };
}
