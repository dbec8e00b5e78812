/** Shrunk histories of bugs that the model found in the product, as data: each is run again as it was found. */
import type { Schedule } from "./run-schedule.ts";

export interface History {
  /** What went wrong. */
  readonly name: string;
  /** The schedule in words. */
  readonly steps: readonly string[];
  readonly schedule: Schedule;
}

const plain = { creation: 0, deletion: 0, shape: 0, start: 0, end: 0, clocks: 0 };

export const HISTORIES: readonly History[] = [
  {
    name: "a target that two had given up stayed until reconcile, since the second never wrote it, and the first one's prune waited for that",
    steps: [
      "s is deleted; c takes x over from a, and keeps it as it is",
      "a's prune waits until c has written x",
      "c goes too: its prune finds none of its marks, and nothing wakes a's",
    ],
    schedule: { setup: plain, steps: [43_050, 0, 14, 9_465, 0, 14, 0, 0, 13, 0, 0, 0, 0, 0, 4_340] },
  },
  {
    name: "a target was deleted though both configs wanted it, since register stopped between taking it from one registration and giving it to the next",
    steps: ["c takes x over from a", "register dies after a's tombstone", "a's prune finds no owner, and deletes x"],
    schedule: { setup: { ...plain, shape: 2 }, steps: [61_946, 0, 0] },
  },
  {
    name: "a target was deleted though both configs wanted it, since register stopped while two registrations changed their targets for each other's",
    steps: [
      "a and b change x for y",
      "register dies after it freed b's y, and gave it to a",
      "a's prune of x, which is nobody's now, deletes it",
    ],
    schedule: { setup: { ...plain, shape: 2 }, steps: [123_527, 325, 37, 14, 0, 14] },
  },
  {
    name: "a target was deleted by a deployment that died, before another one could take it back",
    steps: ["c becomes an Orphan in x, and then goes", "register dies", "a's prune finds no owner, and deletes x"],
    schedule: { setup: { ...plain, shape: 2 }, steps: [161_002, 39_436, 0, 0, 0, 0] },
  },
  {
    name: "the judge missed the announcement of a version that nobody waited for, since its one reader had no Secret to merge into",
    steps: [
      "a becomes a Merge, and a person deletes x",
      "s moves to v2, a's sync learns it, and reconcile closes the propagation: nobody is expected",
      "a becomes CreateOrMerge, and makes x",
    ],
    schedule: {
      setup: { ...plain, creation: 2 },
      steps: [34_885, 109_585, 100_227, 56_822, 24_705, 127_861, 65_977, 87_297, 35_090],
    },
  },
  {
    name: "the judge called a key lost that its holder had let go: the next one's prune took it away before that holder wrote again",
    steps: [
      "c replaces a in x, which both may share; a's prune is under way when a comes back for c",
      "a's prune takes a's hold away: s stays by c's",
      "a's sync is late: c's prune takes s away before it",
    ],
    schedule: {
      setup: { ...plain, creation: 2, start: 1 },
      steps: [0, 150_751, 150_956, 72_455, 0, 8, 0, 117_667, 0, 71_389, 161_575, 0],
    },
  },
  {
    name: "an Orphan kept what a late worker of the registration before it had made, since that passed for drift",
    steps: [
      "a worker of a sees that x is missing",
      "c, an Orphan, takes x over from a, and makes it",
      "a person deletes x, and the worker of a makes it once more",
      "a's prune took the marks away: x stayed without c's labels, and with the value that a had read",
    ],
    schedule: {
      setup: { ...plain, start: 1 },
      steps: [0, 51_519, 0, 0, 56_369, 0, 63_901, 141_130, 26_515, 71_928, 87_937, 111_098],
    },
  },
  {
    name: "a version was called superseded by the one before it, since both became current within one second",
    steps: ["s moves to v2, and its event writes it", "in the same second s moves to v3, and is deleted", "v3 was announced as superseded"],
    schedule: { setup: plain, steps: [0, 0, 155_527, 0, 56_076] },
  },
  {
    name: "a propagation was called done by the registry's word, after a worker died between its write and its record",
    steps: ["s is deleted", "a worker removes x and dies", "s is restored", "its event kept x by the registry's word and announced it"],
    schedule: { setup: { ...plain, deletion: 1 }, steps: [138_498, 0, 7_552, 0, 107_197, 67_524] },
  },
  {
    name: "a person's edit passed for the relay's own value, after a worker died between taking over its key and writing it",
    steps: [
      "a person edits s of x",
      "a worker takes the key over and dies",
      "a look showed the relay's stamp and manager: the edit stayed",
    ],
    schedule: { setup: plain, steps: [0, 63_456, 0, 156_751, 120_081, 165_238, 0, 98_069] },
  },
  {
    name: "a target was never pruned, since the registration that took it over was removed before it wrote",
    steps: [
      "c takes x over from a",
      "c's sync dies",
      "a's prune finds another owner, and forgets x",
      "c is removed, and finds no stamp of its own",
    ],
    schedule: { setup: plain, steps: [126_233, 0, 113_428, 0, 0, 16_613, 1_388] },
  },
  {
    name: "a target that changed hands while its secret was deleted stayed, under the status SecretDeleted",
    steps: ["s is deleted", "c takes x over from a", "c deletes nothing that it did not write, and its status said that it had"],
    schedule: { setup: { ...plain, deletion: 1 }, steps: [25_338, 107_455] },
  },
  {
    name: "an Orphan kept the value of a worker that died before its record, since that passed for drift",
    steps: ["s moves to v2", "a worker writes v2 and dies", "s rolls back to v1", "the registry says v1: the v2 in x was left alone"],
    schedule: { setup: { ...plain, creation: 4 }, steps: [0, 0, 36_539, 139_646, 43_498, 82_070] },
  },
  {
    name: "a released Orphan kept the marks of the registration before the last",
    steps: ["c takes the Orphan x over from a", "a's prune leaves it to c", "c is removed: a's labels stayed"],
    schedule: { setup: { ...plain, creation: 4 }, steps: [24_471, 0, 139_045, 0, 123_076, 100_529, 100_632, 0] },
  },
  {
    name: "a restored secret was parked as missing until reconcile, since an answer that was still to come counted for nothing",
    steps: [
      "s is deleted, and a worker learns it",
      "s is restored at once",
      "its event's read is not proven newer: parked, and not looked at again",
    ],
    schedule: { setup: { ...plain, start: 1 }, steps: [0, 164_105, 19_483, 140_413] },
  },
  {
    name: "a return that an old notice of the same version seemed to announce was never announced",
    steps: [
      "s moves to v2, v3, is deleted, restored with v3, rolls back to v2",
      "a worker that still has v2's first notice moves HEAD to it",
    ],
    schedule: {
      setup: { ...plain, deletion: 1 },
      steps: [0, 106_887, 29, 30_289, 15, 46_576, 96_611, 0, 12, 0, 16, 0, 12, 0, 23, 30, 36_807],
    },
  },
  {
    name: "a return was never announced: a message with the event of the version's first time moved HEAD to it",
    steps: [
      "s moves to v2, and its event asks for a look by message",
      "s rolls back to v1, and that one's event is served",
      "s rolls back to v2: the message moves HEAD, and takes the propagation of v2's first time for this one's",
      "the event of the return finds HEAD there already, and opens none",
    ],
    schedule: { setup: plain, steps: [0, 0, 108_125, 0, 0, 24_992, 92_314, 81_926, 137_413, 0, 0, 139_306, 40_836] },
  },
  {
    name: "the judge took an Orphan that somebody made again for a target that a propagation had forgotten",
    steps: ["a restored secret's target is deleted and made again by a person", "it is left alone, and counts: 1 done, none held it"],
    schedule: { setup: { ...plain, creation: 4, deletion: 1, shape: 1 }, steps: [24_354, 0, 118_129, 0, 106_797, 45_328, 111_148] },
  },
  {
    name: "a prune emptied a Secret that its next owner kept, though a controller had adopted it meanwhile",
    steps: [
      "c takes the Orphan x over from a, and its sync is held up",
      "s is deleted: c keeps x as it is, and so applies nothing",
      "a controller adopts x",
      "a's prune took a's marks away, and with them the data that a alone had applied",
    ],
    schedule: { setup: { ...plain, creation: 4, deletion: 1 }, steps: [126_561, 15_424, 167_063, 0, 60_688, 149_519] },
  },
  {
    name: "the judge took the last write of a take-over for one that a newer config forbade, though the first had begun under the older",
    steps: [
      "x holds s by a; the config wants t there by c, whose worker takes x over: three writes",
      "before the last one it wants s again",
    ],
    schedule: { setup: plain, steps: [23_200, 23_897, 0, 34_530, 97_984, 0] },
  },
];
