/**
 * Bugs planted into the run on real parts, each on the wire behind an adapter, since jest's loader can't change a source while it loads it.
 * Beside each the same bug for fakes, which finds a schedule that shows it within milliseconds.
 */
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { targetOf } from "../../../src/adapters/aws/transitions.ts";
import type { HttpCall } from "../../../src/adapters/kubernetes/http.ts";
import { PLANTED_BUGS } from "../../model/planted/bugs.ts";
import { type PlantedBug, SYNCED } from "../../model/planted/planted-bug.ts";

export interface WireBug {
  readonly bug: PlantedBug;
  readonly onSend?: (call: HttpCall) => HttpCall;
  readonly onTable?: (client: DynamoDBClient) => void;
}

function known(name: string): PlantedBug {
  const bug = PLANTED_BUGS.find((one) => one.name === name);
  if (bug === undefined) throw new Error(`no planted bug "${name}"`);
  return bug;
}

interface ApplyBody {
  readonly metadata: Readonly<Record<string, unknown>>;
}

function withoutResourceVersion(call: HttpCall): HttpCall {
  if (call.operation !== "apply") return call;
  const body = JSON.parse(call.body ?? "") as ApplyBody;
  const { uid, resourceVersion: _dropped, ...rest } = body.metadata;
  // A create is fenced by its resourceVersion alone, and stays.
  return uid === undefined ? call : { ...call, body: JSON.stringify({ ...body, metadata: { ...rest, uid } }) };
}

interface Conditional {
  Key?: { readonly pk?: { readonly S?: string } };
  ConditionExpression?: string | undefined;
}

interface TableInput extends Conditional {
  readonly TransactItems?: readonly { readonly Update?: Conditional }[];
}

/** Items of a kind are written whatever is there: an unused value would be refused, so the condition becomes one that always holds. */
function withoutCondition(prefix: string, condition: string) {
  return (client: DynamoDBClient): void => {
    client.middlewareStack.add(
      (next) => async (args) => {
        const input = args.input as TableInput;
        for (const write of [input, ...(input.TransactItems ?? []).map(({ Update }) => Update)]) {
          const isMeant = write?.Key?.pk?.S?.startsWith(prefix) === true && write.ConditionExpression === condition;
          if (isMeant) write.ConditionExpression = `(${condition}) OR attribute_exists(#${condition.includes("#rev") ? "rev" : "since"})`;
        }
        return next(args);
      },
      { step: "initialize", name: "withoutCondition" },
    );
  };
}

export const WIRE_BUGS: readonly WireBug[] = [
  { bug: known("an update carries no resourceVersion"), onSend: withoutResourceVersion },
  {
    bug: {
      name: "HEAD moves whatever it is",
      line: 1,
      registry: (inner) => ({
        ...inner,
        async advanceHead(reference, candidate, opens) {
          // Here the adapter compares by itself before it writes.
          if (opens !== undefined && opens.expected === undefined) return inner.advanceHead(reference, candidate, opens);
          const head = await inner.head(reference);
          return inner.advanceHead(reference, { ...candidate, asOf: Math.max(candidate.asOf, (head?.since ?? 0) + 1) }, opens);
        },
      }),
      setup: SYNCED,
      faults: ["stale"],
    },
    onTable: withoutCondition("HEAD#", "attribute_not_exists(#pk) OR (#versionId <> :versionId AND #since < :asOf)"),
  },
  {
    bug: {
      name: "a registration is recorded whatever its rev is",
      line: 5,
      registry: (inner) => ({
        ...inner,
        async record(loaded, change) {
          const { registrations } = await inner.load([{ registration: loaded.id, target: targetOf(loaded.spec) }], []);
          const { rev, generation } = registrations.get(loaded.id)?.registration ?? loaded;
          return inner.record({ ...loaded, rev, generation }, change);
        },
      }),
      setup: SYNCED,
      faults: ["pruned target back"],
    },
    onTable: withoutCondition("CLUSTER#", "#rev = :rev AND #generation = :generation"),
  },
];
