/**
 * The fault matrix: every call that leaves the process (the rows, checked against the sources by `inventory`) times everything that
 * can happen to it (the columns). A row that is missing here fails the check; a row that is here has all of its cells.
 */
import { type CallName, DOCUMENTED_ERRORS } from "./errors.ts";
import type { PlantedFault } from "./gate.ts";
import { STORIES, type Story, type StoryName } from "./stories.ts";

interface Row {
  /** As `awsRow` and `clusterRow` name the call on the socket. */
  readonly row: string;
  readonly call: CallName;
  /** In which the call is made. */
  readonly story: StoryName;
  /** The call is made by a new process only. @default false */
  readonly isCold?: boolean;
  /** The documented errors of its call are planted here; a call that is made for several things has them at one of its rows. @default false */
  readonly hasErrors?: boolean;
}

export const ROWS: readonly Row[] = [
  { row: "GetSecretValue", call: "GetSecretValue", story: "rotation", hasErrors: true },
  { row: "GetSecretValue of a kubeconfig", call: "GetSecretValue", story: "rotation", isCold: true },
  { row: "GetSecretValue of the hash key", call: "GetSecretValue", story: "rotation", isCold: true },
  { row: "BatchGetSecretValue", call: "BatchGetSecretValue", story: "edit by hand", hasErrors: true },
  { row: "DescribeSecret", call: "DescribeSecret", story: "deletion of the secret", hasErrors: true },

  { row: "GetParameter", call: "GetParameter", story: "rotation of a parameter", hasErrors: true },
  { row: "GetParameters", call: "GetParameters", story: "edit by hand of a parameter's target", hasErrors: true },
  { row: "GetParameterHistory", call: "GetParameterHistory", story: "deletion of the parameter", hasErrors: true },

  { row: "ListSecrets", call: "ListSecrets", story: "edit by hand of what a rule found", hasErrors: true },
  { row: "GetParametersByPath", call: "GetParametersByPath", story: "edit by hand of what a rule found among parameters", hasErrors: true },
  { row: "DescribeParameters", call: "DescribeParameters", story: "edit by hand of what a rule found by tags", hasErrors: true },
  { row: "ListTagsForResource", call: "ListTagsForResource", story: "change of a parameter's tags", hasErrors: true },

  { row: "AssumeRole", call: "AssumeRole", story: "rotation by a role", isCold: true, hasErrors: true },
  { row: "AssumeRoleWithWebIdentity", call: "AssumeRoleWithWebIdentity", story: "rotation by IRSA", isCold: true, hasErrors: true },
  { row: "serviceAccount", call: "serviceAccount", story: "rotation by IRSA", isCold: true, hasErrors: true },
  { row: "token", call: "token", story: "rotation by IRSA", isCold: true, hasErrors: true },
  { row: "DescribeCluster", call: "DescribeCluster", story: "rotation into an EKS cluster", isCold: true, hasErrors: true },
  { row: "secretKey", call: "secretKey", story: "rotation by access keys", isCold: true, hasErrors: true },
  { row: "BatchGetItem CLUSTERS", call: "BatchGetItem", story: "rotation by access keys", isCold: true },

  { row: "BatchGetItem REG", call: "BatchGetItem", story: "rotation by queue", hasErrors: true },
  { row: "BatchGetItem HEAD", call: "BatchGetItem", story: "rotation that nobody announces" },
  { row: "BatchGetItem TARGET", call: "BatchGetItem", story: "config change" },
  { row: "Query REF", call: "Query", story: "rotation", hasErrors: true },
  { row: "Query CREDENTIALS", call: "Query", story: "rotation" },
  { row: "Query FIND", call: "Query", story: "rotation of what a rule found" },
  { row: "Query PROP", call: "Query", story: "rotation" },
  { row: "Query DUE", call: "Query", story: "edit by hand" },
  { row: "Query PROPAGATION", call: "Query", story: "edit by hand" },
  { row: "Query CLUSTERS", call: "Query", story: "cluster retired" },
  { row: "Query BREAKERS", call: "Query", story: "cluster retired" },
  { row: "Query REG", call: "Query", story: "cluster retired" },
  { row: "Query CES", call: "Query", story: "ClusterExternalSecret comes" },
  { row: "BatchGetItem CES", call: "BatchGetItem", story: "ClusterExternalSecret stays" },
  { row: "UpdateItem CES", call: "UpdateItem", story: "ClusterExternalSecret comes" },
  { row: "DeleteItem CES", call: "DeleteItem", story: "ClusterExternalSecret goes" },
  { row: "UpdateItem HEAD", call: "UpdateItem", story: "return of a version that was not seen to go" },
  { row: "UpdateItem WAKE", call: "UpdateItem", story: "rotation among invented events" },
  { row: "UpdateItem TURN", call: "UpdateItem", story: "rotation while a cluster is down" },
  { row: "BatchGetItem WAKE", call: "BatchGetItem", story: "rotation among invented events" },
  { row: "UpdateItem REG", call: "UpdateItem", story: "rotation", hasErrors: true },
  { row: "UpdateItem PROP", call: "UpdateItem", story: "rotation" },
  { row: "UpdateItem BREAKERS", call: "UpdateItem", story: "rotation while a cluster is down" },
  { row: "UpdateItem CLUSTERS", call: "UpdateItem", story: "config change" },
  { row: "UpdateItem CLUSTERS of a notice", call: "UpdateItem", story: "rotation of a cluster's credentials" },
  { row: "UpdateItem CREDENTIALS", call: "UpdateItem", story: "config change" },
  { row: "UpdateItem META", call: "UpdateItem", story: "ClusterExternalSecret comes" },
  { row: "UpdateItem META at a run's begin", call: "UpdateItem", story: "config change" },
  { row: "UpdateItem META at a run's end", call: "UpdateItem", story: "config change" },
  { row: "BatchGetItem META", call: "BatchGetItem", story: "config change" },
  { row: "UpdateItem REF", call: "UpdateItem", story: "config change" },
  { row: "UpdateItem FIND", call: "UpdateItem", story: "config change of rules" },
  { row: "DeleteItem FIND", call: "DeleteItem", story: "config change of rules" },
  { row: "DeleteItem REG", call: "DeleteItem", story: "config change", hasErrors: true },
  { row: "DeleteItem REF", call: "DeleteItem", story: "config change" },
  { row: "DeleteItem BREAKERS", call: "DeleteItem", story: "return of a cluster" },
  { row: "DeleteItem CREDENTIALS", call: "DeleteItem", story: "cluster retired" },
  { row: "DeleteItem CLUSTERS", call: "DeleteItem", story: "cluster retired" },
  { row: "TransactWriteItems HEAD", call: "TransactWriteItems", story: "rotation that nobody announces", hasErrors: true },
  { row: "TransactWriteItems REG", call: "TransactWriteItems", story: "config change" },
  { row: "TransactWriteItems tombstone", call: "TransactWriteItems", story: "config change" },

  { row: "SendMessageBatch", call: "SendMessageBatch", story: "rotation by queue", hasErrors: true },
  { row: "ChangeMessageVisibility", call: "ChangeMessageVisibility", story: "rotation while a cluster is down", hasErrors: true },
  { row: "SendMessage", call: "SendMessage", story: "malformed event", hasErrors: true },
  { row: "PutEvents", call: "PutEvents", story: "rotation", hasErrors: true },
  { row: "Invoke", call: "Invoke", story: "config change", hasErrors: true },
  { row: "GetObject", call: "GetObject", story: "config change", hasErrors: true },
  { row: "PutAnswer", call: "PutAnswer", story: "config change", hasErrors: true },

  { row: "look", call: "look", story: "edit by hand", hasErrors: true },
  { row: "tryDecoy", call: "tryDecoy", story: "rotation under a label", isCold: true, hasErrors: true },
  { row: "apply", call: "apply", story: "rotation", hasErrors: true },
  { row: "takeOver", call: "takeOver", story: "edit by hand", hasErrors: true },
  { row: "takeOver of an adoption", call: "takeOver", story: "adoption from ESO" },
  { row: "remove", call: "remove", story: "deletion of the secret", hasErrors: true },
  { row: "namespaceLabels", call: "namespaceLabels", story: "rotation for selected namespaces", hasErrors: true },
  { row: "templateConfigMap", call: "templateConfigMap", story: "rotation into a template", hasErrors: true },
  { row: "templateSecret", call: "templateSecret", story: "rotation into a template", hasErrors: true },
  { row: "list", call: "list", story: "edit by hand", hasErrors: true },
  { row: "namespaces", call: "namespaces", story: "ClusterExternalSecret stays", hasErrors: true },
];

/** What happens on the socket, or to the worker: for every row. */
export const SOCKET_COLUMNS = ["before", "after", "cut", "hang", "die before", "die after"] as const;

export interface Cell {
  readonly row: string;
  readonly column: string;
  readonly story: StoryName;
  readonly isCold: boolean;
  readonly fault: PlantedFault;
  /** Only so many calls meet the fault. @default every one while the story happens */
  readonly times?: number | undefined;
}

export const CELLS: readonly Cell[] = ROWS.flatMap(({ row, call, story, isCold = false, hasErrors = false }) => {
  const cell = { row, story, isCold };
  const onSocket = SOCKET_COLUMNS.map((column): Cell => {
    // A worker dies once.
    const times = column.startsWith("die") ? 1 : undefined;
    return { ...cell, column, fault: { kind: column }, times };
  });
  const errors = hasErrors ? DOCUMENTED_ERRORS[call] : [];
  return [...onSocket, ...errors.map(({ name, fault, times }): Cell => ({ ...cell, column: name, fault, times }))];
});

export interface Run {
  readonly row: string;
  readonly title: string;
  readonly cells: readonly Cell[];
}

/** So many faults one after another, where a story may happen again: the world is made once, and is silent once, for all of them. */
const FAULTS_IN_A_RUN = 6;

/** The cells as they are run: what happens on the socket each in a world of its own, the errors of a call together. */
export const RUNS: readonly Run[] = [
  ...Map.groupBy(CELLS, ({ row, story, column }) => {
    const told: Story = STORIES[story];
    const isAlone = told.isRepeatable !== true || SOCKET_COLUMNS.some((one) => one === column);
    return JSON.stringify([row, isAlone ? column : ""]);
  }).values(),
].flatMap((cells) =>
  Array.from({ length: Math.ceil(cells.length / FAULTS_IN_A_RUN) }, (_, page) => {
    const some = cells.slice(page * FAULTS_IN_A_RUN, (page + 1) * FAULTS_IN_A_RUN);
    return { row: some[0]?.row ?? "", title: some.map(({ column }) => column).join(", "), cells: some };
  }),
);
