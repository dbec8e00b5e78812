/**
 * Secrets Manager's wire format over the source in memory, so that the real provider reads a store that lags on purpose. Each request
 * lags by itself, as a real store's may: what DescribeSecret shows need not be what GetSecretValue showed just before.
 */
import { isRelayError } from "../../../src/core/errors.ts";
import type { Millis, Reference } from "../../../src/core/model.ts";
import type { SourceAnswer } from "../../../src/core/ports.ts";
import type { MemorySource } from "../fakes/memory-source.ts";
import { type Body, type Operations, WireError } from "./service.ts";

const PREFIX = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:";
const CURRENT = "AWSCURRENT";

export function secretsManagerOver(source: MemorySource): Operations {
  return {
    async GetSecretValue({ SecretId, VersionId, VersionStage = CURRENT }) {
      const reference = referenceOf(SecretId, `stage/${VersionStage as string}`);
      if (VersionId === undefined) return valueOf(reference, await source.read(reference));
      return valueOf(reference, await versionOrError(source, reference, VersionId as string));
    },

    async DescribeSecret({ SecretId }) {
      const reference = referenceOf(SecretId, `stage/${CURRENT}`);
      const answer = await source.read(reference);
      if (answer.kind === "absent" && answer.createdAt === 0) throw new WireError("ResourceNotFoundException");
      const deleted = answer.kind === "absent" ? { DeletedDate: secondsOf(answer.createdAt) } : {};
      return { ...nameOf(reference), ...deleted, Tags: tagsOf(source, reference.key) };
    },

    async ListSecrets({ Filters = [], MaxResults = 100, NextToken = "0" }) {
      const [from, size] = [Number(NextToken), Number(MaxResults)];
      const [prefix = ""] = (Filters as readonly Filter[]).find(({ Key }) => Key === "name")?.Values ?? [];
      const names = await source.list({ ...referenceOf("", ""), prefix });
      const page = names.toSorted().slice(from, from + size);
      const SecretList = page.map((name) => ({ ...nameOf(referenceOf(name, "")), Tags: tagsOf(source, name) }));
      return { SecretList, ...(from + size < names.length ? { NextToken: String(from + size) } : {}) };
    },

    async BatchGetSecretValue({ SecretIdList }) {
      const SecretValues: Body[] = [];
      const Errors: Body[] = [];
      for (const id of SecretIdList as readonly string[]) {
        const reference = referenceOf(id, `stage/${CURRENT}`);
        try {
          SecretValues.push(valueOf(reference, await source.read(reference)));
        } catch (error) {
          if (!(error instanceof WireError)) throw error;
          Errors.push({ SecretId: id, ErrorCode: error.name, Message: "by the model" });
        }
      }
      return { SecretValues, Errors };
    },
  };
}

interface Filter {
  readonly Key: string;
  readonly Values: readonly string[];
}

function tagsOf(source: MemorySource, key: string): readonly Body[] {
  return Object.entries(source.tagsOf(key)).map(([Key, Value]) => ({ Key, Value }));
}

function referenceOf(id: unknown, version: string): Reference {
  return { provider: "SecretsManager", account: "111122223333", region: "eu-west-1", key: id as string, version };
}

async function versionOrError(source: MemorySource, reference: Reference, versionId: string): Promise<SourceAnswer> {
  try {
    return await source.readVersion(reference, versionId);
  } catch (error) {
    if (isRelayError(error) && error.code === "VersionMissing") throw new WireError("ResourceNotFoundException");
    throw error;
  }
}

/** A secret that never was is not found; one that was deleted is within its recovery window, and refuses to be read. */
function valueOf(reference: Reference, answer: SourceAnswer): Body {
  if (answer.kind === "absent") throw new WireError(answer.createdAt === 0 ? "ResourceNotFoundException" : "InvalidRequestException");
  const { versionId, createdAt, value } = answer;
  return { ...nameOf(reference), VersionId: versionId, CreatedDate: secondsOf(createdAt), SecretString: value.exposeText() };
}

function nameOf({ key }: Reference): Body {
  return { ARN: `${PREFIX}${key}-AbCdEf`, Name: key };
}

/** The service tells moments as seconds with fractions. */
function secondsOf(moment: Millis): number {
  return moment / 1000;
}
