/** SecretProvider over AWS Secrets Manager: a value or a proven absence; every other failure throws and leaves targets as they are. */
import type { GetSecretValueCommandInput } from "@aws-sdk/client-secrets-manager";
import { DescribeSecretCommand, GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { ErrorCode } from "../../core/errors.ts";
import { isRelayError, RelayError } from "../../core/errors.ts";
import type { Millis, Reference, ReferenceKey } from "../../core/model.ts";
import { referenceKey } from "../../core/model.ts";
import type { SecretProvider, SourceAnswer } from "../../core/ports.ts";
import { type ClientOptions, clientOptions, errorName, relayError } from "../../core/remote-calls.ts";
import { SecretValue } from "../../core/secret-value.ts";
import { type Connect, createSourceClients, REFUSED_CREDENTIALS, storeOptions, withEachClient } from "./clients.ts";
import { readCurrentVersions } from "./secretsmanager-batch.ts";
import { listSecretNames } from "./secretsmanager-list.ts";
import type { CredentialSource, SourceSessions } from "./sessions.ts";
import { TAGS_VERSION, tagsAnswer, tagsOfVersion } from "./tags.ts";

const CODES: Readonly<Record<string, ErrorCode>> = {
  AccessDeniedException: "AccessDenied",
  DecryptionFailure: "AccessDenied",
  UnrecognizedClientException: "AccessDenied",
  ExpiredTokenException: "AccessDenied",
  InvalidSignatureException: "AccessDenied",
  ThrottlingException: "StoreThrottled",
  TooManyRequestsException: "StoreThrottled",
  LimitExceededException: "StoreThrottled",
  InvalidParameterException: "StoreInvalidRequest",
  InvalidRequestException: "StoreInvalidRequest",
  ValidationException: "StoreInvalidRequest",
  ResourceNotFoundException: "VersionMissing",
};

/** Errors of GetSecretValue after which DescribeSecret says whether the secret is gone. */
const SUSPICIONS = new Set(["ResourceNotFoundException", "InvalidRequestException", "InvalidParameterException"]);

const CONCURRENCY = 8;

/** The only version that a batch can ask for. */
const CURRENT = "stage/AWSCURRENT";

interface ShownVersion {
  readonly versionId: string;
  readonly createdAt: Millis;
}

/** What a call was about: a secret, or those of a listing. */
type About = CredentialSource & Pick<Reference, "key">;

function translated(reference: About, operation: string, error: unknown): RelayError {
  return relayError(CODES[errorName(error) ?? ""] ?? "StoreUnreachable", reference.key, "secretsmanager", operation, error);
}

/** Where the version of a reference is asked for: `stage/<LABEL>` or `id/<VERSION-ID>`. */
function versionInput(version: string): Pick<GetSecretValueCommandInput, "VersionId" | "VersionStage"> {
  if (version.startsWith("id/")) return { VersionId: version.slice("id/".length) };
  return { VersionStage: version.startsWith("stage/") ? version.slice("stage/".length) : version };
}

/** Makes clients of these options. */
export const secretsManagerClients =
  (options: (region: string) => ClientOptions = clientOptions): Connect<SecretsManagerClient> =>
  (region, credentials, retry) =>
    new SecretsManagerClient(storeOptions(options(region), credentials, retry));

/**
 * Reads secrets with one client a region and identity, made by `connect` at first use.
 * @default sessions - none: stores that name a role or credentials of their own can't be read
 */
export function createSecretsManager(
  connect: Connect<SecretsManagerClient> = secretsManagerClients(),
  sessions?: SourceSessions,
  now: () => Millis = Date.now,
): SecretProvider {
  const clients = createSourceClients(connect, sessions);

  /** Drops credentials that the store refused, and translates the error. */
  const failed = (reference: About, operation: string, error: unknown): RelayError => {
    if (REFUSED_CREDENTIALS.has(errorName(error) ?? "")) clients.refused(reference);
    return translated(reference, operation, error);
  };

  /** GetSecretValue's NotFound is only a suspicion: proven by DescribeSecret, else the version alone is missing. */
  async function provenAbsence(reference: Reference, suspicion: unknown): Promise<SourceAnswer> {
    try {
      const { DeletedDate } = await (await clients.of(reference)).send(new DescribeSecretCommand({ SecretId: reference.key }));
      if (DeletedDate === undefined) throw failed(reference, "GetSecretValue", suspicion);
      const deletedAt = DeletedDate.getTime();
      // A date ahead is when the deletion is due, not when it was asked for: it bounds nothing.
      return { kind: "absent", versionId: "absent", createdAt: deletedAt > now() ? 0 : deletedAt };
    } catch (error) {
      if (isRelayError(error)) throw error;
      if (errorName(error) === "ResourceNotFoundException") return { kind: "absent", versionId: "absent", createdAt: 0 };
      throw failed(reference, "DescribeSecret", error);
    }
  }

  /** The tags as the value; DescribeSecret's absence is proof. */
  async function readTags(reference: Reference): Promise<SourceAnswer> {
    try {
      const client = await clients.of(reference);
      const { Tags = [], DeletedDate } = await client.send(new DescribeSecretCommand({ SecretId: reference.key }));
      if (DeletedDate !== undefined) return { kind: "absent", versionId: "absent", createdAt: 0 };
      return tagsAnswer(Tags.map(({ Key = "", Value = "" }) => [Key, Value] as const));
    } catch (error) {
      if (isRelayError(error)) throw error;
      if (errorName(error) === "ResourceNotFoundException") return { kind: "absent", versionId: "absent", createdAt: 0 };
      throw failed(reference, "DescribeSecret", error);
    }
  }

  async function get(reference: Reference, version: string): Promise<SourceAnswer> {
    if (reference.version === TAGS_VERSION) return tagsOfVersion(reference, await readTags(reference), version);
    try {
      const input = { SecretId: reference.key, ...versionInput(version) };
      const client = await clients.of(reference);
      const answer = await client.send(new GetSecretValueCommand(input));
      const value = answer.SecretBinary ?? answer.SecretString;
      if (answer.VersionId === undefined || value === undefined) throw new RelayError("StoreUnreachable", reference.key);
      return {
        kind: "present",
        versionId: answer.VersionId,
        createdAt: answer.CreatedDate?.getTime() ?? 0,
        value: new SecretValue(value),
      };
    } catch (error) {
      if (isRelayError(error)) throw error;
      if (SUSPICIONS.has(errorName(error) ?? "")) return provenAbsence(reference, error);
      throw failed(reference, "GetSecretValue", error);
    }
  }

  return {
    read: (reference) => get(reference, reference.version),
    readVersion: (reference, versionId) => get(reference, `id/${versionId}`),
    async list(query) {
      try {
        return await listSecretNames(await clients.of(query), query);
      } catch (error) {
        if (isRelayError(error)) throw error;
        throw failed({ ...query, key: `secrets ${query.prefix}*` }, "ListSecrets", error);
      }
    },
    async currentVersions(references) {
      const found = new Map<ReferenceKey, ShownVersion>();
      const alone = references.filter(({ version }) => version !== CURRENT);
      const current = references.filter(({ version }) => version === CURRENT);
      await withEachClient(clients, current, async (client, ofClient) => {
        const answers = await readCurrentVersions(client, [...new Set(ofClient.map(({ key }) => key))]);
        for (const reference of ofClient) {
          const answer = answers.get(reference.key);
          if (answer?.kind === "shown") found.set(referenceKey(reference), { versionId: answer.versionId, createdAt: answer.createdAt });
          else if (answer?.kind === "ask alone") alone.push(reference);
        }
      });
      for (let from = 0; from < alone.length; from += CONCURRENCY) {
        const chunk = alone.slice(from, from + CONCURRENCY);
        const answers = await Promise.allSettled(chunk.map((reference) => get(reference, reference.version)));
        for (const [index, answer] of answers.entries()) {
          const reference = chunk[index];
          if (answer.status === "rejected" || reference === undefined) continue;
          found.set(referenceKey(reference), { versionId: answer.value.versionId, createdAt: answer.value.createdAt });
        }
      }
      return found;
    },
  };
}
