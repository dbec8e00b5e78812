/** The one table of everything that can go wrong in a run, and the one error class that carries an entry of it. */

/**
 * What the caller does about an error:
 * - `retry`: the same attempt may succeed later; the message goes back with a growing delay.
 * - `reread`: what was read is out of date; start again from the look at the target, bounded.
 * - `park`: nothing changes until somebody changes the source, the config or a right; status and alarm, and a
 *   new attempt only by an event, a config change or the reconcile schedule.
 */
export type ErrorPolicy = "retry" | "reread" | "park";

interface ErrorSpec {
  readonly policy: ErrorPolicy;
  /** One sentence for the person on call: what to do about it. Never holds a value. */
  readonly help: string;
}

/** Every error code with its policy and its advice. Each code has a heading in docs/errors.md; a test compares the two. */
export const ERRORS = {
  AccessDenied: {
    policy: "park",
    help: "grant whoever the store names, or else the functions' role, read access to this secret and to its KMS key",
  },
  AnswerNotTaken: { policy: "retry", help: "CloudFormation refused or did not answer; it waits for an hour, then deploy again" },
  BusUnavailable: { policy: "retry", help: "EventBridge refused or did not answer; the event is announced again by reconcile" },
  ClusterAccessDenied: {
    policy: "park",
    help: "let whoever reaches the cluster, the role in spec.eks or else the functions' own, call eks:DescribeCluster on it",
  },
  ClusterAddressRefused: {
    policy: "park",
    help: "correct the API server's address or its name in DNS: it leads to this machine, or to where a cloud hands out credentials",
  },
  ClusterCredentials: {
    policy: "park",
    help: "put a kubeconfig with inline credentials, or {server, caData, token}, into the secret that kubeconfigSecretRef names",
  },
  ClusterNotFound: { policy: "park", help: "correct name, region and role in spec.eks of the Cluster, or create the EKS cluster" },
  ClusterNotReady: { policy: "retry", help: "wait until EKS calls the cluster ACTIVE" },
  ClusterThrottled: { policy: "retry", help: "raise the API server's priority and fairness share, or lower limits.requestsPerSecond" },
  ClusterUnauthorized: {
    policy: "park",
    help: "renew the cluster's credentials, or of an EKS cluster create the access entry of the role: the API server does not know them",
  },
  ClusterUnknown: { policy: "park", help: "add the Cluster to the config and deploy" },
  ClusterUnreachable: { policy: "retry", help: "check the API server's address, its certificate and the network path" },
  ConfinementMissing: {
    policy: "park",
    help: "apply what secret-relay bootstrap-cluster prints: the admission policy or its binding is gone, and nothing is written until it is back",
  },
  Contended: { policy: "retry", help: "somebody else keeps writing this Secret; find the other writer in its managedFields" },
  DeletionRefused: { policy: "park", help: "set creationPolicy to Owner, or deletionPolicy to Retain or Merge" },
  DecodingFailed: { policy: "park", help: "correct decodingStrategy, or the encoding of the secret's value" },
  EventMalformed: { policy: "park", help: "the event lacks a field that its detail-type promises; see its place in the failure queue" },
  Forbidden: { policy: "park", help: "grant the relay's identity create and patch on this Secret" },
  InvalidKey: { policy: "park", help: "a Secret's keys are letters, digits, '-', '_' and '.', at most 253; rename the property" },
  InvocationFailed: { policy: "retry", help: "Lambda refused or did not answer; let the function's role invoke the function itself" },
  MessageMalformed: { policy: "park", help: "the queue holds a message that this version can't read; redrive it after an upgrade" },
  NamespaceMissing: { policy: "retry", help: "create the namespace in the target cluster" },
  NamespaceNotAllowed: { policy: "park", help: "add the namespace to spec.namespaces.allow of the Cluster" },
  NotAnObject: { policy: "park", help: "extract and property need the secret's value to be a JSON object" },
  NullByteFound: { policy: "park", help: "remove the zero byte from the value, or set nullBytePolicy to Ignore" },
  OwnedByController: {
    policy: "park",
    help: "give the ExternalSecret another target.name, or creationPolicy Merge, or remove the Secret's controller reference",
  },
  OwnedByExternalSecret: {
    policy: "park",
    help: "set adopt: true in spec of the Cluster to take it over from External Secrets Operator, or give the ExternalSecret another target.name",
  },
  OwnedByRegistration: { policy: "park", help: "give one of the two ExternalSecrets another target.name, or creationPolicy Merge to both" },
  PropertyNotFound: { policy: "park", help: "correct remoteRef.property, or add the property to the secret" },
  QueueUnavailable: { policy: "retry", help: "SQS refused or did not answer; the change is found by reconcile" },
  RegistryUnavailable: { policy: "retry", help: "DynamoDB refused or did not answer" },
  RewriteFailed: { policy: "park", help: "correct the rewrite at the place given, or the secrets that it works on" },
  RoleNotAssumed: { policy: "park", help: "let the role's trust policy admit whoever assumes it, with this external id and these tags" },
  SecretNotFound: {
    policy: "park",
    help: "create the secret, or correct remoteRef.key, or set deletionPolicy to say what its absence means",
  },
  SourceLagging: { policy: "retry", help: "the store still shows an older version than the one announced" },
  StoreInvalidRequest: { policy: "park", help: "the store calls this request invalid; check remoteRef.key and remoteRef.version" },
  StoreThrottled: { policy: "retry", help: "raise the store's request quota" },
  StoreUnreachable: { policy: "retry", help: "the store did not answer in time; check its endpoint and the network path" },
  StoreAuthForbidden: {
    policy: "park",
    help: "grant the relay's identity in this cluster what a store's auth and conditions, or a ClusterExternalSecret's selectors, need; see docs/clusters.md",
  },
  StoreAuthMissing: { policy: "park", help: "create the object that the store's auth names, with the key or annotation that it needs" },
  StoreNotAllowed: { policy: "park", help: "add the namespace to the store's conditions, or use another store" },
  TargetConflict: {
    policy: "park",
    help: "another writer has a say in this Secret; find it in its managedFields and remove one of the two",
  },
  TargetImmutable: { policy: "park", help: "delete the immutable Secret, and it is made again; its data can't change" },
  TargetInvalid: { policy: "park", help: "the API server calls the Secret invalid; check template.type and the keys it demands" },
  TargetStale: { policy: "reread", help: "somebody wrote the Secret in between" },
  TemplateError: { policy: "park", help: "correct the template at the place given" },
  TemplateSourceForbidden: {
    policy: "park",
    help: "grant the relay's identity in this cluster get on the object that templateFrom names; see docs/clusters.md",
  },
  TemplateSourceMissing: { policy: "park", help: "create the object that templateFrom names, with the keys that it needs" },
  TooManyFound: { policy: "park", help: "narrow the rules of dataFrom.find by path, name or tags, or split them over several Secrets" },
  VersionMissing: { policy: "park", help: "the secret has no such version or stage; correct remoteRef.version" },
} as const satisfies Record<string, ErrorSpec>;

export type ErrorCode = keyof typeof ERRORS;

/** The only facts of a foreign error that may be kept (rule 4): its message and body are dropped at the adapter. */
export interface RemoteFacts {
  readonly service: string;
  readonly operation: string;
  readonly status?: number | undefined;
  /** A machine-readable reason from a closed vocabulary of the service (an SDK error's name, a Kubernetes reason). */
  readonly reason?: string | undefined;
  readonly requestId?: string | undefined;
}

/**
 * The only error that use cases throw and status records show. `subject` names what failed (names only, never a value);
 * `detail` is our own fixed text. A foreign error is never kept as `cause`: its text echoes what was sent.
 */
export class RelayError extends Error {
  readonly code: ErrorCode;
  readonly policy: ErrorPolicy;
  readonly subject: string;
  readonly remote: RemoteFacts | undefined;

  constructor(code: ErrorCode, subject: string, options: { detail?: string | undefined; remote?: RemoteFacts | undefined } = {}) {
    const { detail, remote } = options;
    super(`${code}: ${subject}${detail === undefined ? "" : `: ${detail}`} (${ERRORS[code].help})`);
    this.name = "RelayError";
    this.code = code;
    this.policy = ERRORS[code].policy;
    this.subject = subject;
    this.remote = remote;
  }
}

/** Tells a classified failure from a bug. */
export function isRelayError(error: unknown): error is RelayError {
  return error instanceof RelayError;
}
