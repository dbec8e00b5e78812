/** SecretProvider over AWS Secrets Manager: a value or a proven absence; every other failure throws and leaves targets as they are. */
import type { GetSecretValueCommandInput } from "@aws-sdk/client-secrets-manager";
import { DescribeSecretCommand, GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { ErrorCode } from "../../core/errors.ts";
import { isRelayError, RelayError } from "../../core/errors.ts";
import type { Millis, Reference, ReferenceKey } from "../../core/model.ts";
import { referenceKey } from "../../core/model.ts";
import type { SecretProvider, SourceAnswer } from "../../core/ports.ts";
import { clientOptions, errorName, relayError } from "../../core/remote-calls.ts";
import { SecretValue } from "../../core/secret-value.ts";
import { readCurrentVersions } from "./secretsmanager-batch.ts";

const CODES: Readonly<Record<string, ErrorCode>> = {
  AccessDeniedException: "AccessDenied",
  DecryptionFailure: "AccessDenied",
  UnrecognizedClientException: "AccessDenied",
  ExpiredTokenException: "AccessDenied",
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

function translated(reference: Reference, operation: string, error: unknown): RelayError {
  return relayError(CODES[errorName(error) ?? ""] ?? "StoreUnreachable", reference.key, "secretsmanager", operation, error);
}

/** Where the version of a reference is asked for: `stage/<LABEL>` or `id/<VERSION-ID>`. */
function versionInput(version: string): Pick<GetSecretValueCommandInput, "VersionId" | "VersionStage"> {
  if (version.startsWith("id/")) return { VersionId: version.slice("id/".length) };
  return { VersionStage: version.startsWith("stage/") ? version.slice("stage/".length) : version };
}

/** Reads secrets with one client a region, made by `connect` at first use. */
export function createSecretsManager(
  connect: (region: string) => SecretsManagerClient = (region) => new SecretsManagerClient(clientOptions(region)),
): SecretProvider {
  const clients = new Map<string, SecretsManagerClient>();
  const clientOf = (region: string): SecretsManagerClient => {
    const client = clients.get(region) ?? connect(region);
    clients.set(region, client);
    return client;
  };

  /** GetSecretValue's NotFound is only a suspicion: proven by DescribeSecret, else the version alone is missing. */
  async function provenAbsence(reference: Reference, suspicion: unknown): Promise<SourceAnswer> {
    try {
      const { DeletedDate } = await clientOf(reference.region).send(new DescribeSecretCommand({ SecretId: reference.key }));
      if (DeletedDate === undefined) throw translated(reference, "GetSecretValue", suspicion);
      const deletedAt = DeletedDate.getTime();
      // A date ahead is when the deletion is due, not when it was asked for: it bounds nothing.
      return { kind: "absent", versionId: "absent", createdAt: deletedAt > Date.now() ? 0 : deletedAt };
    } catch (error) {
      if (isRelayError(error)) throw error;
      if (errorName(error) === "ResourceNotFoundException") return { kind: "absent", versionId: "absent", createdAt: 0 };
      throw translated(reference, "DescribeSecret", error);
    }
  }

  async function get(reference: Reference, version: string): Promise<SourceAnswer> {
    try {
      const input = { SecretId: reference.key, ...versionInput(version) };
      const answer = await clientOf(reference.region).send(new GetSecretValueCommand(input));
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
      throw translated(reference, "GetSecretValue", error);
    }
  }

  return {
    read: (reference) => get(reference, reference.version),
    readVersion: (reference, versionId) => get(reference, `id/${versionId}`),
    async currentVersions(references) {
      const found = new Map<ReferenceKey, ShownVersion>();
      const alone = references.filter(({ version }) => version !== CURRENT);
      const byRegion = Map.groupBy(
        references.filter(({ version }) => version === CURRENT),
        ({ region }) => region,
      );
      for (const [region, ofRegion] of byRegion) {
        const answers = await readCurrentVersions(clientOf(region), [...new Set(ofRegion.map(({ key }) => key))]);
        for (const reference of ofRegion) {
          const answer = answers.get(reference.key);
          if (answer?.kind === "shown") found.set(referenceKey(reference), { versionId: answer.versionId, createdAt: answer.createdAt });
          else if (answer?.kind === "ask alone") alone.push(reference);
        }
      }
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
