/** The raw limit of an API server: conditional server-side applies by node:https on a kept-alive agent, with nothing between them. */

import { Agent, request } from "node:https";
import { parseCredentials } from "../src/adapters/kubernetes/credentials.ts";
import { METADATA_ONLY } from "../src/adapters/kubernetes/http.ts";
import { CREATED_BY_LABEL, createdBy, DATA_HASH_ANNOTATION, MANAGED_LABEL } from "../src/core/sync/eso.ts";
import { CLUSTER_LABEL, fieldManager, stampAnnotation } from "../src/core/sync/ownership.ts";
import { testHasher } from "../test/support/fakes/memory-outlets.ts";
import { NAMESPACE } from "./parts.ts";

/** What the next apply is conditional on. */
export interface BareTarget {
  readonly uid: string;
  readonly resourceVersion: string;
}

export interface BareCluster {
  readonly create: (name: string) => Promise<BareTarget>;
  readonly apply: (name: string, target: BareTarget, value: string) => Promise<BareTarget>;
}

/** What of a request no new value changes: made once, since none of it is the API server's or its connection's. */
interface BareRequest {
  readonly url: URL;
  readonly labels: Readonly<Record<string, string>>;
  readonly stampName: string;
}

/** As long as the benchmarks' names of clusters. */
const LABEL = "bare-loop";
const HASH_LENGTH = testHasher.hash(Buffer.from("any")).length;

/** The relay's labels and annotations are on it too: what the API server has to do is the same. */
export async function createBareCluster(kubeconfig: string, connections: number): Promise<BareCluster> {
  const { server, ca, auth } = await parseCredentials(kubeconfig, "bare", { allowLoopback: true });
  if (auth.kind !== "certificate") throw new Error("the relay's identity has no certificate");
  const agent = new Agent({ keepAlive: true, maxSockets: connections, ca, cert: auth.cert, key: auth.key.exposeText() });

  const requests = new Map<string, BareRequest>();
  function requestOf(name: string): BareRequest {
    const known = requests.get(name);
    if (known !== undefined) return known;
    const id = `bare/${NAMESPACE}/${name}`;
    const made: BareRequest = {
      url: new URL(
        `${server}/api/v1/namespaces/${NAMESPACE}/secrets/${name}?fieldManager=${encodeURIComponent(fieldManager(id))}&force=true`,
      ),
      // As many marks as the relay's, and a manager for each target as there; those change with the value that change there.
      labels: {
        [CLUSTER_LABEL]: LABEL,
        [MANAGED_LABEL]: "true",
        [CREATED_BY_LABEL]: createdBy({ namespace: NAMESPACE, name }),
      },
      stampName: stampAnnotation(id),
    };
    requests.set(name, made);
    return made;
  }

  function send(name: string, fence: object, value: string): Promise<BareTarget> {
    const { url, labels, stampName } = requestOf(name);
    const hash = value.padEnd(HASH_LENGTH, "-");
    const body = JSON.stringify({
      apiVersion: "v1",
      kind: "Secret",
      metadata: {
        name,
        namespace: NAMESPACE,
        ...fence,
        labels,
        annotations: { [stampName]: `1.${hash}`, [DATA_HASH_ANNOTATION]: hash },
      },
      data: { password: Buffer.from(value).toString("base64") },
    });
    return new Promise((resolve, reject) => {
      const outgoing = request(
        url,
        {
          agent,
          method: "PATCH",
          headers: { accept: METADATA_ONLY, "content-type": "application/apply-patch+yaml", "content-length": Buffer.byteLength(body) },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
          incoming.on("error", reject);
          incoming.on("end", () => {
            const text = Buffer.concat(chunks).toString();
            const { statusCode = 0 } = incoming;
            if (statusCode > 299) return reject(new Error(`a bare apply got ${statusCode}`));
            const { metadata } = JSON.parse(text) as { readonly metadata: BareTarget };
            resolve({ uid: metadata.uid, resourceVersion: metadata.resourceVersion });
          });
        },
      );
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }

  return {
    // "1" is a version that no object ever has.
    create: (name) => send(name, { resourceVersion: "1" }, "first"),
    apply: (name, { uid, resourceVersion }, value) => send(name, { uid, resourceVersion }, value),
  };
}
