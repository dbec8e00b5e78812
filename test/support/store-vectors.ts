/** Runs vectors of stores: real config, real sessions, real collectData, over stores, roles and a cluster that the vector describes. */
import { readFile } from "node:fs/promises";
import { AssumeRoleCommand, AssumeRoleWithWebIdentityCommand } from "@aws-sdk/client-sts";
import { parse, stringify } from "yaml";
import { type CredentialSource, createSourceSessions, type SourceSessions } from "../../src/adapters/providers/sessions.ts";
import type { SourceCredentials } from "../../src/adapters/providers/source-credentials.ts";
import { readMembers } from "../../src/app/find-members.ts";
import { createWorldSource } from "../../src/cli/render-source.ts";
import { readWorld } from "../../src/cli/world-file.ts";
import { resolveManifests } from "../../src/core/config/resolve-manifests.ts";
import { isRelayError, RelayError } from "../../src/core/errors.ts";
import { type Reference, type ReferenceKey, type RegistrationSpec, referenceKey } from "../../src/core/model.ts";
import type { ClusterAuthReads, SecretQuery, SourceAnswer } from "../../src/core/ports.ts";
import { SecretValue } from "../../src/core/secret-value.ts";
import { requireAdmitted } from "../../src/core/stores/stores.ts";
import "../../src/core/source/property.ts";
import { collectData } from "../../src/core/sync/data.ts";
import { referencesOf } from "../../src/core/sync/references.ts";

type Holdings = Readonly<Record<string, unknown>>;

/** One line of a vector file; the head of stores.yaml has its fields. */
export interface StoreVector {
  readonly name: string;
  readonly stores: readonly { readonly kind: string; readonly metadata: object; readonly spec: object }[];
  readonly secret: { readonly namespace?: string; readonly spec: object };
  /** What the function's own role reads. */
  readonly own?: Holdings;
  /** What others read: by role, or by access key id. */
  readonly as?: Readonly<Record<string, Holdings>>;
  readonly roles?: Readonly<Record<string, Role>>;
  readonly cluster?: InCluster;
  readonly data?: Readonly<Record<string, string>>;
  readonly error?: string;
  /** The store is another controller's: nobody is registered. */
  readonly ignored?: true;
}

interface Role {
  /** Who may assume it. @default function */
  readonly trusts?: string;
  readonly externalId?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly transitive?: readonly string[];
}

interface InCluster {
  readonly namespaces?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly serviceAccounts?: Readonly<Record<string, { readonly role?: string; readonly audience?: string }>>;
}

export async function readVectors(file: string): Promise<readonly StoreVector[]> {
  return parse(await readFile(`test/vectors/${file}`, "utf8")) as readonly StoreVector[];
}

/** What the vector's field `data`, `error` or `ignored` must equal. */
export async function outcomeOf(vector: StoreVector): Promise<Pick<StoreVector, "data" | "error" | "ignored">> {
  const { manifests, diagnostics } = resolveManifests([{ path: "all.yaml", text: documentsOf(vector) }], OWN, []);
  const [manifest] = manifests;
  if (manifest === undefined) return diagnostics.length > 0 ? { error: "InvalidManifest" } : { ignored: true };
  if (manifest.kind === "failed" || diagnostics.length > 0) return { error: "InvalidManifest" };
  const { spec } = manifest;
  const sessions = sessionsOf(vector);
  try {
    requireAdmitted(spec, vector.cluster?.namespaces?.[spec.namespace] ?? {});
    const answers = new Map<ReferenceKey, SourceAnswer>();
    const observe = async (reference: Reference) => {
      const answer = await (await sourceOf(vector, sessions, reference)).read(reference);
      return { reference: referenceKey(reference), versionId: answer.versionId, answer, asOf: 0 };
    };
    const list = async (query: SecretQuery) => (await sourceOf(vector, sessions, query)).list(query);
    for (const reference of referencesOf(spec)) answers.set(referenceKey(reference), (await observe(reference)).answer);
    const { values: found } = await readMembers({ observe, list }, spec, { applied: {}, told: [], isListed: true });
    const data = collectData(spec, answers, { found });
    return { data: Object.fromEntries([...data].map(([key, value]) => [key, value.exposeText()])) };
  } catch (error) {
    if (!isRelayError(error)) throw error;
    return { error: error.code };
  }
}

/** The registration of a vector's manifest, where it is valid. */
export function resolvedSpec(vector: StoreVector): RegistrationSpec | undefined {
  const [manifest] = resolveManifests([{ path: "all.yaml", text: documentsOf(vector) }], OWN, []).manifests;
  return manifest?.kind === "resolved" ? manifest.spec : undefined;
}

const OWN = { account: "111111111111", defaultRegion: "eu-west-1" };

function documentsOf({ stores, secret }: StoreVector): string {
  const { namespace = "app", spec } = secret;
  const documents = [...stores, { kind: "ExternalSecret", metadata: { name: "one", namespace }, spec }];
  return documents.map((document) => stringify({ apiVersion: "external-secrets.io/v1", ...document })).join("---\n");
}

/** Who reads is told by the credentials alone, as in the store itself. */
async function sourceOf(
  vector: StoreVector,
  sessions: SourceSessions,
  source: CredentialSource,
): Promise<ReturnType<typeof createWorldSource>> {
  const credentials = await sessions.credentials(source);
  const held = credentials === undefined ? (vector.own ?? {}) : vector.as?.[credentials.accessKeyId];
  if (held === undefined) throw new RelayError("AccessDenied", credentials?.accessKeyId ?? "function");
  const world = readWorld({ path: "world.yaml", text: stringify(held) });
  if (!("world" in world)) throw new Error(`${vector.name}: ${JSON.stringify(world.diagnostics)}`);
  return createWorldSource(world.world);
}

/** An STS that knows the vector's roles: the access key id of what it gives is the role's ARN. */
function sessionsOf({ roles = {}, cluster = {} }: StoreVector): SourceSessions {
  const denied = () => Object.assign(new Error("denied"), { name: "AccessDenied" });
  const given = (role: string) => ({
    Credentials: { AccessKeyId: role, SecretAccessKey: "s", SessionToken: "t", Expiration: new Date(3_600_000) },
  });
  const sts = (by: SourceCredentials | undefined) => ({
    async send(command: object) {
      if (command instanceof AssumeRoleWithWebIdentityCommand) {
        const { RoleArn = "", WebIdentityToken = "" } = command.input;
        // The token is the audiences and the account that it is of.
        if (roles[RoleArn]?.trusts !== WebIdentityToken) throw denied();
        return given(RoleArn);
      }
      if (!(command instanceof AssumeRoleCommand)) throw denied();
      const { RoleArn = "", ExternalId, Tags = [], TransitiveTagKeys } = command.input;
      const role = roles[RoleArn];
      const tags = Object.fromEntries(Tags.map(({ Key = "", Value = "" }) => [Key, Value]));
      const isTrusted =
        role !== undefined &&
        (role.trusts ?? "function") === (by?.accessKeyId ?? "function") &&
        role.externalId === ExternalId &&
        JSON.stringify(role.tags ?? {}) === JSON.stringify(tags) &&
        JSON.stringify(role.transitive ?? []) === JSON.stringify(TransitiveTagKeys ?? []);
      if (!isTrusted) throw denied();
      return given(RoleArn);
    },
  });
  return createSourceSessions({
    modules: { sts: () => import("../../src/adapters/providers/sts.ts") },
    now: () => 0,
    authReads: async () => readsOf(cluster),
    connect: (_region, by) => sts(by) as never,
  });
}

function readsOf({ secrets = {}, serviceAccounts = {} }: InCluster): ClusterAuthReads {
  const accountOf = ({ namespace, name }: { readonly namespace: string; readonly name: string }) => {
    const account = serviceAccounts[`${namespace}/${name}`];
    if (account === undefined) throw new RelayError("StoreAuthMissing", name);
    return account;
  };
  return {
    async secretKey({ namespace, name, key }) {
      const value = secrets[`${namespace}/${name}`]?.[key];
      if (value === undefined) throw new RelayError("StoreAuthMissing", name);
      return new SecretValue(value);
    },
    async serviceAccount(ref) {
      const { role, audience } = accountOf(ref);
      return { roleArn: role, audience };
    },
    async serviceAccountToken(ref, audiences) {
      accountOf(ref);
      return new SecretValue(`${ref.namespace}/${ref.name} for ${audiences.join(" ")}`);
    },
  };
}
