/** The key of the hashes that manifests carry: made by Secrets Manager, never seen by CloudFormation, and not in the table (rule 4). */
import { RemovalPolicy, Validations } from "aws-cdk-lib";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";

export class HashKey extends Construct {
  readonly resource: Secret;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.resource = new Secret(this, "Resource", {
      description: "secret-relay: keys the hashes by which a target's content is compared",
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      // A lost key costs one rewrite of each target, and no value.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const reason = "it opens nothing: a rotation would only make every target be written once more";
    Validations.of(this.resource).acknowledge(
      { id: "AwsSolutions-SMG4", reason },
      { id: "NIST.800.53.R5-SecretsManagerRotationEnabled", reason },
      {
        id: "NIST.800.53.R5-SecretsManagerUsingKMSKey",
        reason: "the account's key for Secrets Manager encrypts it; a key of the deployer's own would protect a value that opens nothing",
      },
    );
  }
}
