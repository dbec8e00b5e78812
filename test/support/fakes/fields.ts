/** Comparisons and copies of the fields of an object in memory. */

export function equal(left: Uint8Array | undefined, right: Uint8Array): boolean {
  return left === right || (left !== undefined && Buffer.compare(left, right) === 0);
}

export function without(fields: Readonly<Record<string, string>>, keys: readonly string[]): Readonly<Record<string, string>> {
  if (keys.length === 0) return fields;
  return Object.fromEntries(Object.entries(fields).filter(([key]) => !keys.includes(key)));
}

export function areSame(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}
