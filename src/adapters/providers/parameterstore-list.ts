/** The names of parameters: below a hierarchy by GetParametersByPath, by tags by DescribeParameters. No value is decrypted or kept. */
import { DescribeParametersCommand, GetParametersByPathCommand, type ParameterStringFilter, type SSMClient } from "@aws-sdk/client-ssm";
import type { SecretQuery } from "../../core/ports.ts";

/** Limits of the two calls: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html */
const BY_PATH_PAGE_SIZE = 10;
const DESCRIBE_PAGE_SIZE = 50;

/** Which of the two calls is made, for the errors' sake. */
export function listOperation({ tags }: SecretQuery): "GetParametersByPath" | "DescribeParameters" {
  return tags === undefined ? "GetParametersByPath" : "DescribeParameters";
}

export async function listParameterNames(client: SSMClient, query: SecretQuery): Promise<readonly string[]> {
  return query.tags === undefined ? listByPath(client, query.prefix) : listByTags(client, query.prefix, query.tags);
}

async function listByPath(client: SSMClient, path: string): Promise<readonly string[]> {
  const names: string[] = [];
  const request = { Path: path === "" ? "/" : path, Recursive: true, WithDecryption: false, MaxResults: BY_PATH_PAGE_SIZE };
  let token: string | undefined;
  do {
    const page = await client.send(new GetParametersByPathCommand({ ...request, NextToken: token }));
    names.push(...namesOf(page.Parameters));
    token = page.NextToken;
  } while (token !== undefined);
  return names;
}

async function listByTags(client: SSMClient, path: string, tags: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const ParameterFilters: ParameterStringFilter[] = [
    ...Object.entries(tags).map(([key, value]) => ({ Key: `tag:${key}`, Option: "Equals", Values: [value] })),
    ...(path === "" ? [] : [{ Key: "Path", Option: "Recursive", Values: [path] }]),
  ];
  const names: string[] = [];
  let token: string | undefined;
  do {
    const request = { ParameterFilters, MaxResults: DESCRIBE_PAGE_SIZE, NextToken: token };
    const page = await client.send(new DescribeParametersCommand(request));
    names.push(...namesOf(page.Parameters));
    token = page.NextToken;
  } while (token !== undefined);
  return names;
}

function namesOf(parameters: readonly { readonly Name?: string | undefined }[] | undefined): readonly string[] {
  return (parameters ?? []).flatMap(({ Name }) => Name ?? []);
}
