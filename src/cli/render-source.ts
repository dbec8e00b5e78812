/** A store whose secrets come from a values file: reads answer as the real store would, errors included. */
import { RelayError } from "../core/errors.ts";
import type { SecretProvider } from "../core/ports.ts";
import { SecretValue } from "../core/secret-value.ts";
import type { World } from "./world-file.ts";

/** A key that the file does not name is proven to be absent; a version or stage that it lacks is VersionMissing. */
export function createWorldSource(world: World): Pick<SecretProvider, "read"> {
  return {
    async read({ provider, key, version }) {
      const versions = world.remote.get(provider)?.get(key);
      if (versions === undefined) return { kind: "absent", versionId: "absent", createdAt: 0 };
      const wanted = version.slice(version.indexOf("/") + 1);
      const found = versions.find(({ id, stages }) => (version.startsWith("id/") ? id === wanted : stages.includes(wanted)));
      if (found === undefined) throw new RelayError("VersionMissing", key);
      return { kind: "present", versionId: found.id, createdAt: 0, value: new SecretValue(found.value) };
    },
  };
}
