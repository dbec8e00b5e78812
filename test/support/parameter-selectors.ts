/** What the emulator's Parameter Store lacks: GetParameter and GetParameters of `name:<NUMBER>` and `name:<LABEL>`, made of the history that it has. */
import { GetParameterHistoryCommand, type ParameterHistory, SSMClient, type SSMClientConfig } from "@aws-sdk/client-ssm";

/** A client of the emulator that knows selectors, and answers as the service documents. */
export function createParameterClient(config: SSMClientConfig): SSMClient {
  const client = new SSMClient(config);
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const { Name, Names, WithDecryption } = args.input as { Name?: string; Names?: readonly string[]; WithDecryption?: boolean };
        if (commandName === "GetParameterCommand" && Name !== undefined && selectorIn(Name) !== undefined) {
          const Parameter = await select(client, Name, WithDecryption === true);
          return { response: {}, output: { $metadata: {}, Parameter } as never };
        }
        if (commandName === "GetParametersCommand" && Names !== undefined) {
          const plain = Names.filter((name) => selectorIn(name) === undefined);
          const chosen = await Promise.allSettled(
            Names.filter((name) => selectorIn(name) !== undefined).map((name) => select(client, name, WithDecryption === true)),
          );
          const selected = chosen.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
          if (plain.length === 0) return { response: {}, output: { $metadata: {}, Parameters: selected } as never };
          const answer = await next({ ...args, input: { ...args.input, Names: plain } });
          const { Parameters = [] } = answer.output as { Parameters?: readonly object[] };
          return { ...answer, output: { ...answer.output, Parameters: [...Parameters, ...selected] } };
        }
        return next(args);
      },
    { step: "initialize", name: "selectors" },
  );
  return client;
}

function selectorIn(name: string): string | undefined {
  return name.startsWith("arn:") ? undefined : name.split(":")[1];
}

async function select(client: SSMClient, named: string, WithDecryption: boolean) {
  const [Name = "", selector = ""] = named.split(":");
  const { Parameters = [] } = await client.send(new GetParameterHistoryCommand({ Name, WithDecryption, MaxResults: 50 }));
  const matches = ({ Version, Labels = [] }: ParameterHistory) => String(Version) === selector || Labels.includes(selector);
  const found = Parameters.find(matches);
  if (found === undefined) throw Object.assign(new Error("no such version"), { name: "ParameterVersionNotFound" });
  return { ...found, Selector: `:${selector}` };
}
