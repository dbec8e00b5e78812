/** The errors that each service documents for the calls that the relay makes, as its protocol tells them: the matrix's column "error instead". */
import type { AwsFault } from "../aws-fault-proxy.ts";
import type { ClusterFault } from "../cluster-proxy.ts";
import type { PlantedFault } from "./gate.ts";

/** An error in place of the answer, by its name in the test's title. */
export interface PlantedError {
  readonly name: string;
  readonly fault: PlantedFault;
  /** @default every call while the story happens */
  readonly times?: number | undefined;
}

function aws(status: number, ...names: readonly string[]): readonly PlantedError[] {
  return names.map((name) => ({ name, fault: { kind: "aws error", fault: { kind: "error", status, name } } }));
}

/** The effect takes place, and the caller is told that it failed. */
function afterEffect(status: number, name: string): PlantedError {
  const fault: AwsFault = { kind: "error", status, name, isAfterEffect: true };
  return { name: `${name} after the effect`, fault: { kind: "aws error", fault } };
}

function cancelled(code: string, times?: number): PlantedError {
  const fields = { CancellationReasons: [{ Code: code }, { Code: "None" }] };
  const fault: AwsFault = { kind: "error", status: 400, name: "TransactionCanceledException", fields };
  return { name: `TransactionCanceledException for ${code}`, fault: { kind: "aws error", fault }, times };
}

function cluster(status: number, reason: string, more: Partial<Extract<ClusterFault, { kind: "answer" }>> = {}): PlantedError {
  const name = `${status} ${reason}${more.isAfterEffect === true ? " after the effect" : ""}`;
  return { name, fault: { kind: "cluster error", fault: { kind: "answer", status, reason, ...more } } };
}

/** What every AWS service documents for every call. */
const COMMON = [
  ...aws(400, "AccessDeniedException", "ThrottlingException"),
  ...aws(403, "ExpiredTokenException", "UnrecognizedClientException"),
  ...aws(500, "InternalFailure"),
  ...aws(503, "ServiceUnavailable"),
];

const SECRETS_MANAGER = [
  ...COMMON,
  ...aws(500, "InternalServiceError"),
  ...aws(400, "InvalidParameterException", "InvalidRequestException", "ResourceNotFoundException"),
];

const PARAMETER_STORE = [...COMMON, ...aws(500, "InternalServerError"), ...aws(400, "InvalidKeyId", "ParameterNotFound")];

const PARAMETER_FILTERS = aws(400, "InvalidFilterKey", "InvalidFilterOption", "InvalidFilterValue", "InvalidNextToken");
/** STS speaks the query protocol, and names some errors without "Exception". */
const STS = [
  ...aws(400, "ExpiredTokenException", "MalformedPolicyDocument", "PackedPolicyTooLarge", "Throttling"),
  ...aws(403, "AccessDenied", "InvalidClientTokenId", "RegionDisabledException", "SignatureDoesNotMatch"),
  ...aws(500, "InternalFailure"),
  ...aws(503, "ServiceUnavailable"),
];

const DYNAMODB = [
  ...COMMON,
  ...aws(400, "ProvisionedThroughputExceededException", "RequestLimitExceeded", "ResourceNotFoundException"),
  ...aws(500, "InternalServerError"),
];

const DYNAMODB_WRITE = [
  ...DYNAMODB,
  ...aws(400, "ConditionalCheckFailedException", "ItemCollectionSizeLimitExceededException", "TransactionConflictException"),
  ...aws(400, "ReplicatedWriteConflictException"),
  afterEffect(500, "InternalServerError"),
];

const SQS = [...COMMON, ...aws(400, "RequestThrottled", "QueueDoesNotExist", "UnsupportedOperation", "InvalidSecurity")];

/** Of priority and fairness, of admission, of a proxy before it, and of an API server that is overloaded or has lost its etcd. */
const KUBERNETES = [
  cluster(401, "Unauthorized"),
  cluster(403, "Forbidden"),
  cluster(429, "TooManyRequests", { headers: { "retry-after": "1" } }),
  cluster(500, "InternalError"),
  cluster(503, "ServiceUnavailable"),
  cluster(504, "Timeout"),
];

const KUBERNETES_PATCH = [
  ...KUBERNETES,
  cluster(400, "BadRequest"),
  cluster(404, "NotFound"),
  cluster(409, "Conflict"),
  cluster(413, "RequestEntityTooLarge"),
  cluster(422, "Invalid"),
];

/** By command, or by operation of the Cluster port. */
export const DOCUMENTED_ERRORS = {
  GetSecretValue: [...SECRETS_MANAGER, ...aws(400, "DecryptionFailure")],
  BatchGetSecretValue: [...SECRETS_MANAGER, ...aws(400, "DecryptionFailure", "InvalidNextTokenException")],
  DescribeSecret: SECRETS_MANAGER,
  namespaceLabels: [...KUBERNETES, cluster(404, "NotFound")],
  GetParameter: [...PARAMETER_STORE, ...aws(400, "ParameterVersionNotFound")],
  GetParameters: PARAMETER_STORE,
  GetParameterHistory: PARAMETER_STORE,
  ListSecrets: [...SECRETS_MANAGER, ...aws(400, "InvalidNextTokenException")],
  GetParametersByPath: [...PARAMETER_STORE, ...PARAMETER_FILTERS],
  DescribeParameters: [...COMMON, ...aws(500, "InternalServerError"), ...PARAMETER_FILTERS],
  ListTagsForResource: [...PARAMETER_STORE, ...aws(400, "InvalidResourceId", "InvalidResourceType")],
  DescribeCluster: [
    ...COMMON,
    ...aws(400, "ClientException", "InvalidParameterException"),
    ...aws(404, "ResourceNotFoundException"),
    ...aws(429, "TooManyRequestsException"),
    ...aws(500, "ServerException"),
    ...aws(503, "ServiceUnavailableException"),
  ],
  AssumeRole: STS,
  AssumeRoleWithWebIdentity: [...STS, ...aws(400, "IDPCommunicationError", "InvalidIdentityToken"), ...aws(403, "IDPRejectedClaim")],
  secretKey: [...KUBERNETES, cluster(404, "NotFound")],
  serviceAccount: [...KUBERNETES, cluster(404, "NotFound")],
  token: [...KUBERNETES, cluster(400, "BadRequest"), cluster(404, "NotFound"), cluster(409, "Conflict"), cluster(422, "Invalid")],
  BatchGetItem: DYNAMODB,
  Query: DYNAMODB,
  UpdateItem: DYNAMODB_WRITE,
  DeleteItem: DYNAMODB_WRITE,
  TransactWriteItems: [
    ...DYNAMODB,
    ...aws(400, "TransactionInProgressException", "IdempotentParameterMismatchException"),
    cancelled("ConditionalCheckFailed"),
    // Tried again by the table itself, after pauses of this machine's time.
    cancelled("TransactionConflict", 2),
    cancelled("ThrottlingError", 2),
    cancelled("ProvisionedThroughputExceeded"),
    cancelled("ItemCollectionSizeLimitExceeded"),
    cancelled("ValidationError"),
    afterEffect(500, "InternalServerError"),
  ],
  SendMessageBatch: [...SQS, ...aws(400, "BatchRequestTooLong", "EmptyBatchRequest"), afterEffect(500, "InternalFailure")],
  SendMessage: [...SQS, ...aws(400, "InvalidMessageContents"), afterEffect(500, "InternalFailure")],
  ChangeMessageVisibility: [...SQS, ...aws(400, "MessageNotInflight", "ReceiptHandleIsInvalid")],
  PutEvents: [...COMMON, ...aws(500, "InternalException"), afterEffect(500, "InternalException")],
  Invoke: [
    ...COMMON,
    ...aws(404, "ResourceNotFoundException"),
    ...aws(409, "ResourceConflictException"),
    ...aws(429, "TooManyRequestsException"),
    ...aws(500, "ServiceException"),
    ...aws(502, "KMSAccessDeniedException", "EC2ThrottledException"),
    afterEffect(500, "ServiceException"),
  ],
  GetObject: [
    ...aws(403, "AccessDenied", "InvalidObjectState"),
    ...aws(404, "NoSuchKey", "NoSuchBucket"),
    ...aws(400, "ExpiredToken", "RequestTimeout"),
    ...aws(500, "InternalError"),
    ...aws(503, "SlowDown", "ServiceUnavailable"),
  ],
  PutAnswer: [...aws(403, "AccessDenied"), ...aws(500, "InternalError"), ...aws(503, "SlowDown"), afterEffect(500, "InternalError")],
  look: KUBERNETES_PATCH,
  tryDecoy: KUBERNETES_PATCH,
  apply: [...KUBERNETES_PATCH, cluster(500, "InternalError", { isAfterEffect: true }), cluster(504, "Timeout", { isAfterEffect: true })],
  takeOver: [...KUBERNETES_PATCH, cluster(500, "InternalError", { isAfterEffect: true })],
  remove: [
    ...KUBERNETES,
    cluster(404, "NotFound"),
    cluster(409, "Conflict"),
    cluster(422, "Invalid"),
    cluster(504, "Timeout", { isAfterEffect: true }),
  ],
  templateConfigMap: [...KUBERNETES, cluster(404, "NotFound")],
  templateSecret: [...KUBERNETES, cluster(404, "NotFound")],
  list: [...KUBERNETES, cluster(410, "Expired")],
  namespaces: [...KUBERNETES, cluster(410, "Expired")],
} as const satisfies Readonly<Record<string, readonly PlantedError[]>>;

/** A command of an AWS SDK without its suffix, an operation of the Cluster port, or the answer to CloudFormation. */
export type CallName = keyof typeof DOCUMENTED_ERRORS;
