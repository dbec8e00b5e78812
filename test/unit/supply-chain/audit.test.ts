/** npm audit's answers, by the real npm against a registry on this machine: findings fail, and silence is never taken for "nothing found". */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readAudit } from "../../../scripts/supply-chain/audit-report.ts";

const SCRIPT = join(import.meta.dirname, "../../../scripts/supply-chain/audit.ts");
const BULK = "/-/npm/v1/security/advisories/bulk";

let folder: string;
let server: Server;
/** What the registry says next. */
let answer: { readonly status: number; readonly body: string };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "secret-relay-audit-"));
  const project = { name: "audited", version: "1.0.0", dependencies: { planted: "1.0.0" } };
  const lockfile = { lockfileVersion: 3, packages: { "": project, "node_modules/planted": { version: "1.0.0", license: "MIT" } } };
  await writeFile(join(folder, "package.json"), JSON.stringify(project));
  await writeFile(join(folder, "package-lock.json"), JSON.stringify({ ...project, ...lockfile }));
  server = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    response.statusCode = request.url === BULK ? answer.status : 404;
    request.resume().on("end", () => response.end(request.url === BULK ? answer.body : "{}"));
  });
  await new Promise<void>((done) => {
    server.listen(0, "127.0.0.1", done);
  });
});

afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true });
});

async function audit(...args: readonly string[]) {
  const registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  // npm remembers an advisory by its number.
  const cache = await mkdtemp(join(folder, "cache-"));
  const child = spawn(process.execPath, [SCRIPT, folder, ...args], {
    env: { ...process.env, npm_config_registry: registry, npm_config_cache: cache, npm_config_fetch_retries: "0" },
  });
  const printed = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    printed.stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    printed.stderr += chunk.toString();
  });
  const status = await new Promise((done) => {
    child.on("close", done);
  });
  return { status, ...printed };
}

const advisory = (severity: string) => ({
  id: 1,
  url: "https://example.com/advisory",
  title: "it lets anybody in",
  severity,
  vulnerable_versions: "<2.0.0",
  cwe: [],
  cvss: { score: 0, vectorString: null },
});
const found = (severity: string) => JSON.stringify({ planted: [advisory(severity)] });

describe("npm run audit", () => {
  it.each([
    {
      what: "nothing found",
      status: 200,
      body: "{}",
      args: [],
      want: { status: 0, stdout: /^audit: 1 packages, 0 with findings\n$/, stderr: /^$/ },
    },
    {
      what: "a high finding",
      status: 200,
      body: found("high"),
      args: [],
      want: { status: 1, stdout: /^$/, stderr: /^high: planted: it lets anybody in \(<2\.0\.0\) https:\/\/example\.com\/advisory\n/ },
    },
    {
      what: "a critical finding",
      status: 200,
      body: found("critical"),
      args: [],
      want: { status: 1, stdout: /^$/, stderr: /^critical: planted/ },
    },
    {
      what: "a moderate finding",
      status: 200,
      body: found("moderate"),
      args: [],
      want: { status: 0, stdout: /^moderate: planted/, stderr: /^$/ },
    },
    {
      what: "a registry that does not know the question",
      status: 405,
      body: "",
      args: [],
      want: { status: 0, stdout: /^$/, stderr: /^NOT CHECKED/ },
    },
    {
      what: "such a registry, where an answer is required",
      status: 405,
      body: "",
      args: ["--require-answer"],
      want: { status: 1, stdout: /^$/, stderr: /^NOT CHECKED/ },
    },
  ])("$what", async ({ status, body, args, want }) => {
    answer = { status, body };

    const got = await audit(...args);

    expect(got.status).toBe(want.status);
    expect(got.stdout).toMatch(want.stdout);
    expect(got.stderr).toMatch(want.stderr);
  });
});

describe("readAudit", () => {
  it.each([
    ["nothing at all", ""],
    ["npm's error", '{"error":{"code":"ENOLOCK"}}'],
    ["no object", "null"],
    ["a report of no packages", '{"auditReportVersion":2,"vulnerabilities":{},"metadata":{"dependencies":{"total":0}}}'],
    ["an older report", '{"auditReportVersion":1,"vulnerabilities":{},"metadata":{"dependencies":{"total":5}}}'],
  ])("takes %s for no answer", (_what, stdout) => {
    expect(readAudit(stdout)).toMatchObject({ isAnswered: false, isBad: false });
  });
});
