/** The registry's part in the hand-over of a target from a registration that goes. Run on the table and on its fake. */
import { describe, expect, it } from "@jest/globals";
import { type Registration, type RegistrationSpec, registrationId, targetKey } from "../../src/core/model.ts";
import type { Registry } from "../../src/core/ports.ts";
import { aSpec, type SpecOptions } from "../support/registrations.ts";

let made = 0;

/** Names of its own for each test, so that the suite may run on a registry that is not empty. */
function specOf(change: SpecOptions = {}): RegistrationSpec {
  made += 1;
  return aSpec({ name: `handed-${made}`, target: `handed-${made}`, ...change });
}

const targetOf = ({ spec }: Pick<Registration, "spec">) =>
  targetKey({ cluster: spec.cluster, namespace: spec.namespace, name: spec.target.name });

export function describeHandOver(registry: () => Registry): void {
  describe("hand-over", () => {
    async function put(spec: RegistrationSpec): Promise<Registration> {
      const generation = await registry().nextGeneration();
      const stored = await registry().putRegistration({ spec, generation, registeredAt: 1_000, references: [] });
      if (typeof stored === "string") throw new Error(stored);
      return stored;
    }
    const load = async (of: Registration) =>
      (await registry().load([{ registration: of.id, target: targetOf(of) }], [])).registrations.get(of.id);

    it("hands a target over from one registration to another in one write", async () => {
      const first = await put(specOf());
      const spec = specOf({ target: first.spec.target.name, creationPolicy: "Orphan" });

      const second = await registry().putRegistration({ spec, generation: 99, registeredAt: 7, references: [], takenFrom: first });

      if (typeof second === "string") throw new Error(second);
      expect(await registry().owner(targetOf(first))).toBe(second.id);
      expect((await load(second))?.registration).toEqual(second);
      const { registration } = (await load(first)) ?? {};
      expect(registration).toMatchObject({ phase: "tombstone", generation: 99, registeredAt: 7, rev: first.rev + 1, spec: first.spec });
    });

    it("hands nothing over from a registration that was written meanwhile, or that has another target", async () => {
      const [first, other] = [await put(specOf()), await put(specOf())];
      const now = await registry().record(first, { dueAt: 5 });
      const spec = specOf({ target: first.spec.target.name });
      const taking = { spec, generation: 99, registeredAt: 1, references: [] };

      expect(await registry().putRegistration({ ...taking, takenFrom: first })).toBe("lost");
      expect(await registry().putRegistration({ ...taking, takenFrom: other })).toBe("conflict");

      expect(await load(first)).toEqual({ registration: now, owner: first.id });
      expect((await load(other))?.registration).toEqual(other);
      const unwritten = { registration: registrationId(spec), target: targetOf(first) };
      expect((await registry().load([unwritten], [])).registrations.size).toBe(0);
    });
  });
}
