/** SecretProvider over Systems Manager Parameter Store: a value or a proven absence; every other failure throws and leaves targets as they are. */
import { GetParameterCommand, GetParameterHistoryCommand, ListTagsForResourceCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { ErrorCode } from "../../core/errors.ts";
import { isRelayError, RelayError } from "../../core/errors.ts";
import type { Reference } from "../../core/model.ts";
import type { SecretProvider, SourceAnswer } from "../../core/ports.ts";
import { clientOptions, errorName, relayError } from "../../core/remote-calls.ts";
import { SecretValue } from "../../core/secret-value.ts";
import { type Connect, createSourceClients, REFUSED_CREDENTIALS } from "./clients.ts";
import { isVersion, selectorOf, versionIdOf } from "./parameter-version.ts";
import { currentParameters } from "./parameterstore-batch.ts";
import type { SourceSessions } from "./sessions.ts";
import { TAGS_VERSION, tagsAnswer, tagsOfVersion } from "./tags.ts";

const CODES: Readonly<Record<string, ErrorCode>> = {
  AccessDeniedException: "AccessDenied",
  ExpiredTokenException: "AccessDenied",
  InvalidKeyId: "AccessDenied",
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

const NOT_FOUND: ReadonlySet<string> = new Set(["ParameterNotFound", "InvalidResourceId"]);
const ABSENT: SourceAnswer = { kind: "absent", versionId: "absent", createdAt: 0 };

const connectToAws: Connect<SSMClient> = (region, credentials) =>
  new SSMClient({ ...clientOptions(region), ...(credentials === undefined ? {} : { credentials }) });

/**
 * Reads parameters with one client a region and identity, made by `connect` at first use.
 * @default sessions - none: stores that name a role or credentials of their own can't be read
 */
export function createParameterStore(connect: Connect<SSMClient> = connectToAws, sessions?: SourceSessions): SecretProvider {
  const clients = createSourceClients(connect, sessions);

  function failed(reference: Reference, operation: string, error: unknown): RelayError {
    const name = errorName(error) ?? "";
    if (REFUSED_CREDENTIALS.has(name)) clients.refused(reference);
    return relayError(CODES[name] ?? "StoreUnreachable", reference.key, "ssm", operation, error);
  }

  /** GetParameter's NotFound is only a suspicion, since it may mean the version alone: proven by the history, which has all versions. */
  async function provenAbsence(reference: Reference, suspicion: unknown): Promise<SourceAnswer> {
    try {
      const client = await clients.of(reference);
      // Without decryption: the names of versions are all that is asked for.
      await client.send(new GetParameterHistoryCommand({ Name: reference.key, MaxResults: 1 }));
    } catch (error) {
      if (isRelayError(error)) throw error;
      if (errorName(error) === "ParameterNotFound") return ABSENT;
      throw failed(reference, "GetParameterHistory", error);
    }
    throw failed(reference, "GetParameter", suspicion);
  }

  /** The tags as the value. A service that knows no such parameter is asked once more, as for its value. */
  async function readTags(reference: Reference): Promise<SourceAnswer> {
    try {
      const client = await clients.of(reference);
      const request = { ResourceType: "Parameter", ResourceId: reference.key } as const;
      const { TagList = [] } = await client.send(new ListTagsForResourceCommand(request));
      return tagsAnswer(TagList.map(({ Key = "", Value = "" }) => [Key, Value] as const));
    } catch (error) {
      if (isRelayError(error)) throw error;
      if (NOT_FOUND.has(errorName(error) ?? "")) return provenAbsence(reference, error);
      throw failed(reference, "ListTagsForResource", error);
    }
  }

  async function get(reference: Reference, version: string): Promise<SourceAnswer> {
    if (reference.version === TAGS_VERSION) return tagsOfVersion(reference, await readTags(reference), version);
    const Name = selectorOf(reference.key, version);
    const missing = () => new RelayError("VersionMissing", reference.key);
    if (Name === undefined) return provenAbsence(reference, Object.assign(new Error(), { name: "ParameterVersionNotFound" }));
    try {
      const client = await clients.of(reference);
      const { Parameter: parameter } = await client.send(new GetParameterCommand({ Name, WithDecryption: true }));
      if (parameter?.Version === undefined || parameter.Value === undefined) throw new RelayError("StoreUnreachable", reference.key);
      if (!isVersion(parameter, version)) throw missing();
      const createdAt = parameter.LastModifiedDate?.getTime() ?? 0;
      return { kind: "present", versionId: versionIdOf(parameter), createdAt, value: new SecretValue(parameter.Value) };
    } catch (error) {
      if (isRelayError(error)) throw error;
      const name = errorName(error) ?? "";
      if (name === "ParameterNotFound" || name === "ParameterVersionNotFound") return provenAbsence(reference, error);
      throw failed(reference, "GetParameter", error);
    }
  }

  return {
    read: (reference) => get(reference, reference.version),
    readVersion: (reference, versionId) => get(reference, `id/${versionId}`),
    currentVersions: (references) =>
      currentParameters(references, { clientOf: (one) => clients.of(one), read: (one) => get(one, one.version) }),
  };
}
