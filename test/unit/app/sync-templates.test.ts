/** Targets that templates make, through the use case as a whole: what is rendered, when it is written again, and what leaves a target alone. */
import { describe, expect, it } from "@jest/globals";
import { referencesOf } from "../../../src/core/sync/references.ts";
import { relayWorld, T, type World, type WorldSpec } from "../../support/relay-world.ts";

const HOUR = 3_600_000;
const FROM_MAP = { templateFrom: [{ configMap: { name: "tpl", items: [{ key: "url" }] } }] };

/** Registered and synced once, with `password` = `p1`. */
async function synced(template: NonNullable<WorldSpec["template"]>, spec: WorldSpec = {}, prepare?: (world: World) => void) {
  const world = await relayWorld();
  prepare?.(world);
  const registration = await world.synced({ ...spec, template });
  return { world, registration };
}

/** What reconcile asks for: a look at the target, and at everything that it is made of. */
async function look(world: World, registration: Awaited<ReturnType<World["synced"]>>): Promise<void> {
  world.calls.length = 0;
  await world.sync([world.requestOf(registration, { verify: true })]);
}

async function rotate(world: World, registration: Awaited<ReturnType<World["synced"]>>): Promise<void> {
  world.clock.advance(HOUR);
  world.source.put("shop/db", "v2", "p2");
  await world.sync(await world.announce([registration], "v2", world.clock.now()));
}

describe("a target with a template", () => {
  it("holds what the template makes, and follows a rotation", async () => {
    const { world, registration } = await synced({
      type: "example.com/login",
      data: { url: "db://{{ .password }}" },
      labels: { len: "{{ len .password }}" },
    });
    const first = world.data(registration);
    await rotate(world, registration);

    expect(first).toEqual({ url: "db://p1" });
    expect(world.data(registration)).toEqual({ url: "db://p2" });
    expect(world.inside("tokyo").peek("app", "db")?.labels).toMatchObject({ len: "2" });
  });

  it("keeps what was fetched under mergePolicy Merge", async () => {
    const { world, registration } = await synced({ data: { user: "shop" }, mergePolicy: "Merge" });

    expect(world.data(registration)).toEqual({ user: "shop", password: "p1" });
  });

  it("is not written where nothing changed", async () => {
    const { world, registration } = await synced({ data: { url: "{{ .password }}" }, annotations: { a: "{{ .password | upper }}" } });
    await look(world, registration);

    expect(world.calls).toEqual(["tokyo look db"]);
  });

  it("stays as it is where the template fails, with a status that holds no value", async () => {
    const { world, registration } = await synced({ data: { url: '{{ if eq .password "p1" }}ok{{ else }}{{ .none }}{{ end }}' } });
    await rotate(world, registration);

    const { status } = await world.reg(registration);
    expect(status).toMatchObject({ state: "Error", error: { code: "TemplateError", step: "render" } });
    expect(status.error?.message).toContain("spec.target.template.data.url:1:42: map has no entry for the key");
    expect(JSON.stringify(status)).not.toContain("p2");
    expect(world.data(registration)).toEqual({ url: "ok" });
  });

  it("is not taken for gone where its template makes no data of what was fetched", async () => {
    const { world, registration } = await synced(
      { templateFrom: [{ target: "Labels", literal: "team: shop" }] },
      { deletionPolicy: "Delete" },
    );
    await look(world, registration);

    expect(world.data(registration)).toEqual({});
    expect((await world.reg(registration)).status.state).toBe("Synced");
    expect(world.inside("tokyo").peek("app", "db")?.labels).toMatchObject({ team: "shop" });
  });

  it("is deleted with its source, though its template would make something of nothing", async () => {
    const { world, registration } = await synced({ data: { fixed: "x" } }, { deletionPolicy: "Delete" });
    world.clock.advance(HOUR);
    world.source.remove("shop/db");
    await look(world, registration);

    expect(world.data(registration)).toBeUndefined();
    expect((await world.reg(registration)).status.state).toBe("SecretDeleted");
  });

  it("keeps what a finalizer holds as it shall be, until it is off, and deletes it once", async () => {
    const { world, registration } = await synced({ finalizers: ["example.com/a"] }, { deletionPolicy: "Delete" });
    world.inside("tokyo").deleteByHand("app", "db");
    await rotate(world, registration);
    const held = world.data(registration);
    world.clock.advance(HOUR);
    world.source.remove("shop/db");
    await look(world, registration);
    await look(world, registration);

    expect(held).toEqual({ password: "p2" });
    expect(world.calls).toEqual(["tokyo look db"]);
    expect((await world.reg(registration)).status.state).toBe("SecretDeleted");
  });

  it("takes no new finalizer while it is deleted", async () => {
    const { world, registration } = await synced({ finalizers: ["example.com/a"] });
    world.inside("tokyo").deleteByHand("app", "db");
    const { spec } = registration;
    const template = { labels: {}, annotations: {}, finalizers: ["example.com/a", "example.com/b"] };
    const target = { ...spec.target, template };
    const generation = await world.registry.nextGeneration();
    const previous = await world.reg(registration);
    const references = referencesOf(spec);
    await world.registry.putRegistration({ spec: { ...spec, target }, generation, registeredAt: T, previous, references });
    await look(world, registration);

    const view = await world.inside("tokyo").look({ cluster: "tokyo", namespace: "app", name: "db" });
    expect(view).toMatchObject({ deleting: true, finalizers: ["example.com/a"] });
    expect((await world.reg(registration)).status.state).toBe("Synced");
  });

  it("mints no token, whatever a template makes", async () => {
    const literal = "kubernetes.io/service-account.name: admin";
    const { world, registration } = await synced({ data: { a: "b" }, templateFrom: [{ target: "Annotations", literal }] });

    expect((await world.reg(registration)).status.error?.code).toBe("TargetInvalid");
    expect(world.data(registration)).toBeUndefined();
  });
});

describe("a template that asks for time or chance", () => {
  const VARYING = { data: { token: "{{ randAlphaNum 12 }}", password: "{{ .password }}" }, annotations: { at: "{{ now | unixEpoch }}" } };

  it("is rendered once, and again only where its inputs changed", async () => {
    const { world, registration } = await synced(VARYING);
    const first = world.data(registration);
    for (let drift = 0; drift < 3; drift += 1) {
      world.clock.advance(HOUR);
      await look(world, registration);
      expect(world.calls).toEqual(["tokyo look db"]);
    }
    expect(world.data(registration)).toEqual(first);
    await rotate(world, registration);

    expect(world.data(registration)).toMatchObject({ password: "p2" });
    expect(world.data(registration)?.["token"]).not.toBe(first?.["token"]);
  });

  it("has its drift put right", async () => {
    const { world, registration } = await synced(VARYING);
    world.inside("tokyo").writeByHand("app", "db", "someone", { token: "mine" });
    await look(world, registration);

    expect(world.data(registration)?.["token"]).toMatch(/^[A-Za-z0-9]{12}$/);
    expect(world.calls).toContain("tokyo apply db");
  });
});

describe("templates that lie in the cluster", () => {
  const put = (text: string) => (world: World) => world.templates.put("ConfigMap", "app", "tpl", { url: text });

  it("are read from ConfigMap, Secret and literal, in this order", async () => {
    const items = [{ key: "a" }, { key: "b" }];
    const { world, registration } = await synced(
      { templateFrom: [{ secret: { name: "tpl", items }, configMap: { name: "tpl", items }, literal: "b: literal {{ .password }}" }] },
      {},
      ({ templates }) => {
        templates.put("ConfigMap", "app", "tpl", { a: "map", b: "map" });
        templates.put("Secret", "app", "tpl", { a: "secret {{ .password }}", b: "secret" });
      },
    );

    expect(world.data(registration)).toEqual({ a: "secret p1", b: "literal p1" });
  });

  it("are noticed by the next look where they changed, and not written where they did not", async () => {
    const { world, registration } = await synced(FROM_MAP, {}, put("{{ .password }}"));
    await look(world, registration);
    const calls = [...world.calls];
    put("new {{ .password }}")(world);
    await look(world, registration);

    expect(calls).toEqual(["tokyo look db"]);
    expect(world.data(registration)).toEqual({ url: "new p1" });
  });

  it.each([
    { name: "missing", code: "TemplateSourceMissing", change: (world: World) => world.templates.drop("ConfigMap", "app", "tpl") },
    {
      name: "without the key",
      code: "TemplateSourceMissing",
      change: (world: World) => world.templates.put("ConfigMap", "app", "tpl", {}),
    },
    { name: "broken", code: "TemplateError", change: put("{{") },
  ])("leave the target alone where they are $name", async ({ code, change }) => {
    const { world, registration } = await synced(FROM_MAP, {}, put("{{ .password }}"));
    change(world);
    await rotate(world, registration);

    expect((await world.reg(registration)).status).toMatchObject({ state: "Error", error: { code } });
    expect(world.data(registration)).toEqual({ url: "p1" });
  });

  it("never get out by an error", async () => {
    const { world, registration } = await synced(FROM_MAP, {}, put("{{ .password }}"));
    put('canary-1 {{ fail "canary-2" }} {{ .password }}')(world);
    await look(world, registration);

    expect((await world.reg(registration)).status.error?.code).toBe("TemplateError");
    expect(JSON.stringify([await world.reg(registration), world.log.lines, world.bus.published])).not.toMatch(/canary|p1/);
  });

  it("are not read in a namespace that the cluster does not allow", async () => {
    const world = await relayWorld({ cluster: { allowedNamespaces: ["other"] } });
    const reads: string[] = [];
    world.templates.before = ({ name }) => void reads.push(name);
    const registration = await world.synced({ template: FROM_MAP });

    expect((await world.reg(registration)).status.error?.code).toBe("NamespaceNotAllowed");
    expect(reads).toEqual([]);
  });

  it("bring nothing new to a target that takes nothing new", async () => {
    const { world, registration } = await synced(FROM_MAP, { refreshPolicy: "CreatedOnce" }, put("{{ .password }}"));
    put("new")(world);
    world.inside("tokyo").labelByHand("app", "db", "theirs", "1");
    await look(world, registration);

    expect(world.data(registration)).toEqual({ url: "p1" });
    expect(world.calls).toEqual(["tokyo look db"]);
  });
});
