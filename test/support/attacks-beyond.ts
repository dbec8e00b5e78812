/** What whoever stole the relay's identity would try beside Secrets: to be somebody else, to be granted more, or to take its confinement away. */
import { APPLY, type Attack, at, base64, MERGE, VICTIM } from "./attacks.ts";
import { SPACE } from "./confined-config.ts";

const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const ADMISSION = "/apis/admissionregistration.k8s.io/v1";
const NAME = "secret-relay-tokyo";
const role = (kind: string, name: string) => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind,
  metadata: { name },
  rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }],
});
const binding = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "RoleBinding",
  metadata: { name: "evil" },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
  subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "secret-relay-confined" }],
};

/** Of all other kinds. */
export const ATTACKS_BEYOND: readonly Attack[] = [
  { name: "get of a config map that nobody names", method: "GET", path: `/api/v1/namespaces/${SPACE}/configmaps/other` },
  { name: "list of config maps", method: "GET", path: `/api/v1/namespaces/${SPACE}/configmaps` },
  {
    name: "apply of a config map",
    method: "PATCH",
    path: `/api/v1/namespaces/${SPACE}/configmaps/templates?fieldManager=a`,
    contentType: APPLY,
    body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "templates" } },
  },
  {
    name: "a pod that mounts the Secret",
    method: "POST",
    path: `/api/v1/namespaces/${SPACE}/pods`,
    body: { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "i" }] } },
  },
  { name: "exec in a pod", method: "POST", path: `/api/v1/namespaces/${SPACE}/pods/p/exec?command=env` },
  { name: "logs of a pod", method: "GET", path: `/api/v1/namespaces/${SPACE}/pods/p/log` },
  { name: "proxy of a service", method: "GET", path: `/api/v1/namespaces/${SPACE}/services/s/proxy/` },
  { name: "proxy of a node", method: "GET", path: "/api/v1/nodes/n/proxy/pods" },
  { name: "list of namespaces", method: "GET", path: "/api/v1/namespaces" },
  { name: "deletion of a namespace", method: "DELETE", path: `/api/v1/namespaces/${SPACE}` },
  {
    name: "token of a service account",
    method: "POST",
    path: `/api/v1/namespaces/${SPACE}/serviceaccounts/default/token`,
    body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
  },
  {
    name: "get as the administrator",
    method: "GET",
    path: at(VICTIM),
    headers: { "impersonate-user": "admin", "impersonate-group": "system:masters" },
  },
  {
    name: "get as a group of its own",
    method: "GET",
    path: at(VICTIM),
    headers: { "impersonate-user": "relay-by-certificate", "impersonate-group": "system:masters" },
  },
  {
    name: "get as a service account",
    method: "GET",
    path: at(VICTIM),
    headers: { "impersonate-user": "system:serviceaccount:kube-system:generic-garbage-collector" },
  },
  { name: "a Role with all rights", method: "POST", path: `${RBAC}/namespaces/${SPACE}/roles`, body: role("Role", "evil") },
  {
    name: "its own Role with all rights",
    method: "PATCH",
    path: `${RBAC}/namespaces/${SPACE}/roles/${NAME}`,
    contentType: MERGE,
    body: { rules: [] },
  },
  {
    name: "its own ClusterRole with all rights",
    method: "PATCH",
    path: `${RBAC}/clusterroles/${NAME}`,
    contentType: MERGE,
    body: { rules: [] },
  },
  { name: "a binding to cluster-admin", method: "POST", path: `${RBAC}/namespaces/${SPACE}/rolebindings`, body: binding },
  { name: "deletion of its policy", method: "DELETE", path: `${ADMISSION}/validatingadmissionpolicies/${NAME}` },
  { name: "deletion of its policy's binding", method: "DELETE", path: `${ADMISSION}/validatingadmissionpolicybindings/${NAME}` },
  {
    name: "an audit in place of its policy's denial",
    method: "PATCH",
    path: `${ADMISSION}/validatingadmissionpolicybindings/${NAME}`,
    contentType: MERGE,
    body: { spec: { validationActions: ["Audit"] } },
  },
  { name: "get of its policy", method: "GET", path: `${ADMISSION}/validatingadmissionpolicies/${NAME}` },
  {
    name: "a webhook that sees every Secret",
    method: "POST",
    path: `${ADMISSION}/mutatingwebhookconfigurations`,
    body: { apiVersion: "admissionregistration.k8s.io/v1", kind: "MutatingWebhookConfiguration", metadata: { name: "evil" } },
  },
  {
    name: "review of a token",
    method: "POST",
    path: "/apis/authentication.k8s.io/v1/tokenreviews",
    body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token: "x" } },
  },
  {
    name: "review of somebody's access",
    method: "POST",
    path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
    body: {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      spec: { user: "admin", nonResourceAttributes: { path: "/", verb: "get" } },
    },
  },
  {
    name: "a certificate for the administrator",
    method: "POST",
    path: "/apis/certificates.k8s.io/v1/certificatesigningrequests",
    body: {
      apiVersion: "certificates.k8s.io/v1",
      kind: "CertificateSigningRequest",
      metadata: { name: "evil" },
      spec: { request: base64("x"), signerName: "kubernetes.io/kube-apiserver-client", usages: ["client auth"] },
    },
  },
  { name: "events, which may tell of values", method: "GET", path: `/api/v1/namespaces/${SPACE}/events` },
  { name: "metrics of the API server", method: "GET", path: "/metrics" },
  { name: "profiles of the API server", method: "GET", path: "/debug/pprof/heap" },
];
