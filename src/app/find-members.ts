/** Reads what find rules find: every candidate as an ordinary reference, whose own answers say whether it is there and has the tags. */

import { RelayError } from "../core/errors.ts";
import {
  candidateNames,
  type FindPlace,
  findPlaces,
  hasTags,
  MAX_FOUND,
  MAX_FOUND_CHARACTERS,
  memberReference,
  memberTagsReference,
  queryOf,
} from "../core/find/find.ts";
import {
  type Reference,
  type ReferenceKey,
  type Registration,
  type RegistrationSpec,
  referenceKey,
  registrationId,
} from "../core/model.ts";
import type { SecretQuery } from "../core/ports.ts";
import type { SecretMap } from "../core/source/merge.ts";
import { concurrently } from "./concurrently.ts";
import type { Observed } from "./observe-reference.ts";

export interface FindSource {
  observe(reference: Reference): Promise<Observed>;
  list(query: SecretQuery): Promise<readonly string[]>;
}

/** A candidate with its answers. */
export interface Candidate {
  /** The reference of its value, read or not. */
  readonly reference: ReferenceKey;
  /** Where the rule is by tags. */
  readonly tags?: Observed | undefined;
  /** Not read where the tags say that the rule does not find it. */
  readonly value?: Observed | undefined;
}

export interface FoundMembers {
  /** By the rule's place in `dataFrom`: the values by the secrets' full names. */
  readonly values: ReadonlyMap<number, SecretMap>;
  readonly candidates: readonly Candidate[];
}

export interface FindInputs {
  /** What the registration remembers. */
  readonly applied: Registration["applied"];
  /** What events told of. */
  readonly told: readonly ReferenceKey[];
  /** Whether listings are asked for: needless where all that is applied is remembered, and only what an event told of can be new. */
  readonly isListed: boolean;
}

const CONCURRENCY = 16;

/** @throws TooManyFound, and what reads and listings throw: one secret that can't be read fails all of it, so that no key is lost by it */
export async function readMembers(source: FindSource, spec: RegistrationSpec, inputs: FindInputs): Promise<FoundMembers> {
  const { applied, told, isListed } = inputs;
  const places = findPlaces(spec);
  const named = await Promise.all(
    places.map(async (place) => {
      const listed = isListed ? await source.list(queryOf(place)) : [];
      return candidateNames(place, { listed, applied, told }).map((name) => ({ place, name }));
    }),
  );
  const wanted = named.flat();
  requireFew(spec, wanted);
  const read = await concurrently(wanted, CONCURRENCY, async ({ place, name }) => ({
    place,
    name,
    candidate: await readCandidate(source, place, name),
  }));
  const values = new Map<number, SecretMap>();
  for (const place of places) {
    const found = read.filter((one) => one.place === place);
    values.set(
      place.index,
      new Map(
        found.flatMap(({ name, candidate }) =>
          candidate.value?.answer.kind === "present" ? [[name, candidate.value.answer.value] as const] : [],
        ),
      ),
    );
  }
  return { values, candidates: read.map(({ candidate }) => candidate) };
}

function requireFew(spec: RegistrationSpec, wanted: readonly { readonly place: FindPlace; readonly name: string }[]): void {
  const tooMany = (detail: string) => new RelayError("TooManyFound", registrationId(spec), { detail });
  if (wanted.length > MAX_FOUND) throw tooMany(`dataFrom finds ${wanted.length} secrets, and a registration may have ${MAX_FOUND}`);
  const characters = wanted.reduce((sum, { place, name }) => sum + name.length * (place.rule.tags === undefined ? 1 : 2), 0);
  if (characters > MAX_FOUND_CHARACTERS) throw tooMany("dataFrom finds secrets whose names are too long to be remembered together");
}

/** The tags first: the value of a secret that the rule does not find is nobody's to read. */
async function readCandidate(source: FindSource, { rule, store }: FindPlace, name: string): Promise<Candidate> {
  const member = memberReference(store, name);
  const reference = referenceKey(member);
  if (rule.tags === undefined) return { reference, value: await source.observe(member) };
  const tags = await source.observe(memberTagsReference(store, name));
  return hasTags(rule, tags.answer) ? { reference, tags, value: await source.observe(member) } : { reference, tags };
}
