/** What `templateFrom` names in a target cluster: one GET for each object, and of its answer only the keys that are named. */
import { RelayError } from "../../core/errors.ts";
import type { ClusterTemplateReads } from "../../core/ports.ts";
import { SecretValue } from "../../core/secret-value.ts";
import { errorOf, fieldOf, type HttpCall, type HttpSend, WHOLE_OBJECT } from "./http.ts";

/** Makes the port over one connection. */
export function createTemplateReads(send: HttpSend): ClusterTemplateReads {
  return {
    async read({ kind, namespace, name, keys }) {
      const isSecret = kind === "Secret";
      const call: HttpCall = {
        operation: isSecret ? "templateSecret" : "templateConfigMap",
        method: "GET",
        path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/${isSecret ? "secrets" : "configmaps"}/${encodeURIComponent(name)}`,
        accept: WHOLE_OBJECT,
        subject: `${kind} ${namespace}/${name}`,
        forbidden: "TemplateSourceForbidden",
      };
      const { status, body } = await send(call);
      if (status === 404) throw new RelayError("TemplateSourceMissing", call.subject, { detail: "it does not exist" });
      if (status < 200 || status > 299) throw errorOf(call, { status, body });
      const data = fieldOf(body, "data");
      return new Map(
        keys.map((key) => {
          const text = fieldOf(data, key);
          if (typeof text !== "string") throw new RelayError("TemplateSourceMissing", call.subject, { detail: `it has no key ${key}` });
          return [key, new SecretValue(isSecret ? new Uint8Array(Buffer.from(text, "base64")) : text)];
        }),
      );
    },
  };
}
