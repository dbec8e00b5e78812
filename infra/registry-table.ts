/** The registry: one DynamoDB table, shaped as its adapter says, on demand, encrypted, with point-in-time recovery. */
import { RemovalPolicy, Validations } from "aws-cdk-lib";
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from "aws-cdk-lib/aws-dynamodb";
import { Construct } from "constructs";
import { REGISTRY_TABLE } from "../src/adapters/aws/keys.ts";

export interface RegistryTableProps {
  /** The table outlives the stack: without it, a new stack knows of no target and prunes none. */
  readonly isRetained: boolean;
}

export class RegistryTable extends Construct {
  readonly resource: Table;

  constructor(scope: Construct, id: string, props: RegistryTableProps) {
    super(scope, id);
    const { partitionKey, sortKey, timeToLive, dueIndex } = REGISTRY_TABLE;
    const table = new Table(this, "Resource", {
      partitionKey: { name: partitionKey, type: AttributeType.STRING },
      sortKey: { name: sortKey, type: AttributeType.STRING },
      timeToLiveAttribute: timeToLive,
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: props.isRetained,
      removalPolicy: props.isRetained ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    table.addGlobalSecondaryIndex({
      indexName: dueIndex.name,
      partitionKey: { name: dueIndex.partitionKey, type: AttributeType.STRING },
      sortKey: { name: dueIndex.sortKey, type: AttributeType.NUMBER },
      projectionType: ProjectionType.INCLUDE,
      nonKeyAttributes: [...dueIndex.attributes],
    });
    Validations.of(table).acknowledge({
      id: "NIST.800.53.R5-DynamoDBInBackupPlan",
      reason:
        "point-in-time recovery covers 35 days; an older copy would say what targets were then, and register and reconcile find what they are",
    });
    this.resource = table;
  }
}
