/** The names of secrets by ListSecrets: a hint of what there is, up to five minutes old. */
import { type Filter, ListSecretsCommand, type SecretsManagerClient, type Tag } from "@aws-sdk/client-secrets-manager";
import type { SecretQuery } from "../../core/ports.ts";

/** ListSecrets' limit: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html */
const PAGE_SIZE = 100;

/** What a filter's value may be, but for the `!` that would negate it. */
const FILTERED = /^[a-zA-Z0-9 :_@/+=.-][a-zA-Z0-9 :_@/+=.!-]{0,511}$/;
/** A call takes ten filters: one for the name, and two for each tag. */
const FILTERED_TAGS = 4;

/**
 * The service compares tags by their beginnings, and a key with no regard to its own value: so both are compared here once more, which
 * serves the tags that no filter can name too. Secrets that are marked for deletion are not shown.
 */
export async function listSecretNames(client: SecretsManagerClient, { prefix, tags = {} }: SecretQuery): Promise<readonly string[]> {
  const wanted = Object.entries(tags);
  const filtered = wanted.filter(([key, value]) => FILTERED.test(key) && FILTERED.test(value)).slice(0, FILTERED_TAGS);
  const Filters = [
    ...(FILTERED.test(prefix) ? [filterOf("name", prefix)] : []),
    ...filtered.flatMap(([key, value]) => [filterOf("tag-key", key), filterOf("tag-value", value)]),
  ];
  const names: string[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(new ListSecretsCommand({ Filters, MaxResults: PAGE_SIZE, NextToken: token }));
    for (const { Name, Tags = [] } of page.SecretList ?? []) if (Name !== undefined && isTagged(Tags, wanted)) names.push(Name);
    token = page.NextToken;
  } while (token !== undefined);
  return names;
}

function filterOf(key: NonNullable<Filter["Key"]>, value: string): Filter {
  return { Key: key, Values: [value] };
}

function isTagged(tags: readonly Tag[], wanted: readonly (readonly [key: string, value: string])[]): boolean {
  return wanted.every(([key, value]) => tags.some(({ Key, Value }) => Key === key && Value === value));
}
