/** Starts the function once more, for what one run of it can't do: a module of its own, since most configs need only one. */
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { type ClientOptions, relayError } from "../../src/core/remote-calls.ts";
import type { ResourceEvent } from "./custom-resource.ts";

/** Does not wait for what the run does. @throws InvocationFailed */
export type Invoke = (functionName: string, event: ResourceEvent) => Promise<void>;

export function createInvoke(options: ClientOptions): Invoke {
  const client = new LambdaClient(options);
  return async (functionName, event) => {
    try {
      await client.send(new InvokeCommand({ FunctionName: functionName, InvocationType: "Event", Payload: JSON.stringify(event) }));
    } catch (error) {
      throw relayError("InvocationFailed", functionName, "lambda", "Invoke", error);
    }
  };
}
