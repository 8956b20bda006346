import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Transform } from "node:stream";

/** A way to a server that can be shut: it stands for the server's being away. */
export interface TcpGate extends AsyncDisposable {
  /** The server's URL, by way of the gate. */
  readonly url: string;
  /** Cuts every connection and refuses new ones. */
  shut(): void;
  open(): void;
  /**
   * From now on every piece of data disappears, and nobody is told, as when a firewall forgets a connection. What was or is
   * connected meanwhile stays so for ever, and is dead; after `open` there are live connections again.
   */
  swallow(): void;
  /** Lets every piece of data wait for so long, in both directions. */
  slow(milliseconds: number): void;
}

export async function createTcpGate(target: string): Promise<TcpGate> {
  const url = new URL(target);
  const [port, host] = [Number(url.port), url.hostname];
  const sockets = new Set<Socket>();
  /** The sockets whose data disappear. */
  const dead = new WeakSet<Socket>();
  let isShut = false;
  let isSwallowing = false;
  let delay = 0;
  const line = (from: Socket) =>
    new Transform({
      transform: (chunk, _encoding, pass) => {
        if (dead.has(from)) pass();
        else if (delay === 0) pass(null, chunk);
        else setTimeout(pass, delay, null, chunk);
      },
    });
  const server = createServer((client) => {
    if (isShut) return void client.destroy();
    const upstream = connect(port, host);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      if (isSwallowing) dead.add(socket);
      socket.setNoDelay(true);
      socket.pipe(line(socket)).pipe(other);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  url.hostname = "127.0.0.1";
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    shut: () => {
      isShut = true;
      cut();
    },
    swallow: () => {
      isSwallowing = true;
      for (const socket of sockets) dead.add(socket);
    },
    open: () => {
      isShut = false;
      isSwallowing = false;
    },
    slow: (milliseconds) => {
      delay = milliseconds;
    },
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
