/** What a store's auth needs of its cluster: the only calls that ask an API server for values, each for one named object. */
import { RelayError } from "../../core/errors.ts";
import type { ClusterAuthReads, ServiceAccountRef } from "../../core/ports.ts";
import { SecretValue } from "../../core/secret-value.ts";
import { errorOf, fieldOf, type HttpCall, type HttpSend, METADATA_ONLY, WHOLE_OBJECT } from "./http.ts";

/** Long enough for one AssumeRoleWithWebIdentity; the API server's own minimum. */
const TOKEN_SECONDS = 600;

const ROLE_ANNOTATION = "eks.amazonaws.com/role-arn";
const AUDIENCE_ANNOTATION = "eks.amazonaws.com/audience";

type Call = Pick<HttpCall, "operation" | "method" | "path" | "accept" | "subject" | "body">;

/** Makes the port over one connection. */
export function createAuthReads(send: HttpSend): ClusterAuthReads {
  async function ask(asked: Call): Promise<unknown> {
    const call: HttpCall = { ...asked, forbidden: "StoreAuthForbidden" };
    const { status, body } = await send(call);
    if (status === 404) throw new RelayError("StoreAuthMissing", asked.subject, { detail: "it does not exist" });
    if (status < 200 || status > 299) throw errorOf(call, { status, body });
    return body;
  }

  return {
    async secretKey({ namespace, name, key }) {
      const subject = `Secret ${namespace}/${name}`;
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
      const secret = await ask({ operation: "secretKey", method: "GET", path, accept: WHOLE_OBJECT, subject });
      const encoded = fieldOf(fieldOf(secret, "data"), key);
      if (typeof encoded !== "string") throw new RelayError("StoreAuthMissing", subject, { detail: `it has no key ${key}` });
      return new SecretValue(new Uint8Array(Buffer.from(encoded, "base64")));
    },

    async serviceAccount(ref) {
      const account = await ask({
        operation: "serviceAccount",
        method: "GET",
        path: accountPath(ref),
        accept: METADATA_ONLY,
        subject: accountName(ref),
      });
      const annotations = fieldOf(fieldOf(account, "metadata"), "annotations");
      const textAt = (name: string): string | undefined => {
        const value = fieldOf(annotations, name);
        return typeof value === "string" && value !== "" ? value : undefined;
      };
      return { roleArn: textAt(ROLE_ANNOTATION), audience: textAt(AUDIENCE_ANNOTATION) };
    },

    async serviceAccountToken(ref, audiences) {
      const spec = { audiences, expirationSeconds: TOKEN_SECONDS };
      const answer = await ask({
        operation: "token",
        method: "POST",
        path: `${accountPath(ref)}/token`,
        accept: WHOLE_OBJECT,
        subject: accountName(ref),
        body: JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec }),
      });
      const token = fieldOf(fieldOf(answer, "status"), "token");
      if (typeof token !== "string") {
        throw new RelayError("ClusterUnreachable", accountName(ref), { detail: "the answer to the TokenRequest holds no token" });
      }
      return new SecretValue(token);
    },
  };
}

function accountPath({ namespace, name }: ServiceAccountRef): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(name)}`;
}

function accountName({ namespace, name }: ServiceAccountRef): string {
  return `service account ${namespace}/${name}`;
}
