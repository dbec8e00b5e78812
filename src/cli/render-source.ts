/** A store whose secrets come from a values file: reads answer as the real store would, errors included. */
import { RelayError } from "../core/errors.ts";
import type { Reference } from "../core/model.ts";
import type { SecretProvider } from "../core/ports.ts";
import { SecretValue } from "../core/secret-value.ts";
import { tagsValue } from "../core/source/tags.ts";
import type { World, WorldVersion } from "./world-file.ts";

/**
 * A key that the file does not name is proven to be absent; a version or stage that it lacks is VersionMissing. The file knows no
 * accounts: whatever credentials a store names, they read the same.
 */
export function createWorldSource(world: Pick<World, "remote" | "tags">): Pick<SecretProvider, "read" | "list"> {
  return {
    list: async ({ provider }) => [...(world.remote.get(provider)?.keys() ?? [])],
    async read(reference) {
      const { provider, key, version } = reference;
      const versions = world.remote.get(provider)?.get(key);
      if (versions === undefined) return { kind: "absent", versionId: "absent", createdAt: 0 };
      if (version === "tags") {
        const tags = Object.entries(world.tags.get(provider)?.get(key) ?? {});
        return { kind: "present", versionId: version, createdAt: 0, value: tagsValue(tags) };
      }
      const found = version === "latest" ? latest(versions) : versionOf(reference, versions);
      if (found === undefined) throw new RelayError("VersionMissing", key);
      return { kind: "present", versionId: found.id, createdAt: 0, value: new SecretValue(found.value) };
    },
  };
}

/** By id, or by staging label or label. */
function versionOf({ version }: Reference, versions: readonly WorldVersion[]): WorldVersion | undefined {
  const wanted = version.slice(version.indexOf("/") + 1);
  return versions.find(({ id, stages }) => (version.startsWith("id/") ? id === wanted : stages.includes(wanted)));
}

/** The one with the highest number. */
function latest(versions: readonly WorldVersion[]): WorldVersion | undefined {
  return versions.toSorted((a, b) => Number(b.id) - Number(a.id))[0];
}
