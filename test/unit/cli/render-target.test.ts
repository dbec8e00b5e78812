/** What `render` makes of a target: one case for each rule of ESO that decides what it holds, and what becomes of it. */
import { describe, expect, it } from "@jest/globals";
import { dataOf, renderJson } from "./render-json.ts";
import { externalSecret, STORE } from "./run-cli.ts";

describe("the data of an applied target", () => {
  it.each([
    { name: "the whole value", spec: ["data: [{ secretKey: a, remoteRef: { key: db, property: password } }]"], want: { a: "p1" } },
    { name: "bytes as they are", spec: ["data: [{ secretKey: a, remoteRef: { key: binary } }]"], want: { a: "\u00ff\u0000\u00fe" } },
    {
      name: "a property of a nested value by its gjson path",
      spec: ["data: [{ secretKey: a, remoteRef: { key: db, property: nested.list.1 } }]"],
      want: { a: "b" },
    },
    {
      name: "a number in float64's shortest form",
      spec: ["data: [{ secretKey: a, remoteRef: { key: db, property: ratio } }]"],
      want: { a: "1.5" },
    },
    {
      name: "extract: raw numbers, converted keys, null as empty",
      spec: ["dataFrom: [{ extract: { key: db } }]"],
      want: {
        a_b: "slash",
        nested: '{"list":["a","b"]}',
        none: "",
        password: "p1",
        port: "5432",
        ratio: "1.50",
        username: "admin",
      },
    },
    {
      name: "data over dataFrom",
      spec: ["dataFrom: [{ extract: { key: db, property: nested } }]", "data: [{ secretKey: list, remoteRef: { key: plain } }]"],
      want: { list: "just text" },
    },
    {
      name: "versions by stage and by id",
      spec: [
        "data:",
        "- { secretKey: current, remoteRef: { key: rolled } }",
        "- { secretKey: previous, remoteRef: { key: rolled, version: AWSPREVIOUS } }",
        "- { secretKey: pinned, remoteRef: { key: rolled, version: uuid/v0 } }",
      ],
      want: { current: "new", previous: "old", pinned: "oldest" },
    },
    {
      name: "Owner: only its own keys, also over a Secret that exists",
      spec: ["target: { name: existing }", "data: [{ secretKey: shared, remoteRef: { key: plain } }]"],
      want: { shared: "just text" },
    },
    {
      name: "Merge: keys of others stay",
      spec: ["target: { name: existing, creationPolicy: Merge }", "data: [{ secretKey: shared, remoteRef: { key: plain } }]"],
      want: { mine: "theirs", shared: "just text" },
    },
    {
      name: "CreateOrMerge on a Secret that exists",
      spec: ["target: { name: existing, creationPolicy: CreateOrMerge }", "data: [{ secretKey: ours, remoteRef: { key: plain } }]"],
      want: { mine: "theirs", shared: "theirs", ours: "just text" },
    },
    {
      name: "CreateOrMerge where there is none",
      spec: ["target: { creationPolicy: CreateOrMerge }", "data: [{ secretKey: ours, remoteRef: { key: plain } }]"],
      want: { ours: "just text" },
    },
    {
      name: "deletionPolicy Merge goes on without what is gone",
      spec: [
        "target: { deletionPolicy: Merge }",
        "data: [{ secretKey: a, remoteRef: { key: gone } }, { secretKey: b, remoteRef: { key: plain } }]",
      ],
      want: { b: "just text" },
    },
    {
      name: "deletionPolicy Merge with nothing left",
      spec: ["target: { deletionPolicy: Merge }", "data: [{ secretKey: a, remoteRef: { key: gone } }]"],
      want: {},
    },
    {
      name: "deletionPolicy Delete with something left",
      spec: [
        "target: { deletionPolicy: Delete }",
        "data: [{ secretKey: a, remoteRef: { key: gone } }, { secretKey: b, remoteRef: { key: plain } }]",
      ],
      want: { b: "just text" },
    },
  ])("is $name", async ({ spec, want }) => {
    const { status, items, stderr } = await renderJson(externalSecret("one", spec));

    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ namespace: "app", name: "one", action: "apply" });
    expect(dataOf(items[0])).toEqual(want);
  });
});

describe("the metadata of an applied target", () => {
  const data = "data: [{ secretKey: a, remoteRef: { key: plain } }]";

  it("copies labels and annotations of an ExternalSecret without a template, and nothing of ours", async () => {
    const meta = ", labels: { team: shop }, annotations: { note: x, kubectl.kubernetes.io/last-applied-configuration: y }";

    const { items } = await renderJson(externalSecret("one", [data], meta));

    expect(items[0]?.target).toEqual({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "one", namespace: "app", labels: { team: "shop" }, annotations: { note: "x" } },
      type: "Opaque",
      data: { a: Buffer.from("just text").toString("base64") },
    });
  });

  it("takes type and metadata from the template alone where there is one", async () => {
    const template = "target: { name: other, template: { type: kubernetes.io/tls, metadata: { labels: { from: template } } } }";

    const { items } = await renderJson(externalSecret("one", [template, data], ", labels: { team: shop }"));

    expect(items[0]?.target?.type).toBe("kubernetes.io/tls");
    expect(items[0]?.target?.metadata).toEqual({ name: "other", namespace: "app", labels: { from: "template" } });
  });

  it("takes a manifest without namespace for one of default", async () => {
    const manifests = (STORE + externalSecret("one", [data])).replaceAll(", namespace: app", "");

    const { items } = await renderJson("", { files: { "manifests.yaml": manifests } });

    expect(items).toMatchObject([{ namespace: "default", name: "one", target: { metadata: { namespace: "default" } } }]);
  });
});

describe("what happens to a target that is not applied", () => {
  it.each([
    {
      name: "Delete under Owner removes it when the source is gone",
      spec: ["target: { deletionPolicy: Delete }", "data: [{ secretKey: a, remoteRef: { key: gone } }]"],
      want: "delete",
    },
    {
      name: "None writes nothing",
      spec: ["target: { creationPolicy: None }", "data: [{ secretKey: a, remoteRef: { key: plain } }]"],
      want: "keep",
    },
    {
      name: "Retain keeps it where nothing is left",
      spec: ["dataFrom: [{ extract: { key: empty } }]"],
      want: "keep",
    },
    {
      name: "Merge waits for a Secret to merge into",
      spec: ["target: { creationPolicy: Merge }", "data: [{ secretKey: a, remoteRef: { key: plain } }]"],
      want: "wait",
    },
  ])("$name", async ({ spec, want }) => {
    const { status, items } = await renderJson(externalSecret("one", spec));

    expect(status).toBe(0);
    expect(items).toEqual([{ namespace: "app", name: "one", action: want, target: null }]);
  });

  it("refuses Delete under Orphan when the source is gone, as a sync would", async () => {
    const spec = ["target: { deletionPolicy: Delete, creationPolicy: Orphan }", "data: [{ secretKey: a, remoteRef: { key: gone } }]"];

    const { status, items } = await renderJson(externalSecret("one", spec));

    expect(status).toBe(1);
    expect(items).toMatchObject([{ name: "one", action: "keep", target: null, error: { code: "DeletionRefused" } }]);
  });
});
