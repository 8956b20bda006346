import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** A mail as it came over the wire. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and body. */
  readonly text: string;
  /** `login:password`, or null. */
  readonly login: string | null;
}

export interface SmtpSink extends AsyncDisposable {
  readonly port: number;
  readonly mails: readonly ReceivedMail[];
  /** Connections that were made. */
  readonly connections: number;
  /** Resolves when so many mails have come. */
  untilMails(count: number): Promise<void>;
}

/** An SMTP server that takes every mail, without encryption; the first connections are broken off when told so. */
export async function startSmtpSink({ breakFirst = 0 } = {}): Promise<SmtpSink> {
  const mails: ReceivedMail[] = [];
  let connections = 0;
  let tell = () => {};
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    connections += 1;
    if (connections <= breakFirst) return void socket.destroy();
    talk(socket, (mail) => {
      mails.push(mail);
      tell();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    mails,
    get connections() {
      return connections;
    },
    async untilMails(count) {
      while (mails.length < count) {
        await new Promise<void>((resolve) => {
          tell = resolve;
        });
      }
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function talk(socket: Socket, onMail: (mail: ReceivedMail) => void): void {
  let from = "";
  let to: string[] = [];
  let login: string | null = null;
  let data: string[] | undefined;
  let partial = "";
  const say = (line: string) => socket.write(`${line}\r\n`);
  const hear = (line: string) => {
    if (data !== undefined) {
      if (line !== ".") return void data.push(line.replace(/^\.\./, "."));
      onMail({ from, to, text: data.join("\n"), login });
      data = undefined;
      to = [];
      return say("250 taken");
    }
    const [command = "", ...rest] = line.split(" ");
    const address = /<(.*)>/.exec(line)?.[1] ?? "";
    if (/^EHLO/i.test(command)) return void socket.write("250-sink\r\n250 AUTH PLAIN\r\n");
    if (/^AUTH/i.test(command)) {
      login = Buffer.from(rest[1] ?? "", "base64")
        .toString()
        .split("\0")
        .slice(1)
        .join(":");
      return say("235 welcome");
    }
    if (/^MAIL/i.test(command)) from = address;
    if (/^RCPT/i.test(command)) {
      if (address.startsWith("nobody@")) return say("550 there is nobody here");
      to.push(address);
    }
    if (/^DATA/i.test(command)) {
      data = [];
      return say("354 go on");
    }
    if (/^QUIT/i.test(command)) return void socket.end("221 bye\r\n");
    say("250 fine");
  };
  socket.setEncoding("utf8");
  socket.on("error", () => undefined);
  socket.on("data", (chunk: string) => {
    const lines = (partial + chunk).split("\r\n");
    partial = lines.pop()!;
    for (const line of lines) hear(line);
  });
  say("220 sink");
}
