/** Certificates, PKCS#12 and JWK against openssl, both directions: what it makes is read, what is made here it reads. */
import { spawnSync } from "node:child_process";
import { createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { renderText } from "./render-text.ts";

let directory = "";

function openssl(args: readonly string[], input?: Buffer): Buffer {
  const run = spawnSync("openssl", [...args], { cwd: directory, input, maxBuffer: 1e8 });
  if (run.status !== 0) throw new Error(`openssl ${args[0]}: ${run.stderr.toString()}`);
  return run.stdout;
}

function read(file: string): string {
  return readFileSync(join(directory, file), "utf8");
}

function certificate(name: string, issuer: string | undefined, keyArguments: readonly string[], extensions: readonly string[]): void {
  const signer = issuer === undefined ? [] : ["-CA", `${issuer}.crt`, "-CAkey", `${issuer}.key`];
  openssl([
    "req",
    "-x509",
    "-nodes",
    "-days",
    "30",
    "-subj",
    `/O=Test, Inc/CN=${name}`,
    "-keyout",
    `${name}.key`,
    "-out",
    `${name}.crt`,
    ...keyArguments,
    ...signer,
    ...extensions.flatMap((extension) => ["-addext", extension]),
  ]);
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "template-pki-"));
  const authority = ["basicConstraints=critical,CA:TRUE"];
  certificate("root", undefined, ["-newkey", "rsa:2048"], authority);
  certificate("middle", "root", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], authority);
  certificate(
    "leaf",
    "middle",
    ["-newkey", "rsa:2048"],
    [
      "basicConstraints=critical,CA:FALSE",
      "subjectAltName=DNS:a.example,DNS:*.b.example,IP:10.0.0.1,IP:2001:db8::1,email:me@example.com,URI:https://c.example/x",
    ],
  );
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function data(entries: Readonly<Record<string, string | Buffer>>): Readonly<Record<string, Buffer>> {
  return Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, Buffer.from(value)]));
}

function chain(): Readonly<Record<string, string>> {
  return { leaf: read("leaf.crt"), middle: read("middle.crt"), root: read("root.crt"), key: read("leaf.key") };
}

function plainPem(text: string): string {
  return text
    .replace(/^(?:Bag Attributes|subject=|issuer=|Key Attributes| .*|\s*)$/gm, "")
    .replace(/\n+/g, "\n")
    .trim();
}

describe("pemToPkcs12 and its like", () => {
  it.each([
    { name: "without a password", template: "{{ fullPemToPkcs12 .chain .key }}", password: "" },
    { name: "with a password", template: '{{ fullPemToPkcs12Pass .chain .key "pä ss" }}', password: "pä ss" },
    { name: "with the certificate alone", template: '{{ pemToPkcs12Pass .leaf .key "x" }}', password: "x" },
  ])("makes a file $name that openssl opens", async ({ template, password }) => {
    const { leaf, middle, root, key } = chain();
    const text = await renderText(template, data({ chain: `${leaf}${middle}${root}`, leaf: leaf ?? "", key: key ?? "" }));

    writeFileSync(join(directory, "made.p12"), Buffer.from(text, "base64"));
    const pem = openssl(["pkcs12", "-in", "made.p12", "-nodes", "-passin", `pass:${password}`]).toString();

    expect(plainPem(pem)).toContain(plainPem(key ?? ""));
    expect(plainPem(pem)).toContain(plainPem(leaf ?? ""));
    expect(plainPem(pem).includes(plainPem(root ?? ""))).toBe(template.includes("full"));
  });

  it("makes a trust store with the friendly names and Java's attribute", async () => {
    const text = await renderText('{{ pemTruststoreToPKCS12Pass .pem "changeit" }}', data({ pem: read("root.crt") + read("middle.crt") }));

    writeFileSync(join(directory, "trust.p12"), Buffer.from(text, "base64"));
    const pem = openssl(["pkcs12", "-in", "trust.p12", "-nokeys", "-passin", "pass:changeit"]).toString();

    expect(pem).toContain("friendlyName: CN=root,O=Test\\, Inc");
    expect(pem).toContain("2.16.840.1.113894.746875.1.1");
    expect(plainPem(pem)).toContain(plainPem(read("middle.crt")));
  });
});

describe("pkcs12key and pkcs12cert", () => {
  it.each([
    { name: "AES-256 and SHA-256, openssl's default", args: [] as string[], password: "secret" },
    {
      name: "triple DES and SHA-1",
      args: ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"],
      password: "secret",
    },
    { name: "AES-128 and SHA-512", args: ["-keypbe", "AES-128-CBC", "-certpbe", "AES-128-CBC", "-macalg", "sha512"], password: "pä" },
    { name: "RC2 of 40 bits, its default of old", args: ["-legacy", "-macalg", "sha1"], password: "secret" },
    { name: "RC2 of 128 bits", args: ["-legacy", "-keypbe", "PBE-SHA1-RC2-128", "-certpbe", "PBE-SHA1-RC2-128"], password: "secret" },
    { name: "no password", args: [] as string[], password: "" },
  ])("reads what openssl makes with $name", async ({ args, password }) => {
    writeFileSync(join(directory, "issuers.pem"), read("root.crt") + read("middle.crt"));
    const file = openssl([
      "pkcs12",
      "-export",
      "-in",
      "leaf.crt",
      "-inkey",
      "leaf.key",
      "-certfile",
      "issuers.pem",
      "-passout",
      `pass:${password}`,
      ...args,
    ]);
    const values = data({ file, password });

    const key = await renderText("{{ pkcs12keyPass .password .file }}", values);
    const certificates = await renderText("{{ pkcs12certPass .password .file }}", values);

    expect(key).toBe(read("leaf.key"));
    // The chain is put in order: leaf, its issuer, the root.
    expect(certificates).toBe(read("leaf.crt") + read("middle.crt") + read("root.crt"));
  });

  it("refuses a wrong password and a broken file without a word of either", async () => {
    const file = openssl(["pkcs12", "-export", "-in", "leaf.crt", "-inkey", "leaf.key", "-passout", "pass:right"]);

    await expect(renderText('{{ pkcs12keyPass "CANARY" .file }}', data({ file }))).rejects.toThrow("decryption password incorrect");
    await expect(renderText("{{ pkcs12key .file }}", data({ file: "CANARY" }))).rejects.toThrow("unable to decode pkcs12");
  });
});

describe("filterPEM, filterCertChain and certSANs", () => {
  it("takes the parts of a chain in any order, and of a mixture of PEM", async () => {
    const { leaf = "", middle = "", root = "", key = "" } = chain();
    const values = data({ all: `${root}${leaf}${middle}`, mixture: `junk\n${key}${leaf}`, leaf });
    const render = (template: string) => renderText(template, values);

    expect(await render('{{ filterCertChain "leaf" .all }}')).toBe(leaf);
    expect(await render('{{ filterCertChain "intermediate" .all }}')).toBe(middle);
    expect(await render('{{ filterCertChain "root" .all }}')).toBe(root);
    expect(await render('{{ filterPEM "certificate" .mixture }}')).toBe(leaf);
    expect(await render('{{ filterPEM "PRIVATE KEY" .mixture }}')).toBe(key);
    expect(await render('{{ certSANs .leaf | join " " }}')).toBe(
      "a.example *.b.example 10.0.0.1 2001:db8::1 me@example.com https://c.example/x",
    );
  });
});

describe("jwkPublicKeyPem and jwkPrivateKeyPem", () => {
  it.each([
    { name: "RSA", pair: () => generateKeyPairSync("rsa", { modulusLength: 2048 }) },
    { name: "P-256", pair: () => generateKeyPairSync("ec", { namedCurve: "P-256" }) },
    { name: "P-521", pair: () => generateKeyPairSync("ec", { namedCurve: "P-521" }) },
    { name: "Ed25519", pair: () => generateKeyPairSync("ed25519") },
  ])("gives the PEM that openssl gives for $name", async ({ pair }) => {
    const { privateKey, publicKey } = pair();
    const values = data({
      private: JSON.stringify({ ...privateKey.export({ format: "jwk" }), kid: "x" }),
      public: JSON.stringify(publicKey.export({ format: "jwk" })),
    });

    const privatePem = await renderText("{{ jwkPrivateKeyPem .private }}", values);
    const publicPem = await renderText("{{ jwkPublicKeyPem .public }}", values);

    expect(openssl(["pkey"], Buffer.from(privatePem)).toString()).toBe(privatePem);
    expect(openssl(["pkey", "-pubout"], Buffer.from(privatePem)).toString()).toBe(publicPem);
  });

  it("refuses what is no key of the wanted sort", async () => {
    const privateJwk = JSON.stringify(generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" }));

    await expect(renderText("{{ jwkPublicKeyPem .jwk }}", data({ jwk: privateJwk }))).rejects.toThrow("holds a private key");
    await expect(renderText("{{ jwkPrivateKeyPem .jwk }}", data({ jwk: '{"kty":"CANARY"}' }))).rejects.toThrow("failed to parse the JWK");
  });
});

describe("rsaDecrypt", () => {
  it.each(["SHA1", "SHA256", "SHA512", "None"])("decrypts what openssl encrypts with OAEP and %s", async (hash) => {
    openssl(["rsa", "-in", "leaf.key", "-pubout", "-out", "leaf.pub"]);
    const digest = hash === "None" ? "sha256" : hash.toLowerCase();
    const ciphertext = openssl(
      ["pkeyutl", "-encrypt", "-pubin", "-inkey", "leaf.pub", "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", `rsa_oaep_md:${digest}`],
      Buffer.from("plain"),
    );

    const text = await renderText(
      `{{ rsaDecrypt "RSA-OAEP" "${hash}" (.text | b64dec) .key }}`,
      data({ text: ciphertext.toString("base64"), key: read("leaf.key") }),
    );

    expect(text).toBe("plain");
  });
});

describe("genCA, genSelfSignedCert and genSignedCert", () => {
  it("issues a chain that openssl verifies", async () => {
    const template =
      '{{ $ca := genCA "my-ca" 365 }}{{ $c := genSignedCert "svc" (list "10.0.0.1" "::1") (list "svc.example") 30 $ca }}{{ $ca.Cert }}|{{ $c.Cert }}|{{ $c.Key }}';
    const [authority = "", certificateText = "", key = ""] = (await renderText(template, {})).split("|");
    writeFileSync(join(directory, "made-ca.crt"), authority);
    writeFileSync(join(directory, "made.crt"), certificateText);

    expect(openssl(["verify", "-x509_strict", "-CAfile", "made-ca.crt", "-purpose", "sslserver", "made.crt"]).toString()).toContain("OK");
    const made = new X509Certificate(certificateText);
    expect(made.subjectAltName).toBe("DNS:svc.example, IP Address:10.0.0.1, IP Address:0:0:0:0:0:0:0:1");
    expect(made.publicKey.equals(createPublicKey(key))).toBe(true);
    expect(new Date(made.validTo).getTime() - new Date(made.validFrom).getTime()).toBe(30 * 86_400_000);
  });

  it.each(["ecdsa", "ed25519"])("signs itself with a given %s key", async (kind) => {
    const text = await renderText(
      `{{ $k := genPrivateKey "${kind}" }}{{ $c := genSelfSignedCertWithKey "me" nil (list "me.example") 1 $k }}{{ $c.Cert }}`,
      {},
    );
    writeFileSync(join(directory, "self.crt"), text);

    expect(openssl(["verify", "-CAfile", "self.crt", "self.crt"]).toString()).toContain("OK");
  });
});

describe("bcrypt, htpasswd and encryptAES", () => {
  it("makes a hash that openssl's own bcrypt-free tools can't make, but whose form Apache takes", async () => {
    expect(await renderText('{{ htpasswd "user" "password" }}', {})).toMatch(/^user:\$2a\$10\$[./A-Za-z0-9]{53}$/);
  });

  it("encrypts so that openssl decrypts with the padded key", async () => {
    const text = await renderText('{{ encryptAES "key" "plain text" }}', {});
    const bytes = Buffer.from(text, "base64");
    const key = Buffer.alloc(32);
    key.write("key");

    const plain = openssl(
      ["enc", "-d", "-aes-256-cbc", "-K", key.toString("hex"), "-iv", bytes.subarray(0, 16).toString("hex")],
      bytes.subarray(16),
    );

    expect(plain.toString()).toBe("plain text");
    expect(await renderText('{{ encryptAES "key" .x | decryptAES "key" }}', data({ x: "round" }))).toBe("round");
  });
});
