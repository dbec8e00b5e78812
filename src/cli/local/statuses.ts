/** Tells why targets did not get their value, by what the registry knows of them. */
import { createDynamoRegistry } from "../../adapters/aws/dynamodb-registry.ts";
import { type Registration, type TargetKey, targetKey } from "../../core/model.ts";
import { dynamoDbOf } from "./aws-clients.ts";

/** One line for each missing target: its status, or that the registry doesn't know it. Names and codes, never a value. */
export async function describeMissing(
  environment: Readonly<Record<string, string>>,
  outputs: Readonly<Record<string, string>>,
  missing: readonly TargetKey[],
): Promise<string> {
  const client = dynamoDbOf(environment);
  try {
    const registry = createDynamoRegistry(client, outputs["RegistryTableName"] ?? "");
    const known = new Map<TargetKey, Registration>();
    for (const cluster of new Set(missing.map((target) => target.slice(0, target.indexOf("/"))))) {
      for await (const page of registry.ofCluster(cluster)) {
        for (const registration of page) {
          const { namespace, target } = registration.spec;
          known.set(targetKey({ cluster, namespace, name: target.name }), registration);
        }
      }
    }
    const lines = missing.map((target) => `  ${target}: ${describeStatus(known.get(target))}`);
    return [`${missing.length} targets did not get the value in time:`, ...lines].join("\n");
  } finally {
    client.destroy();
  }
}

function describeStatus(registration: Registration | undefined): string {
  if (registration === undefined) return "not registered";
  const { state, error } = registration.status;
  return error === undefined ? state : `${state} at step ${error.step}: ${error.message}`;
}
