#!/usr/bin/env node
/** Starts the command line, on whatever Node ≥ 20 is there: an older one than 24 runs it by the Node 24 that `npm ci` brought. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { isatty } from "node:tty";
import { fileURLToPath } from "node:url";

const main = new URL("../src/cli/main.ts", import.meta.url);

if (Number.parseInt(process.versions.node, 10) >= 24 && process.features.typescript) {
  const { runProcess } = await import(main.href);
  await runProcess();
} else {
  const node = findNode();
  if (node === undefined) {
    process.stderr.write(`error: Node ${process.versions.node} can't run this; install the Node 24 that comes with the project: npm ci\n`);
    process.exitCode = 1;
  } else {
    runWith(node);
  }
}

function findNode() {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve("node/package.json"));
    return ["bin/node", "bin/node.exe"].map((path) => join(folder, path)).find(existsSync);
  } catch {
    // The package is not installed; the caller says what to do.
    return undefined;
  }
}

function runWith(node) {
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: "inherit" });
  // A terminal sends Ctrl-C to both; passed on as well, it would count as two.
  const hasTerminal = [0, 1, 2].some((fd) => isatty(fd));
  const forwarders = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"].map((signal) => {
    const forward = () => {
      if (signal !== "SIGINT" || !hasTerminal) child.kill(signal);
    };
    process.on(signal, forward);
    return () => process.off(signal, forward);
  });
  child.on("error", () => {
    process.stderr.write(`error: can't run ${node}; install it again: npm ci\n`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    for (const stop of forwarders) stop();
    process.exitCode = code ?? 128 + constants.signals[signal];
    // So that whoever waits for this process sees the same end.
    if (signal !== null) process.kill(process.pid, signal);
  });
}
