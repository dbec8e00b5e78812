/** What a deployment may choose where all names don't fit: shared prefixes, or a tag. Both grant more than the config names, and say so. Pure. */
import { UserMistake } from "../config/context.ts";
import { type Grant, mergeGrants, READERS } from "./grant.ts";
import type { GrantTag } from "./settings.ts";
import { READ_ACTIONS } from "./source-grants.ts";

/** A grant of one secret or parameter by its name, which a wider one may stand for. */
export interface NamedGrant {
  readonly grant: Grant;
  /** Its ARN up to the name. */
  readonly place: string;
  /** As the ARN has it: a parameter's without the slash at its beginning. */
  readonly name: string;
  readonly isParameter: boolean;
}

/** Undefined for every other grant. What register reads of clusters stays as narrow as it is. */
export function asNamed(grant: Grant): NamedGrant | undefined {
  const { actions, functions, reach, resource } = grant;
  if (reach !== "exact" || functions.join() !== READERS.join()) return undefined;
  const isParameter = actions.join() === READ_ACTIONS.ParameterStore.join();
  if (!isParameter && actions.join() !== READ_ACTIONS.SecretsManager.join()) return undefined;
  const mark = isParameter ? ":parameter/" : ":secret:";
  const end = resource.indexOf(mark) + mark.length;
  return { grant, place: resource.slice(0, end), name: resource.slice(end), isParameter };
}

/** In place of everything below a prefix one pattern for each region and account. @throws UserMistake for a prefix with nothing below */
export function widenByPrefixes(grants: readonly Grant[], prefixes: readonly string[]): readonly Grant[] {
  const used = new Set<string>();
  const widened = grants.map((grant) => {
    const named = asNamed(grant);
    const prefix = named === undefined ? undefined : prefixes.find((one) => named.name.startsWith(stemOf(one, named)));
    if (named === undefined || prefix === undefined) return grant;
    used.add(prefix);
    return { ...grant, resource: `${named.place}${stemOf(prefix, named)}*`, reach: "prefix" as const };
  });
  const unused = prefixes.filter(
    (prefix) => !used.has(prefix) && !prefixes.some((other) => other !== prefix && prefix.startsWith(other.slice(0, -1))),
  );
  if (unused.length > 0) {
    throw new UserMistake(
      `context key "grantPrefixes": the config names nothing below ${unused.join(", ")}; leave out what it does not need`,
    );
  }
  return mergeGrants(widened);
}

function stemOf(prefix: string, { isParameter }: NamedGrant): string {
  const stem = prefix.slice(0, -1);
  return isParameter ? stem.replace(/^\//, "") : stem;
}

/**
 * In place of each secret and parameter of the deployment's own account one statement a region, for whatever has the tag. By name stay
 * what another account owns, whose tags are not ours to set, and the credentials of clusters.
 */
export function widenByTag(grants: readonly Grant[], { key, value }: GrantTag): readonly Grant[] {
  const condition = { StringEquals: { [`aws:ResourceTag/${key}`]: value } };
  return mergeGrants(
    grants.map((grant) => {
      const named = asNamed(grant);
      if (named === undefined || !named.place.includes("${AWS::AccountId}") || grant.why.some(({ kind }) => kind === "cluster"))
        return grant;
      return { ...grant, resource: `${named.place}*`, condition, reach: "tag" as const };
    }),
  );
}
