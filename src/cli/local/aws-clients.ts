/** AWS clients that point at the emulator, whatever the user's own environment says. */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

/** The options of any AWS client for the emulator of this environment. */
function clientConfig(environment: Readonly<Record<string, string>>) {
  return {
    endpoint: environment["AWS_ENDPOINT_URL"] ?? "",
    region: environment["AWS_REGION"] ?? "",
    credentials: {
      accessKeyId: environment["AWS_ACCESS_KEY_ID"] ?? "",
      secretAccessKey: environment["AWS_SECRET_ACCESS_KEY"] ?? "",
    },
  };
}

export function secretsManagerOf(environment: Readonly<Record<string, string>>): SecretsManagerClient {
  return new SecretsManagerClient(clientConfig(environment));
}

export function dynamoDbOf(environment: Readonly<Record<string, string>>): DynamoDBClient {
  return new DynamoDBClient(clientConfig(environment));
}
