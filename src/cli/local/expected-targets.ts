/** Which targets the sample secrets reach, and what each shall hold, computed by the same code as a sync. */
import { readConfigFiles } from "../../adapters/config/files.ts";
import { formatDiagnostics } from "../../core/config/diagnostics.ts";
import { resolveConfig } from "../../core/config/resolve.ts";
import { findPlaces } from "../../core/find/find.ts";
import { type RegistrationSpec, type ResolvedConfig, referenceKey, type TargetKey, targetKey } from "../../core/model.ts";
import { SecretValue } from "../../core/secret-value.ts";
import { collectData } from "../../core/sync/data.ts";
import { referencesOf } from "../../core/sync/references.ts";

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

/** The targets that read nothing but these secrets (text by name), at least one of `rotated`, and find none: what a rule finds only the store knows. */
export function expectedTargets(
  config: ResolvedConfig,
  values: ReadonlyMap<string, string>,
  rotated: readonly string[] = [...values.keys()],
): ExpectedTargets {
  const concerned = config.registrations.filter((spec) => {
    const keys = referencesOf(spec).map(({ key }) => key);
    return findPlaces(spec).length === 0 && keys.every((key) => values.has(key)) && keys.some((key) => rotated.includes(key));
  });
  return new Map(concerned.map((spec) => [targetOf(spec), expectedData(spec, values)]));
}

function targetOf({ cluster, namespace, target }: RegistrationSpec): TargetKey {
  return targetKey({ cluster, namespace, name: target.name });
}

function expectedData(spec: RegistrationSpec, values: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  const answers = new Map(
    referencesOf(spec).map((reference) => {
      const value = new SecretValue(values.get(reference.key) ?? "");
      return [referenceKey(reference), { kind: "present", versionId: "expected", createdAt: 0, value }] as const;
    }),
  );
  const data = [...collectData(spec, answers)].map(([key, value]) => [key, Buffer.from(value.expose()).toString("base64")]);
  return Object.fromEntries(data);
}
