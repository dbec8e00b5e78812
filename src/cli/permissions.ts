/** `secret-relay permissions`: what the stack would grant to whom, and why; what goes beyond the config's names is marked. Asks no AWS. */
import { Command, InvalidArgumentError, Option } from "commander";
import { UserMistake } from "../core/config/context.ts";
import { FUNCTION_NAMES, type Grant, ownResourceOf, type Reach, type Why } from "../core/grants/grant.ts";
import { type GrantPlan, planGrants } from "../core/grants/plan.ts";
import { MANAGED_POLICY_CHARACTERS } from "../core/grants/policy-size.ts";
import { GRANT_KEYS, type GrantSettings, readGrantSettings } from "../core/grants/settings.ts";
import { type Context, loadConfig, readContext } from "./config-folder.ts";
import { CommandFailed, counted, type Io } from "./output.ts";
import { formatTable } from "./output-table.ts";

interface Options {
  readonly output: "table" | "json";
  readonly context: Context;
}

/** What `permissions -o json` prints. */
export interface Permissions {
  readonly grants: readonly {
    readonly functions: readonly string[];
    readonly actions: readonly string[];
    /** As in a template; `${Registry}` and the like are what the stack makes. */
    readonly resource: string;
    readonly condition: Grant["condition"] | null;
    readonly reach: Reach;
    /** Whether the deployment chose to grant more than the config names. */
    readonly overGranted: boolean;
    readonly why: readonly Why[];
  }[];
  readonly managedPolicies: readonly { readonly functions: readonly string[]; readonly characters: number }[];
  readonly managedPoliciesPerRole: number;
}

/** The command; it throws CommandFailed where the config has a mistake, or its grants don't fit. */
export function permissionsCommand(io: Io): Command {
  return new Command("permissions")
    .description("list what each function may do, to what, and why")
    .argument("[path]", 'the config folder (default: the context key "config" of ./cdk.json, else ./config)')
    .addOption(new Option("-o, --output <format>", "how to print it").choices(["table", "json"]).default("table"))
    .addOption(
      new Option("-c, --context <key=value>", "overrides a context key of ./cdk.json, as cdk deploy does")
        .argParser(addContext)
        .default({}, "none"),
    )
    .action((path: string | undefined, options: Options) => printPermissions(path, options, io));
}

const KEYS: readonly string[] = ["config", ...GRANT_KEYS];

function addContext(text: string, before: Context): Context {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("it must be key=value");
  if (!KEYS.includes(text.slice(0, at)))
    throw new InvalidArgumentError(`no such key decides what is granted; these do: ${KEYS.join(", ")}`);
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

async function printPermissions(path: string | undefined, options: Options, io: Io): Promise<void> {
  const context = { ...(await readContext(io.cwd)), ...options.context };
  const { config } = await loadConfig(path, io, async () => context);
  try {
    const settings = readGrantSettings((key) => context[key]);
    const plan = planGrants(config, settings);
    io.stdout.write(options.output === "json" ? `${JSON.stringify(toJson(plan, settings), undefined, 2)}\n` : toText(plan, settings));
  } catch (error) {
    if (error instanceof UserMistake) throw new CommandFailed(error.message);
    throw error;
  }
}

function toJson({ own, sources, policies }: GrantPlan, { managedPoliciesPerRole }: GrantSettings): Permissions {
  return {
    grants: [...own, ...sources].map(({ functions, actions, resource, condition, reach, why }) => {
      return { functions, actions, resource, condition: condition ?? null, reach, overGranted: isOverGranted(reach), why };
    }),
    managedPolicies: policies.map(({ functions, characters }) => ({ functions, characters })),
    managedPoliciesPerRole,
  };
}

function isOverGranted(reach: Reach): boolean {
  return reach === "prefix" || reach === "tag";
}

const BEYOND: Readonly<Record<Reach, string>> = {
  exact: "",
  pattern: "by pattern",
  prefix: "OVER-GRANTED: prefix",
  tag: "OVER-GRANTED: tag",
  any: "no resources",
};

/** So many reasons are named in the table; all are in the JSON. */
const NAMED_REASONS = 3;

function toText({ own, sources, policies }: GrantPlan, { managedPoliciesPerRole }: GrantSettings): string {
  const all = [...own, ...sources];
  const rows = all.map(({ functions, actions, resource, condition, reach, why }) => [
    functions.length === FUNCTION_NAMES.length ? "all" : functions.join(","),
    shortened(actions),
    ownResourceOf(resource) === undefined ? resource : resource.replace(/^\$\{(\w+)\}/, "$1"),
    [BEYOND[reach], condition === undefined ? "" : JSON.stringify(condition)].filter(Boolean).join(" "),
    reasons(why),
  ]);
  const over = all.filter(({ reach }) => isOverGranted(reach)).length;
  const fullest = Math.max(0, ...FUNCTION_NAMES.map((name) => policies.filter(({ functions }) => functions.includes(name)).length));
  const characters = policies.reduce((sum, policy) => sum + policy.characters, 0);
  return [
    formatTable(["FUNCTIONS", "ACTIONS", "RESOURCE", "BEYOND THE CONFIG'S NAMES", "WHY"], rows),
    `${counted(all.length, "grant")}, ${over} over-granted; managed policies: ${policies.length}, ` +
      `with ${characters} characters of ${policies.length * MANAGED_POLICY_CHARACTERS}; a role has ${fullest} of ${managedPoliciesPerRole}\n`,
  ].join("");
}

/** `ssm:GetParameter,GetParameters`: the service once. */
function shortened(actions: readonly string[]): string {
  const [first = ""] = actions;
  const service = first.slice(0, first.indexOf(":") + 1);
  return actions.map((action, index) => (index === 0 ? action : action.replace(service, ""))).join(",");
}

function reasons(why: readonly Why[]): string {
  const named = why.slice(0, NAMED_REASONS).map(({ kind, name }) => (kind === "function" ? name : `${kind} ${name}`));
  return [...named, ...(why.length > NAMED_REASONS ? [`and ${why.length - NAMED_REASONS} more`] : [])].join(", ");
}
