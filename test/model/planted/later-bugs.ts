/** Planted bugs of lines 11 and 12 of PROTOCOL's list, and those that this model found in the product itself. */
import { inFile, OWNER, type PlantedBug, SYNCED, targetOf, withSight } from "./planted-bug.ts";

export const LATER_BUGS: readonly PlantedBug[] = [
  {
    name: "a propagation is closed by any record",
    line: 11,
    source: inFile(
      "app/propagation.ts",
      ["  if (done + superseded < expected) {", "  if (done + superseded === 0) {"],
      ["counted.done + counted.superseded >= counted.expected", "counted.done + counted.superseded > 0"],
    ),
    setup: { ...OWNER, shape: 2 },
    faults: ["claimed falsely"],
  },
  {
    name: "a propagation is keyed by its version alone",
    line: 11,
    registry(inner) {
      const opened = new Map<string, number>();
      const once = (reference: string, versionId: string, at: number): number => {
        const key = `${reference} ${versionId}`;
        opened.set(key, opened.get(key) ?? at);
        return opened.get(key) ?? at;
      };
      return {
        ...inner,
        openPropagation: async (id, facts) => inner.openPropagation({ ...id, at: once(id.reference, id.versionId, id.at) }, facts),
        advanceHead: async (reference, candidate, opens) =>
          inner.advanceHead(reference, candidate, opens && { ...opens, at: once(reference, candidate.versionId, opens.at) }),
      };
    },
    setup: OWNER,
    faults: ["never claimed", "claimed falsely"],
  },
  {
    name: "a propagation whose event was lost is never opened",
    line: 11,
    source: inFile("app/observe-reference.ts", [
      "openingOf(notice, offered.asOf, endedAt, unopened?.expected));",
      "notice && openingOf(notice, offered.asOf, endedAt, unopened?.expected));",
    ]),
    setup: OWNER,
    faults: ["never claimed"],
  },
  {
    name: "an answer is used again after a 409",
    line: 12,
    source: inFile("app/sync-reads.ts", [
      "if (last !== undefined && last.at > after) return",
      "if (last !== undefined && last.at > after - 1_000) return",
    ]),
    setup: SYNCED,
    faults: ["stale", "lost", "blanked", "claimed falsely"],
  },
  {
    name: "the record is written before the target",
    line: 12,
    source: inFile(
      "app/sync-pass.ts",
      [
        "  const result = await writeTarget(deps, session, { ...pass, registration: remembered }, sources, trail);",
        `  const applied = Object.fromEntries(sources.observed.map(({ reference, versionId, asOf }) => [reference, { versionId, asOf }]));
  const early = await deps.registry.record(remembered, { applied, appliedGeneration: registration.generation });
  if (early === "lost") return passAgain(world, job);
  const result = await writeTarget(deps, session, { ...pass, registration: remembered }, sources, trail);`,
      ],
      [
        "  const recorded = await record(world, remembered, result, sources.observed);",
        "  const recorded = await record(world, early, result, sources.observed);",
      ],
    ),
    setup: OWNER,
    faults: ["lost", "blanked", "claimed falsely", "never claimed"],
  },
  {
    name: "denied access counts as absence",
    line: 12,
    source: inFile("app/observe-reference.ts", [
      "  const answer = await provider.read(reference);",
      `  const answer = await provider.read(reference).catch((error: unknown): SourceAnswer => {
    if (isRelayError(error) && error.code === "AccessDenied") return { kind: "absent", versionId: "absent", createdAt: clock.now() };
    throw error;
  });`,
    ]),
    setup: { ...SYNCED, deletion: 1 },
    faults: ["blanked", "claimed falsely"],
  },
  {
    name: "an update carries no resourceVersion",
    line: 12,
    cluster: withSight((inner) => async (manifest, manager, precondition) => {
      const seen = await inner.look(targetOf(manifest));
      const isLoose = precondition.kind === "update" && seen !== "missing" && seen.uid === precondition.uid;
      return inner.apply(
        manifest,
        manager,
        isLoose ? { kind: "update", uid: seen.uid, resourceVersion: seen.resourceVersion } : precondition,
      );
    }),
    setup: SYNCED,
    faults: ["stale", "lost", "blanked", "foreign keys touched", "claimed falsely"],
  },
  {
    name: "an update carries no uid",
    line: 12,
    cluster: withSight((inner) => async (manifest, manager, precondition) => {
      const seen = await inner.look(targetOf(manifest));
      return inner.apply(manifest, manager, precondition.kind === "update" && seen === "missing" ? { kind: "create" } : precondition);
    }),
    setup: { ...SYNCED, deletion: 1 },
    kinds: ["step", "runToEnd", "runToWrite", "deliver", "store", "meddle"],
    faults: ["stale", "blanked"],
  },
  {
    name: "a create overwrites what is there",
    line: 12,
    cluster: withSight((inner) => async (manifest, manager, precondition) => {
      const seen = await inner.look(targetOf(manifest));
      return inner.apply(
        manifest,
        manager,
        precondition.kind === "create" && seen !== "missing" ? { kind: "update", ...seen } : precondition,
      );
    }),
    setup: { ...SYNCED, start: 1 },
    faults: ["stale", "lost", "blanked"],
  },
  {
    name: "two versions of one second supersede each other",
    line: 0,
    source: inFile("core/sync/freshness.ts", ["applied.asOf > at + NOTICE_PRECISION_MS ?", "applied.asOf >= at ?"]),
    setup: SYNCED,
    faults: ["claimed falsely"],
  },
  {
    name: "a propagation is called done by the registry's word",
    line: 0,
    source: inFile(
      "app/sync-pass.ts",
      ["if (result.isByWord && isTarget && (await", "if (result.isByWord && !isTarget && (await"],
      [
        "if (!result.isByWord || changesFacts(registration, result)) {",
        "if (!result.isByWord || moves.length > 0 || changesFacts(registration, result)) {",
      ],
    ),
    setup: SYNCED,
    kinds: ["step", "runToEnd", "runToWrite", "deliver", "store", "wait", "misdeliver"],
    faults: ["claimed falsely", "never claimed"],
  },
  {
    name: "a late event of an earlier time of a version passes for the one of its return",
    line: 0,
    source: inFile("app/observe-reference.ts", ["otherwiseAt: asOf, ", ""]),
    setup: SYNCED,
    seed: 4,
    steps: 14,
    kinds: ["step", "runToEnd", "runToWrite", "deliver", "store", "wait", "crash"],
    faults: ["never claimed"],
  },
  {
    name: "keys are taken over before their values are put right",
    line: 0,
    source: inFile(
      "app/sync-write.ts",
      [
        '  const applied = await cluster.apply(manifest, manager, { kind: "update", uid, resourceVersion });',
        '  const applied = { kind: "written" as const, known: { uid, resourceVersion } } as WriteResult;',
      ],
      [
        'if (taken.kind === "stale" || taken.known.resourceVersion === applied.known.resourceVersion) return taken;',
        'if (taken.kind === "stale") return taken;',
      ],
    ),
    setup: SYNCED,
    faults: ["lost"],
  },
  {
    name: "a prune forgets a target that the next owner never wrote",
    line: 0,
    source: inFile("app/prune-target.ts", ['if (isUnwritten || !(stampAnnotation(owner) in annotations)) return "awaited";', ""]),
    setup: SYNCED,
    faults: ["blanked", "pruned target back"],
  },
  {
    name: "an Orphan's own unrecorded write passes for drift",
    line: 0,
    source: inFile("core/sync/decide.ts", [
      "  if (stamped !== undefined && stamped !== manifest.annotations[mark]) return undefined;\n",
      "",
    ]),
    setup: { creation: 4, shape: 0 },
    faults: ["lost"],
  },
  {
    name: "a prune believes that what the next owner wrote is still what is there",
    line: 0,
    source: inFile("app/prune-target.ts", [
      'if (isUnwritten || !(stampAnnotation(owner) in annotations)) return "awaited";',
      'if (isUnwritten) return "awaited";',
    ]),
    setup: { ...OWNER, start: 1, end: 0 },
    kinds: ["step", "runToEnd", "runToWrite", "deliver", "register", "meddle"],
    seed: 12,
    faults: ["blanked", "lost"],
  },
  {
    name: "a prune does not wait for a run that stopped",
    line: 0,
    source: inFile("app/prune-target.ts", ["runs.isOpen ?", "runs.generation < 0 ?"]),
    setup: { ...OWNER, start: 0, end: 0 },
    faults: ["blanked", "lost"],
  },
  {
    name: "a clock that is minutes off is believed",
    line: 0,
    time: () => ({ learn: () => {}, earliest: (at) => at, latest: (at) => at }),
    setup: { ...SYNCED, clocks: 1 },
    faults: ["lost", "stale", "never claimed", "claimed falsely", "pruned target back"],
  },
  {
    name: "the end of a read is taken for its earliest moment by a clock that is off",
    line: 0,
    source: inFile("app/observe-reference.ts", ["const endedAt = clock.latest();", "const endedAt = clock.now();"]),
    setup: { ...SYNCED, clocks: 1 },
    faults: ["lost", "stale", "never claimed", "claimed falsely"],
  },
];
