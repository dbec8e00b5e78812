/** What only EKS clusters need of the SDK: a module of its own, which is loaded only where the config names one. */
import { EKSClient } from "@aws-sdk/client-eks";
import type { ClientOptions } from "../../core/remote-calls.ts";
import type { AwsCredentials } from "./eks.ts";

export { DescribeClusterCommand } from "@aws-sdk/client-eks";
export { SignatureV4 } from "@smithy/signature-v4";

/** Makes clients of these options. @default credentials - the function's own role */
export const eksClients =
  (options: (region: string) => ClientOptions) =>
  (region: string, credentials: AwsCredentials | undefined): EKSClient =>
    new EKSClient({ ...options(region), ...(credentials === undefined ? {} : { credentials }) });
