/** What `npm audit --json` answered, and what follows from it. Pure. */

export interface AuditVerdict {
  /** False: nothing was checked. */
  readonly isAnswered: boolean;
  /** Something is high or critical. */
  readonly isBad: boolean;
  /** For people. */
  readonly lines: readonly string[];
}

interface Vulnerability {
  readonly name: string;
  readonly severity: string;
  /** Advisories, or names of packages through which it comes. */
  readonly via: readonly (string | { readonly title: string; readonly url: string; readonly range: string })[];
}

interface AuditReport {
  readonly vulnerabilities: Readonly<Record<string, Vulnerability>>;
  readonly metadata: { readonly dependencies: { readonly total: number } };
}

const BAD = new Set(["high", "critical"]);

/** Only npm's own report, of version 2, with packages counted in it, is an answer: all else checked nothing. */
export function readAudit(stdout: string): AuditVerdict {
  const report = parse(stdout);
  if (report === undefined) {
    const warning = "NOT CHECKED: the registry has no answer to npm audit; known vulnerabilities would not be seen";
    return { isAnswered: false, isBad: false, lines: [warning] };
  }
  const found = Object.values(report.vulnerabilities);
  const lines = found
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, severity, via }) => {
      const causes = via.map((cause) => (typeof cause === "string" ? `by ${cause}` : `${cause.title} (${cause.range}) ${cause.url}`));
      return `${severity}: ${name}: ${causes.join("; ")}`;
    });
  const isBad = found.some(({ severity }) => BAD.has(severity));
  return {
    isAnswered: true,
    isBad,
    lines: [...lines, `audit: ${report.metadata.dependencies.total} packages, ${found.length} with findings`],
  };
}

function parse(stdout: string): AuditReport | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(stdout);
  } catch {
    // npm that could not start, or died, prints no JSON.
    return undefined;
  }
  const { auditReportVersion, vulnerabilities, metadata } = (answer ?? {}) as Partial<AuditReport> & {
    readonly auditReportVersion?: number;
  };
  if (auditReportVersion !== 2 || vulnerabilities === undefined || metadata === undefined || metadata.dependencies.total === 0)
    return undefined;
  return { vulnerabilities, metadata };
}
