/** The list of namespaces: all of it, as of one moment or later, or an error; nothing else passes for an empty one. */
import { describe, expect, it } from "@jest/globals";
import { createCluster } from "../../../../src/adapters/kubernetes/cluster.ts";
import type { HttpAnswer, HttpCall } from "../../../../src/adapters/kubernetes/http.ts";

function page(names: readonly string[], token = ""): HttpAnswer {
  const items = names.map((name) => ({ metadata: { name, uid: "u", resourceVersion: "1", labels: { n: name } } }));
  return { status: 200, body: { kind: "PartialObjectMetadataList", metadata: { continue: token }, items } };
}

const EXPIRED: HttpAnswer = { status: 410, body: { reason: "Expired" } };

/** A cluster that gives these answers, and the calls that it got. */
function answering(...answers: readonly HttpAnswer[]) {
  const calls: HttpCall[] = [];
  const cluster = createCluster(async (call) => {
    calls.push(call);
    const answer = answers[calls.length - 1];
    if (answer === undefined) throw new Error("one call too many");
    return answer;
  });
  return { cluster, calls };
}

const namesOf = (found: readonly { readonly name: string }[]) => found.map(({ name }) => name);

describe("namespaces", () => {
  it("asks for metadata only, page after page", async () => {
    const { cluster, calls } = answering(page(["a"], "next/1"), page(["b"]));

    expect(await cluster.namespaces()).toEqual([
      { name: "a", labels: { n: "a" }, isTerminating: false },
      { name: "b", labels: { n: "b" }, isTerminating: false },
    ]);
    expect(calls.map(({ path }) => path)).toEqual(["/api/v1/namespaces?limit=500", "/api/v1/namespaces?limit=500&continue=next%2F1"]);
    expect(calls.every(({ accept }) => accept.includes("PartialObjectMetadataList"))).toBe(true);
  });

  it("forgets what it had where the list begins again", async () => {
    const { cluster } = answering(page(["gone", "a"], "1"), EXPIRED, page(["a"], "2"), page(["b"]));

    expect(namesOf(await cluster.namespaces())).toEqual(["a", "b"]);
  });

  it("takes an empty list, as Go writes it, for none", async () => {
    const { cluster } = answering({ status: 200, body: { kind: "PartialObjectMetadataList", items: null } });

    expect(await cluster.namespaces()).toEqual([]);
  });

  it.each([
    { name: "a page that fails after others", answers: [page(["a"], "1"), { status: 503, body: undefined }], code: "ClusterUnreachable" },
    { name: "a proxy's answer", answers: [{ status: 200, body: { login: "please" } }], code: "ClusterUnreachable" },
    { name: "an answer without a body", answers: [{ status: 200, body: undefined }], code: "ClusterUnreachable" },
    { name: "a list that is denied", answers: [{ status: 403, body: { reason: "Forbidden" } }], code: "StoreAuthForbidden" },
    { name: "a list that expires for ever", answers: Array.from({ length: 4 }, () => EXPIRED), code: "ClusterUnreachable" },
  ])("is no list: $name", async ({ answers, code }) => {
    await expect(answering(...answers).cluster.namespaces()).rejects.toMatchObject({ code });
  });
});
