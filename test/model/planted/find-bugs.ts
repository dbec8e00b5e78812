/** Planted bugs of find rules: line 8 of PROTOCOL's list, for an entry that vanishes, and line 9, for one that nobody looks up. */
import { inFile, OWNER, type PlantedBug } from "./planted-bug.ts";

export const FIND_BUGS: readonly PlantedBug[] = [
  {
    name: "an entry that the listing lacks is gone",
    line: 8,
    source: inFile("app/find-members.ts", [
      "candidateNames(place, { listed, applied, told })",
      "candidateNames(place, { listed, applied: isListed ? {} : applied, told })",
    ]),
    setup: { ...OWNER, shape: 1, start: 1, found: 1 },
    faults: ["stale", "lost", "blanked"],
  },
  {
    name: "what is found is remembered only by the record of its write",
    line: 8,
    source: inFile("app/sync-sources.ts", [
      "  if (news.length === 0) return registration;",
      "  if (news.length >= 0) return registration;",
    ]),
    setup: { ...OWNER, shape: 1, start: 1, found: 1 },
    kinds: ["step", "runToEnd", "runToWrite", "deliver", "crash", "wait"],
    faults: ["stale", "lost", "blanked"],
  },
  {
    name: "who takes a target over does not know what was found for it",
    line: 8,
    source: inFile("app/register-writes.ts", [
      "const remembered = finders.of(targetOf(spec));",
      "const remembered = finders.of(`${targetOf(spec)} `);",
    ]),
    setup: { ...OWNER, shape: 1, start: 1, found: 1 },
    faults: ["stale", "lost", "blanked"],
  },
  {
    name: "a listing that lags serves a new registration",
    line: 9,
    source: inFile("app/sync-finish.ts", [
      "if (answer.listedWithin !== undefined && (request.candidate",
      "if (answer.listedWithin !== undefined || (request.candidate",
    ]),
    setup: { ...OWNER, start: 1, end: 0, found: 1 },
    faults: ["lost"],
  },
];
