/** SecretProvider over Systems Manager Parameter Store: a value or a proven absence; every other failure throws and leaves targets as they are. */
import { GetParameterCommand, GetParameterHistoryCommand, ListTagsForResourceCommand, SSMClient, type Tag } from "@aws-sdk/client-ssm";
import type { ErrorCode } from "../../core/errors.ts";
import { isRelayError, RelayError } from "../../core/errors.ts";
import type { Reference } from "../../core/model.ts";
import type { SecretProvider, SourceAnswer } from "../../core/ports.ts";
import { type ClientOptions, clientOptions, errorName, relayError } from "../../core/remote-calls.ts";
import { SecretValue } from "../../core/secret-value.ts";
import { type Connect, createSourceClients, REFUSED_CREDENTIALS, storeOptions } from "./clients.ts";
import { isVersion, selectorOf, versionIdOf } from "./parameter-version.ts";
import { currentParameters } from "./parameterstore-batch.ts";
import { listOperation, listParameterNames } from "./parameterstore-list.ts";
import type { CredentialSource, SourceSessions } from "./sessions.ts";
import { TAGS_VERSION, tagsAnswer, tagsOfVersion } from "./tags.ts";

const CODES: Readonly<Record<string, ErrorCode>> = {
  AccessDeniedException: "AccessDenied",
  ExpiredTokenException: "AccessDenied",
  InvalidKeyId: "AccessDenied",
  InvalidFilterKey: "StoreInvalidRequest",
  InvalidFilterOption: "StoreInvalidRequest",
  InvalidFilterValue: "StoreInvalidRequest",
  InvalidSignatureException: "AccessDenied",
  UnrecognizedClientException: "AccessDenied",
  ThrottlingException: "StoreThrottled",
  TooManyUpdates: "StoreThrottled",
  RequestLimitExceeded: "StoreThrottled",
  InvalidResourceId: "StoreInvalidRequest",
  ValidationException: "StoreInvalidRequest",
  ParameterNotFound: "VersionMissing",
  ParameterVersionNotFound: "VersionMissing",
};

const NOT_FOUND: ReadonlySet<string> = new Set(["ParameterNotFound", "ParameterVersionNotFound"]);
const ABSENT: SourceAnswer = { kind: "absent", versionId: "absent", createdAt: 0 };

/** Makes clients of these options. */
export const parameterStoreClients =
  (options: (region: string) => ClientOptions = clientOptions): Connect<SSMClient> =>
  (region, credentials, retry) =>
    new SSMClient(storeOptions(options(region), credentials, retry));

/**
 * Reads parameters with one client a region and identity, made by `connect` at first use.
 * @default sessions - none: stores that name a role or credentials of their own can't be read
 */
export function createParameterStore(connect: Connect<SSMClient> = parameterStoreClients(), sessions?: SourceSessions): SecretProvider {
  const clients = createSourceClients(connect, sessions);

  function failed(reference: CredentialSource & Pick<Reference, "key">, operation: string, error: unknown): RelayError {
    const name = errorName(error) ?? "";
    if (REFUSED_CREDENTIALS.has(name)) clients.refused(reference);
    return relayError(CODES[name] ?? "StoreUnreachable", reference.key, "ssm", operation, error);
  }

  /** Whether there is any version of the parameter: the history has them all. Without decryption, so that nothing of them is read. */
  async function exists(reference: Reference): Promise<boolean> {
    try {
      const client = await clients.of(reference);
      await client.send(new GetParameterHistoryCommand({ Name: reference.key, MaxResults: 1 }));
      return true;
    } catch (error) {
      if (isRelayError(error)) throw error;
      if (errorName(error) === "ParameterNotFound") return false;
      throw failed(reference, "GetParameterHistory", error);
    }
  }

  /** The tags as the value. No tags at all may mean no parameter; that they belong to none is no answer while there is one. */
  async function readTags(reference: Reference): Promise<SourceAnswer> {
    let tags: readonly Tag[] | undefined;
    try {
      const client = await clients.of(reference);
      const request = { ResourceType: "Parameter", ResourceId: reference.key } as const;
      tags = (await client.send(new ListTagsForResourceCommand(request))).TagList ?? [];
    } catch (error) {
      if (isRelayError(error)) throw error;
      if (errorName(error) !== "InvalidResourceId") throw failed(reference, "ListTagsForResource", error);
    }
    if ((tags ?? []).length === 0 && !(await exists(reference))) return ABSENT;
    if (tags === undefined) throw new RelayError("SourceLagging", reference.key);
    return tagsAnswer(tags.map(({ Key = "", Value = "" }) => [Key, Value] as const));
  }

  async function get(reference: Reference, version: string): Promise<SourceAnswer> {
    if (reference.version === TAGS_VERSION) return tagsOfVersion(reference, await readTags(reference), version);
    const Name = selectorOf(reference.key, version);
    const missing = new RelayError("VersionMissing", reference.key);
    try {
      if (Name === undefined) throw missing;
      const client = await clients.of(reference);
      const { Parameter: parameter } = await client.send(new GetParameterCommand({ Name, WithDecryption: true }));
      if (parameter?.Version === undefined || parameter.Value === undefined) throw new RelayError("StoreUnreachable", reference.key);
      if (!isVersion(parameter, version)) throw missing;
      const createdAt = parameter.LastModifiedDate?.getTime() ?? 0;
      return { kind: "present", versionId: versionIdOf(parameter), createdAt, value: new SecretValue(parameter.Value) };
    } catch (error) {
      const isSuspicion = error === missing || NOT_FOUND.has(errorName(error) ?? "");
      // A NotFound may mean the version alone, and is proven by nothing but the whole history's.
      if (isSuspicion && !(await exists(reference))) return ABSENT;
      if (isRelayError(error)) throw error;
      throw failed(reference, "GetParameter", error);
    }
  }

  return {
    read: (reference) => get(reference, reference.version),
    readVersion: (reference, versionId) => get(reference, `id/${versionId}`),
    async list(query) {
      try {
        return await listParameterNames(await clients.of(query), query);
      } catch (error) {
        if (isRelayError(error)) throw error;
        throw failed({ ...query, key: `parameters below ${query.prefix || "/"}` }, listOperation(query), error);
      }
    },
    currentVersions: (references) => currentParameters(references, { clients, read: (one) => get(one, one.version) }),
  };
}
