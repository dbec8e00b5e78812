/** The client of STS and its commands: a module of its own, which is loaded only where a store names a role or a service account. */
import { STSClient } from "@aws-sdk/client-sts";
import type { ClientOptions } from "../../core/remote-calls.ts";
import type { SourceCredentials } from "./source-credentials.ts";

export { AssumeRoleCommand, AssumeRoleWithWebIdentityCommand } from "@aws-sdk/client-sts";

/** Makes clients of these options. @default credentials - the function's own role */
export const stsClients =
  (options: (region: string) => ClientOptions) =>
  (region: string, credentials: SourceCredentials | undefined): STSClient =>
    new STSClient({ ...options(region), ...(credentials === undefined ? {} : { credentials }) });
