/** Which shared prefixes would make the named grants fit: as deep and as few as it takes, so that little else lies below them. Pure. */

import { resourceCharacters } from "./policy-size.ts";
import type { NamedGrant } from "./widen.ts";

export interface ProposedPrefix {
  /** For `grantPrefixes`. */
  readonly prefix: string;
  /** Names of the config that it stands for. */
  readonly covered: number;
}

/** Everything that begins with `stem`. */
interface Branch {
  readonly stem: string;
  readonly depth: number;
  readonly parent: Branch | undefined;
  readonly children: Map<string, Branch>;
  /** Region and account of whatever is below: each takes a pattern of its own. */
  readonly places: Set<string>;
  covered: number;
  /** Characters of the names directly here. */
  own: number;
  isChosen: boolean;
  /** Characters of all that is here, with what is chosen so far. */
  cost: number;
}

function branch(stem: string, parent: Branch | undefined): Branch {
  const depth = parent === undefined ? 0 : parent.depth + 1;
  return { stem, depth, parent, children: new Map(), places: new Set(), covered: 0, own: 0, isChosen: false, cost: 0 };
}

/** A prefix ends behind a separator: what people group names by. */
function stemsOf(name: string): readonly string[] {
  return [...name.replace(/-\?{6}$/, "").matchAll(/[/._-]/g)].map(({ index }) => name.slice(0, index + 1)).filter((stem) => stem !== "/");
}

function grow(named: readonly NamedGrant[]): { readonly root: Branch; readonly branches: readonly Branch[] } {
  const root = branch("", undefined);
  const branches: Branch[] = [];
  for (const { grant, place, name } of named) {
    let at = root;
    for (const stem of stemsOf(name)) {
      let next = at.children.get(stem);
      if (next === undefined) {
        next = branch(stem, at);
        at.children.set(stem, next);
        branches.push(next);
      }
      next.covered += 1;
      next.places.add(place);
      at = next;
    }
    at.own += resourceCharacters(grant.resource);
  }
  for (const one of [...branches, root].toSorted((a, b) => b.depth - a.depth)) one.cost = openCost(one);
  return { root, branches };
}

function openCost({ own, children }: Branch): number {
  return [...children.values()].reduce((sum, { cost }) => sum + cost, own);
}

function prefixCost({ places, stem }: Branch): number {
  return [...places].reduce((sum, place) => sum + resourceCharacters(`${place}${stem}*`), 0);
}

function choose(one: Branch, isChosen: boolean): void {
  one.isChosen = isChosen;
  const change = (isChosen ? prefixCost(one) : openCost(one)) - one.cost;
  one.cost += change;
  // Above a chosen branch nothing changes by what is below it.
  for (let at = one.parent; at !== undefined && !at.isChosen; at = at.parent) at.cost += change;
}

/**
 * The narrowest that it finds: deeper branches first, and of those the ones that save most, until all fits; then whatever is not needed
 * for that is taken back. Undefined where not even the first part of each name would do.
 * @param budget characters for all named grants together
 */
export function proposePrefixes(named: readonly NamedGrant[], budget: number): readonly ProposedPrefix[] | undefined {
  const { root, branches } = grow(named);
  const levels = [...Map.groupBy(branches, ({ depth }) => depth)].toSorted(([a], [b]) => b - a);
  const chosen: Branch[] = [];
  for (const [, level] of levels) {
    const saving = level.map((one) => ({ one, saved: openCost(one) - prefixCost(one) })).filter(({ saved }) => saved > 0);
    for (const { one } of saving.toSorted((a, b) => b.saved - a.saved || (a.one.stem < b.one.stem ? -1 : 1))) {
      if (root.cost <= budget) break;
      choose(one, true);
      chosen.push(one);
    }
  }
  if (root.cost > budget) return undefined;
  takeBack(root, chosen, budget);
  const effective = chosen.filter((one) => one.isChosen && !isBelowChosen(one));
  return effective.map(({ stem, covered }) => ({ prefix: `${stem}*`, covered })).toSorted((a, b) => (a.prefix < b.prefix ? -1 : 1));
}

/** The shallowest first: they stand for most. */
function takeBack(root: Branch, chosen: readonly Branch[], budget: number): void {
  const savedBy = (one: Branch): number => openCost(one) - prefixCost(one);
  const order = chosen.map((one) => ({ one, saved: savedBy(one) })).toSorted((a, b) => a.one.depth - b.one.depth || a.saved - b.saved);
  for (const { one } of order) {
    if (isBelowChosen(one)) continue;
    choose(one, false);
    if (root.cost > budget) choose(one, true);
  }
}

function isBelowChosen({ parent }: Branch): boolean {
  for (let at = parent; at !== undefined; at = at.parent) if (at.isChosen) return true;
  return false;
}
