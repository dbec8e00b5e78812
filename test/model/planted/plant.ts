/** Loads a second copy of the use cases with one planted bug in it. Only Node's own loader can do that, so it runs outside of jest. */
import { registerHooks } from "node:module";
import type { UseCases } from "../use-cases.ts";
import { PLANTED_BUGS } from "./bugs.ts";
import type { PlantedBug } from "./planted-bug.ts";

/** Errors and secret values are told apart by identity, so that both copies share them. */
const COPIED = /\/(src\/(app|core\/sync|core\/config\/diff)|test\/model\/use-cases\.ts)/;

registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context);
    const planted = context.parentURL === undefined ? null : new URL(context.parentURL).searchParams.get("planted");
    if (planted === null || !COPIED.test(resolved.url) || resolved.url.includes("?")) return resolved;
    return { ...resolved, url: `${resolved.url}?planted=${planted}` };
  },
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const planted = url.startsWith("file:") ? new URL(url).searchParams.get("planted") : null;
    const bug = planted === null ? undefined : PLANTED_BUGS[Number(planted)];
    if (bug?.source === undefined || !new URL(url).pathname.endsWith(`/src/${bug.source.file}`)) return loaded;
    return { ...loaded, source: plantInto(Buffer.from(loaded.source as Uint8Array).toString(), bug) };
  },
});

/** @throws where a piece is not there exactly once: then the product changed, and the bug must be planted anew */
function plantInto(source: string, { name, source: planted }: PlantedBug): string {
  let changed = source;
  for (const [from, to] of planted?.pieces ?? []) {
    const parts = changed.split(from);
    if (parts.length !== 2) throw new Error(`"${name}" is there ${parts.length - 1} times in ${planted?.file}: ${from}`);
    changed = parts.join(to);
  }
  return changed;
}

export async function useCasesWith(bug: PlantedBug): Promise<UseCases> {
  const module = (await import(`../use-cases.ts?planted=${PLANTED_BUGS.indexOf(bug)}`)) as { readonly useCases: UseCases };
  return module.useCases;
}
