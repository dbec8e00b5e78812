/** The CDK app: reads the context and the config folder, and synthesises one stack: the relay's, or an owner's of secrets. A user's mistake ends it without a stack trace. */
import { isUserMistake } from "../src/core/config/context.ts";
import { createRelayApp } from "./relay-app.ts";

try {
  const app = await createRelayApp();
  app.synth();
} catch (error) {
  if (!isUserMistake(error)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
