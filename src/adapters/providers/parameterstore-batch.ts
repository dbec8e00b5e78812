/** Which version many parameters show now, by GetParameters: one call for ten of one region and identity; their values are not decrypted. */
import { GetParametersCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { isRelayError } from "../../core/errors.ts";
import type { Millis, Reference, ReferenceKey } from "../../core/model.ts";
import { referenceKey } from "../../core/model.ts";
import type { SourceAnswer } from "../../core/ports.ts";
import { errorName } from "../../core/remote-calls.ts";
import { type SourceClients, withEachClient } from "./clients.ts";
import { isVersion, selectorOf, versionIdOf } from "./parameter-version.ts";
import { TAGS_VERSION } from "./tags.ts";

/** GetParameters' limit: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html */
const BATCH_SIZE = 10;
const CONCURRENCY = 8;
const ASK_ALONE: ReadonlySet<string> = new Set(["AccessDeniedException", "ValidationException"]);

interface Shown {
  readonly versionId: string;
  readonly createdAt: Millis;
}

export interface ParameterReads {
  readonly clients: SourceClients<SSMClient>;
  /** Proves an absence, and reads what no batch can. */
  readonly read: (reference: Reference) => Promise<SourceAnswer>;
}

/** What a batch does not show is asked for alone: it may be gone. References that fail are left out. */
export async function currentParameters(
  references: readonly Reference[],
  reads: ParameterReads,
): Promise<ReadonlyMap<ReferenceKey, Shown>> {
  const found = new Map<ReferenceKey, Shown>();
  const alone: Reference[] = references.filter(({ version }) => version === TAGS_VERSION);
  const batched = references.filter(({ version }) => version !== TAGS_VERSION);
  await withEachClient(reads.clients, batched, async (client, ofClient) => {
    for (const batch of batchesOf(ofClient)) alone.push(...(await readBatch(client, batch, found)));
  });
  for (let from = 0; from < alone.length; from += CONCURRENCY) {
    await Promise.all(
      alone.slice(from, from + CONCURRENCY).map(async (reference) => {
        try {
          const { versionId, createdAt } = await reads.read(reference);
          found.set(referenceKey(reference), { versionId, createdAt });
        } catch (error) {
          if (!isRelayError(error)) throw error;
        }
      }),
    );
  }
  return found;
}

/** Of one parameter a call may name one version only. */
function batchesOf(references: readonly Reference[]): readonly (readonly Reference[])[] {
  const batches: Reference[][] = [];
  for (const reference of references) {
    const free = batches.find((batch) => batch.length < BATCH_SIZE && batch.every(({ key }) => key !== reference.key));
    if (free === undefined) batches.push([reference]);
    else free.push(reference);
  }
  return batches;
}

/** @returns those that are to be asked for alone */
async function readBatch(client: SSMClient, batch: readonly Reference[], found: Map<ReferenceKey, Shown>): Promise<readonly Reference[]> {
  const names = batch.map(({ key, version }) => selectorOf(key, version));
  const left: Reference[] = [];
  try {
    const answer = await client.send(
      new GetParametersCommand({ Names: names.filter((name) => name !== undefined), WithDecryption: false }),
    );
    for (const [index, reference] of batch.entries()) {
      const parameter = (answer.Parameters ?? []).find(
        ({ Name = "", ARN = "", Selector = "" }) => names[index] === `${Name}${Selector}` || names[index] === `${ARN}${Selector}`,
      );
      if (parameter?.Version === undefined || !isVersion(parameter, reference.version)) left.push(reference);
      else {
        const createdAt = parameter.LastModifiedDate?.getTime() ?? 0;
        found.set(referenceKey(reference), { versionId: versionIdOf(parameter), createdAt });
      }
    }
    return left;
  } catch (error) {
    // One that may not be read denies the whole call: each is asked for alone then. Throttled or unreachable: left out, for a sync to see.
    return ASK_ALONE.has(errorName(error) ?? "") ? batch : [];
  }
}
