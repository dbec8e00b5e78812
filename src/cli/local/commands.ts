/** What to try next: commands to copy, exact for what is up. They work in any shell of another terminal. */
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { resolveApiServerBinaries } from "../../local/api-server-binaries.ts";
import { expectedTargets } from "./expected-targets.ts";
import type { LocalRelay } from "./parts.ts";
import { ROTATED_SAMPLE } from "./samples.ts";

/** Version 1 of the AWS CLI knows AWS_DEFAULT_REGION only. */
const ENVIRONMENT = ["AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

/** The text to print when it stays up; `ending` says how it ends. */
export async function nextCommands(relay: LocalRelay, ending: string): Promise<string> {
  const { aws, clusters, config, values } = relay;
  const kubectl = await findKubectl();
  const exports = ENVIRONMENT.map((name) => `${name}=${quote(aws.environment[name] ?? "")}`).join(" ");
  const own = JSON.stringify({ ...JSON.parse(values.get(ROTATED_SAMPLE) ?? "{}"), password: "my own" });
  const targets = [...(await expectedTargets(config, values, [ROTATED_SAMPLE]))].map(([target, data]) => {
    const [cluster = "", namespace, name] = target.split("/");
    const keys = Object.keys(data);
    const key = keys.includes("password") ? "password" : (keys[0] ?? "");
    return { base: `${kubectl} --kubeconfig ${quote(clusters.get(cluster)?.kubeconfigPath ?? "")} -n ${namespace}`, name, key };
  });
  const [first] = targets;
  return [
    "It is up. Try, in another terminal:",
    "",
    "  # Rotate, and see each target get the new value:",
    "  npx secret-relay local rotate",
    "",
    "  # Rotate by the AWS CLI, to a value of your own:",
    `  export ${exports}`,
    `  aws secretsmanager put-secret-value --secret-id ${ROTATED_SAMPLE} --secret-string ${quote(own)}`,
    "",
    "  # See what each cluster holds:",
    ...targets.map(({ base, name, key }) => `  ${base} get secret ${name} -o jsonpath='{.data.${key}}' | base64 -d; echo`),
    "",
    ...(first === undefined
      ? []
      : ["  # Delete a target, and see it come back within two minutes:", `  ${first.base} delete secret ${first.name}`, ""]),
    "  # What the relay knows:",
    "  npx secret-relay status --local",
    "",
    ending,
    "",
  ].join("\n");
}

/** The user's own kubectl, else the one that came with the API server. */
async function findKubectl(): Promise<string> {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    try {
      await access(join(folder, "kubectl"), constants.X_OK);
      return "kubectl";
    } catch {
      // Not in this folder.
    }
  }
  return quote(join(await resolveApiServerBinaries(), "kubectl"));
}

/** As one word of a POSIX shell. */
function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
