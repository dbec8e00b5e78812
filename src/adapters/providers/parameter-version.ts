/** How versions of a parameter are named: in a reference, in a call, and as the id that targets are known to hold. */
import type { Parameter } from "@aws-sdk/client-ssm";

/**
 * The id of a version: its number, and when it was made. A parameter that is deleted and made again counts from 1 once more, and
 * without the time its new first version would pass for the old one, for ever (rule 1).
 */
export function versionIdOf({ Version, LastModifiedDate }: Parameter): string {
  return `${Version}.${LastModifiedDate?.getTime() ?? 0}`;
}

/** What GetParameter calls the version of a reference: `name`, `name:<LABEL>` or `name:<NUMBER>`; undefined for an id that can be none. */
export function selectorOf(key: string, version: string): string | undefined {
  if (version.startsWith("label/")) return `${key}:${version.slice("label/".length)}`;
  if (!version.startsWith("id/")) return key;
  const number = /^id\/(\d+)(?:\.\d+)?$/.exec(version)?.[1];
  return number === undefined ? undefined : `${key}:${number}`;
}

/** Whether a parameter is the version that an id names; a number alone means whichever version has it now. */
export function isVersion(parameter: Parameter, version: string): boolean {
  return !/^id\/\d+\.\d+$/.test(version) || version === `id/${versionIdOf(parameter)}`;
}
