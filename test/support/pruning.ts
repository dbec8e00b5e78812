/** Tombstones in a `relayWorld`, and the requests that prune their targets. */
import type { Registration } from "../../src/core/model.ts";
import type { World } from "./relay-world.ts";

export async function entombed(world: World, registration: Registration, generation = 90): Promise<Registration> {
  const tombstone = await world.registry.entomb(await world.reg(registration), generation, world.clock.now());
  if (tombstone === "lost") throw new Error("lost");
  return tombstone;
}

export const pruneOf = (world: World, tombstone: Registration, notBefore = 0) =>
  world.requestOf(tombstone, { verify: true, prune: { generation: tombstone.generation, notBefore } });
