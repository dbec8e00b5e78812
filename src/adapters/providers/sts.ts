/** The client of STS and its commands: a module of its own, which is loaded only where a store names a role or a service account. */
import { STSClient } from "@aws-sdk/client-sts";
import { clientOptions } from "../../core/remote-calls.ts";
import type { SourceCredentials } from "./sessions.ts";

export { AssumeRoleCommand, AssumeRoleWithWebIdentityCommand } from "@aws-sdk/client-sts";

/** @default credentials - the function's own role */
export function connectSts(region: string, credentials: SourceCredentials | undefined): STSClient {
  return new STSClient({ ...clientOptions(region), ...(credentials === undefined ? {} : { credentials }) });
}
