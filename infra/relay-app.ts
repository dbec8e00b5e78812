/**
 * Makes the app that `app.ts` synthesises, with cdk-nag's packs always on: context → settings and config → the relay's stack; or, where the
 * context names a hub's bus, the stack for an account or region that owns secrets, which needs neither config nor bundles.
 */
import { App, type AppProps, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks, NIST80053R5Checks } from "cdk-nag";
import { readRelayConfig } from "./config-source.ts";
import { RelayStack } from "./relay-stack.ts";
import { readSettings } from "./settings.ts";
import { isForSource, readSourceSettings } from "./source-settings.ts";
import { SourceStack } from "./source-stack.ts";

/** @throws UserMistake where a context key or the config is wrong */
export async function createRelayApp(props?: AppProps): Promise<App> {
  // Synthesised by its caller alone: not once more at the process's end, when a mistake has left it half made.
  const app = new App({ ...props, autoSynth: false });
  if (isForSource(app.node)) {
    new SourceStack(app, "secret-relay-source", readSourceSettings(app.node));
  } else {
    const settings = readSettings(app.node);
    const config = await readRelayConfig(settings.configFolder);
    new RelayStack(app, "secret-relay", { ...settings, config });
  }
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new NIST80053R5Checks(app));
  return app;
}
