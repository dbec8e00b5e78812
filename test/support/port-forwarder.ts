/** A port that is known before what it leads to: connections are passed on to an endpoint that is set later. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface PortForwarder {
  readonly endpoint: string;
  /** An HTTP endpoint; connections that come while there is none are closed. */
  target: string | undefined;
  /** Breaks all connections that are open. */
  readonly closeAll: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Listens on a free port of loopback. */
export async function startPortForwarder(): Promise<PortForwarder> {
  const sockets = new Set<Socket>();
  let target: string | undefined;
  const server = createServer((socket) => {
    if (target === undefined) {
      socket.destroy();
      return;
    }
    const { hostname, port } = new URL(target);
    const upstream = connect(Number(port), hostname);
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      // What breaks on one side breaks on the other.
      one.on("error", () => other.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get target() {
      return target;
    },
    set target(next) {
      target = next;
    },
    closeAll: async () => {
      const open = [...sockets];
      await Promise.all(
        open.map(async (socket) => {
          socket.destroy();
          if (!socket.closed) await once(socket, "close");
        }),
      );
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
