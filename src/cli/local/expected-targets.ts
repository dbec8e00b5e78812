/** Which targets the sample secrets reach, and what each shall hold, computed by the same code as a sync. */
import { readConfigFiles } from "../../adapters/config/files.ts";
import { formatDiagnostics } from "../../core/config/diagnostics.ts";
import { resolveConfig } from "../../core/config/resolve.ts";
import { findPlaces } from "../../core/find/find.ts";
import { type RegistrationSpec, type ResolvedConfig, referenceKey, type TargetKey, targetKey } from "../../core/model.ts";
import { SecretValue } from "../../core/secret-value.ts";
// Any manifest may hold a property.
import "../../core/source/property.ts";
import { secureRandomBytes } from "../../core/sync/chance.ts";
import { renderContent } from "../../core/sync/content.ts";
import { referencesOf } from "../../core/sync/references.ts";
import { templateObjectsOf } from "../../core/sync/template-objects.ts";

/** What each target's data shall be, in base64 as the API server shows it. */
export type ExpectedTargets = ReadonlyMap<TargetKey, Readonly<Record<string, string>>>;

/** The config of a folder, placed in the emulator's account and region. @throws Error that shows every mistake with its place */
export async function readLocalConfig(
  folder: string,
  place: { readonly account: string; readonly region: string },
): Promise<ResolvedConfig> {
  const files = await readConfigFiles(folder);
  const { config, diagnostics } = resolveConfig(files, { account: place.account, defaultRegion: place.region });
  if (config === undefined) throw new Error(formatDiagnostics(diagnostics));
  return config;
}

/**
 * The targets that read nothing but these secrets (text by name), and at least one of `rotated`; without those that rules which find,
 * templates of the cluster, the clock or chance have a part in: what they shall hold can't be told from here.
 */
export async function expectedTargets(
  config: ResolvedConfig,
  values: ReadonlyMap<string, string>,
  rotated: readonly string[] = [...values.keys()],
): Promise<ExpectedTargets> {
  const concerned = config.registrations.filter((spec) => {
    const keys = referencesOf(spec).map(({ key }) => key);
    const isTold = findPlaces(spec).length === 0 && templateObjectsOf(spec).length === 0;
    return isTold && keys.every((key) => values.has(key)) && keys.some((key) => rotated.includes(key));
  });
  const expected = new Map<TargetKey, Readonly<Record<string, string>>>();
  for (const spec of concerned) {
    const data = await expectedData(spec, values);
    if (data !== undefined) expected.set(targetOf(spec), data);
  }
  return expected;
}

function targetOf({ cluster, namespace, target }: RegistrationSpec): TargetKey {
  return targetKey({ cluster, namespace, name: target.name });
}

async function expectedData(
  spec: RegistrationSpec,
  values: ReadonlyMap<string, string>,
): Promise<Readonly<Record<string, string>> | undefined> {
  const answers = new Map(
    referencesOf(spec).map((reference) => {
      const value = new SecretValue(values.get(reference.key) ?? "");
      return [referenceKey(reference), { kind: "present", versionId: "expected", createdAt: 0, value }] as const;
    }),
  );
  const environment = { nowMs: 0, randomBytes: secureRandomBytes };
  const { data, varying } = await renderContent(spec, answers, { environment, texts: new Map() });
  if (varying !== undefined) return undefined;
  return Object.fromEntries([...data].map(([key, value]) => [key, Buffer.from(value.expose()).toString("base64")]));
}
