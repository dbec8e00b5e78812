/** The role by which the hub reads the secrets and parameters that this account names, and nothing else. */
import { Aws, Stack, Validations } from "aws-cdk-lib";
import { AccountPrincipal, Effect, PolicyStatement, PrincipalWithConditions, Role } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { accountOf, type SourceSettings } from "./source-settings.ts";

export interface ReaderRoleProps
  extends Pick<
    SourceSettings,
    "hubBusArn" | "readSecrets" | "readParameters" | "readFind" | "kmsKeyArns" | "readerRoleName" | "hubRoleArns"
  > {
  readonly externalId: string;
}

/** Lambda's roles have names that CloudFormation makes, with the stack's first. */
const HUB_ROLES = "secret-relay-*";

export class ReaderRole extends Construct {
  readonly resource: Role;

  constructor(scope: Construct, id: string, props: ReaderRoleProps) {
    super(scope, id);
    const hub = accountOf(props.hubBusArn);
    const callers = props.hubRoleArns.length === 0 ? [`arn:${Aws.PARTITION}:iam::${hub}:role/${HUB_ROLES}`] : props.hubRoleArns;
    this.resource = new Role(this, "Resource", {
      // The hub's stores name it; so it can't be of CloudFormation's making.
      roleName: props.readerRoleName,
      description: "secret-relay: the hub reads the secrets and parameters that are named here",
      // By condition, not as principals: a principal that is made anew under the same name would not be the one that was named.
      assumedBy: new PrincipalWithConditions(new AccountPrincipal(hub), {
        StringEquals: { "sts:ExternalId": props.externalId },
        ArnLike: { "aws:PrincipalArn": callers.length === 1 ? callers[0] : [...callers] },
      }),
    });
    Validations.of(this.resource).acknowledge({
      id: "NIST.800.53.R5-IAMNoInlinePolicy",
      reason: "what the hub may read: nobody else can be given it, and it goes with its role",
    });
    const secrets = secretArns(this, props.readSecrets);
    const parameters = parameterArns(this, props.readParameters);
    this.allow(["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], secrets);
    this.allow(["ssm:GetParameter", "ssm:GetParameterHistory", "ssm:GetParameters", "ssm:ListTagsForResource"], parameters);
    if (props.readFind) this.allowFind(secrets, parameters);
    if (props.kmsKeyArns.length > 0) this.allowKeys(props.kmsKeyArns, secrets, parameters);
  }

  /** Of this account alone, whatever an ARN says. */
  private allow(actions: readonly string[], resources: readonly string[]): void {
    if (resources.length === 0) return;
    this.add(actions, resources, { StringEquals: { "aws:ResourceAccount": Aws.ACCOUNT_ID } });
    for (const arn of resources.filter((one) => one.endsWith("*"))) {
      this.acknowledge(arn, "the owner of the secrets asked for all names with this beginning");
    }
  }

  private add(actions: readonly string[], resources: readonly string[], conditions?: Readonly<Record<string, unknown>>): void {
    this.resource.addToPolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: [...actions],
        resources: [...resources],
        ...(conditions === undefined ? {} : { conditions }),
      }),
    );
  }

  /** Lists give names and tags of all there are, and no value. */
  private allowFind(secrets: readonly string[], parameters: readonly string[]): void {
    const actions = [
      ...(secrets.length === 0 ? [] : ["secretsmanager:ListSecrets"]),
      ...(parameters.length === 0 ? [] : ["ssm:DescribeParameters"]),
    ];
    this.add(actions, ["*"]);
    this.acknowledge("*", "ListSecrets and DescribeParameters know no resources, and give names and tags only");
    // The resource of a listing by path is the path, which is what a pattern of its parameters begins with.
    const paths = parameters.filter((arn) => arn.endsWith("/*"));
    this.allow(["ssm:GetParametersByPath"], [...paths, ...paths.map((arn) => arn.slice(0, -2))]);
  }

  /** Through the stores only, and of what is named above only. */
  private allowKeys(keys: readonly string[], secrets: readonly string[], parameters: readonly string[]): void {
    const ways = [
      { service: "secretsmanager", context: "kms:EncryptionContext:SecretARN", arns: secrets },
      { service: "ssm", context: "kms:EncryptionContext:PARAMETER_ARN", arns: parameters },
    ].filter(({ arns }) => arns.length > 0);
    for (const { service, context, arns } of ways) {
      this.add(["kms:Decrypt"], keys, { StringLike: { "kms:ViaService": `${service}.*.amazonaws.com`, [context]: arns } });
    }
  }

  private acknowledge(arn: string, reason: string): void {
    const shown = Stack.of(this).resolve(arn) as unknown;
    Validations.of(this.resource).acknowledge({ id: `AwsSolutions-IAM5[Resource::${asText(shown)}]`, reason });
  }
}

/** As cdk-nag shows it: `arn:<AWS::Partition>:…`. */
function asText(resolved: unknown): string {
  if (typeof resolved === "string") return resolved;
  const { "Fn::Join": joined, Ref } = resolved as { readonly "Fn::Join"?: readonly [string, readonly unknown[]]; readonly Ref?: string };
  return joined === undefined ? `<${Ref}>` : joined[1].map(asText).join("");
}

/** Of a name the six characters that Secrets Manager adds stay open. */
function secretArns(scope: Construct, secrets: readonly string[]): readonly string[] {
  return unique(
    secrets.map((one) => {
      const isWhole = one.endsWith("*") || (one.startsWith("arn:") && /-[A-Za-z0-9]{6}$/.test(one));
      const ending = isWhole ? "" : "-??????";
      return one.startsWith("arn:") ? `${one}${ending}` : `${ownArn(scope, "secretsmanager", "secret:")}${one}${ending}`;
    }),
  );
}

function parameterArns(scope: Construct, parameters: readonly string[]): readonly string[] {
  const own = (name: string): string => `${ownArn(scope, "ssm", "parameter/")}${name.replace(/^\//, "")}`;
  return unique(parameters.map((one) => (one.startsWith("arn:") ? one : own(one))));
}

function ownArn(scope: Construct, service: string, resource: string): string {
  const { partition, region, account } = Stack.of(scope);
  return `arn:${partition}:${service}:${region}:${account}:${resource}`;
}

function unique(arns: readonly string[]): readonly string[] {
  return [...new Set(arns)].toSorted();
}
