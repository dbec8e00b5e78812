/** Loads the families that parsed templates call, so that executing them can stay synchronous. */
import type { FunctionTable } from "../function-table.ts";
import type { ParsedTemplate } from "../nodes.ts";
import { EAGER_FUNCTIONS } from "./eager.ts";
import { LAZY_NAMES, type LazyFamily } from "./names.ts";

const LOADERS: Readonly<Record<LazyFamily, () => Promise<FunctionTable>>> = {
  certificates: async () => (await import("./certificates.ts")).CERTIFICATES,
  jwk: async () => (await import("./jwk.ts")).JWK_FUNCTIONS,
  passwords: async () => (await import("./passwords.ts")).PASSWORDS,
  pem: async () => (await import("./pem.ts")).PEM_FUNCTIONS,
  pkcs12: async () => (await import("./pkcs12.ts")).PKCS12_FUNCTIONS,
  regexps: async () => (await import("./regexps.ts")).REGEXPS,
  semver: async () => (await import("./semver.ts")).SEMVER,
  yaml: async () => (await import("./yaml.ts")).YAML_FUNCTIONS,
};

function isFamily(name: string): name is LazyFamily {
  return Object.hasOwn(LOADERS, name);
}

/** The families of `LAZY_NAMES` that these templates need. */
function neededFamilies(templates: readonly ParsedTemplate[]): readonly LazyFamily[] {
  return Object.keys(LAZY_NAMES)
    .filter(isFamily)
    .filter((family) => templates.some(({ functions }) => LAZY_NAMES[family].some((name) => functions.has(name))));
}

/** The functions that these templates need; modules that were loaded before are not loaded again. */
export async function loadFunctions(templates: readonly ParsedTemplate[]): Promise<FunctionTable> {
  const families = await Promise.all(neededFamilies(templates).map((family) => LOADERS[family]()));
  return families.length === 0 ? EAGER_FUNCTIONS : Object.freeze(Object.assign({}, EAGER_FUNCTIONS, ...families));
}
