/** The partitions of AWS, as far as their hosts' names differ. */

const SUFFIXES: readonly (readonly [RegExp, string])[] = [
  [/^cn-/, "amazonaws.com.cn"],
  [/^us-iso-/, "c2s.ic.gov"],
  [/^us-isob-/, "sc2s.sgov.gov"],
  [/^us-isof-/, "csp.hci.ic.gov"],
  [/^eu-isoe-/, "cloud.adc-e.uk"],
  [/^eusc-/, "amazonaws.eu"],
];

/** The regional host of STS; us-gov's has the common suffix. */
export function stsHost(region: string): string {
  const suffix = SUFFIXES.find(([pattern]) => pattern.test(region))?.[1] ?? "amazonaws.com";
  return `sts.${region}.${suffix}`;
}
