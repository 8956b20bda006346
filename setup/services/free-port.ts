import { readFile } from "node:fs/promises";
import { createServer } from "node:net";

/** A TCP port that is free on loopback now. */
export async function freePort(): Promise<number> {
  return (await tryPort(0, "127.0.0.1"))!;
}

/** The port that a file remembers when it is free, or any free one. */
export async function preferredPort(file: string): Promise<number> {
  const remembered = Number(await readFile(file, "utf8").catch(() => "0"));
  const usable = remembered > 0 && (await isPortFree(remembered, "127.0.0.1"));
  return usable ? remembered : freePort();
}

/** Whether a server could listen there now. */
export async function isPortFree(port: number, host: string): Promise<boolean> {
  return (await tryPort(port, host)) !== undefined;
}

/** Listens and stops again; the port, or undefined when another program has it. */
function tryPort(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : port));
    });
  });
}
