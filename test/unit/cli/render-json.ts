/** Renders manifests in a small world, and takes the JSON apart. */
import { runCli, type Setting, STORE } from "./run-cli.ts";

/** What the stores and the cluster of these tests hold. */
export const WORLD = `
SecretsManager:
  db: '{"username":"admin","password":"p1","port":5432,"ratio":1.50,"nested":{"list":["a","b"]},"a/b":"slash","none":null}'
  plain: just text
  empty: '{}'
  clash: '{"a/b":"1","a b":"2"}'
  binary: { binary: /wD+ }
  rolled:
    versions:
      - { id: v2, stages: [AWSCURRENT], value: new }
      - { id: v1, stages: [AWSPREVIOUS], value: old }
      - { id: v0, value: oldest }
secrets:
  app/existing: { mine: theirs, shared: theirs }
`;

/** Renders `manifests`, with the store `aws` before them. */
export async function renderJson(
  manifests: string,
  setting: Setting & { readonly args?: readonly string[]; readonly world?: string } = {},
) {
  const { args = [], world = WORLD, files = {}, ...rest } = setting;
  const ran = await runCli(["render", "-f", "manifests.yaml", "--values", "world.yaml", "-o", "json", ...args], {
    ...rest,
    files: { "manifests.yaml": STORE + manifests, "world.yaml": world, ...files },
  });
  return { ...ran, items: JSON.parse(ran.stdout) as readonly Item[] };
}

/** One element of the output. */
export interface Item {
  readonly namespace: string;
  readonly name: string;
  readonly action: string;
  readonly target: {
    readonly metadata: Record<string, unknown>;
    readonly data: Record<string, string>;
    readonly type?: string;
  } | null;
  readonly error?: { readonly code: string; readonly message: string };
}

/** The target's data as text, one character a byte. */
export function dataOf(item: Item | undefined): Record<string, string> | undefined {
  const data = item?.target?.data;
  return data && Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString("latin1")]));
}
