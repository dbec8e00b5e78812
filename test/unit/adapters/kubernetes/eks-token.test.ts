/** The bytes of an EKS token, compared with those of botocore (the signer of `aws eks get-token`), and how long one is kept. */

import { EKSClient } from "@aws-sdk/client-eks";
import { describe, expect, it } from "@jest/globals";
import { SignatureV4 } from "@smithy/signature-v4";
import type { AwsCredentials } from "../../../../src/adapters/kubernetes/eks.ts";
import { createTokens, signToken } from "../../../../src/adapters/kubernetes/eks-token.ts";

const SIGNER = { SignatureV4, sha256: new EKSClient({ region: "us-east-1" }).config.sha256 };
const KEYS: AwsCredentials = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };
const AT = Date.UTC(2026, 10, 24, 16);
const MINUTE = 60_000;

describe("signToken", () => {
  // SigV4QueryAuth of botocore 1.43.11, of AWSRequest("GET", "https://HOST/?Action=GetCallerIdentity&Version=2011-06-15", {"x-k8s-aws-id": "prod"}).
  it.each([
    {
      name: "of an access key",
      region: "eu-west-1",
      host: "sts.eu-west-1.amazonaws.com",
      signature: "850d3ae97b45c3c0a4ef07890b57ca13c73fc1455ca58e8ad75a565abdce671a",
    },
    {
      name: "of a session, in China",
      region: "cn-north-1",
      host: "sts.cn-north-1.amazonaws.com.cn",
      sessionToken: "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3QtMQ+/=",
      signature: "700670139e231fec7c39929073d31b02d783262e587c5ba894397047f436ddeb",
    },
  ])("gives botocore's bytes: $name", async ({ region, host, sessionToken, signature }) => {
    const credentials = { ...KEYS, ...(sessionToken === undefined ? {} : { sessionToken }) };
    const token = await signToken({ name: "prod", region }, credentials, SIGNER, AT);

    expect(token).toMatch(/^k8s-aws-v1\.[\w-]+$/);
    const url = new URL(Buffer.from(token.slice("k8s-aws-v1.".length), "base64url").toString());
    expect(url.host).toBe(host);
    expect(url.pathname).toBe("/");
    expect(Object.fromEntries(url.searchParams)).toEqual({
      Action: "GetCallerIdentity",
      Version: "2011-06-15",
      "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
      "X-Amz-Credential": `${KEYS.accessKeyId}/20261124/${region}/sts/aws4_request`,
      "X-Amz-Date": "20261124T160000Z",
      "X-Amz-Expires": "60",
      "X-Amz-SignedHeaders": "host;x-k8s-aws-id",
      ...(sessionToken === undefined ? {} : { "X-Amz-Security-Token": sessionToken }),
      "X-Amz-Signature": signature,
    });
  });

  it.each([
    ["us-gov-west-1", "sts.us-gov-west-1.amazonaws.com"],
    ["us-iso-east-1", "sts.us-iso-east-1.c2s.ic.gov"],
    ["eusc-de-east-1", "sts.eusc-de-east-1.amazonaws.eu"],
  ])("goes to the regional STS of %s", async (region, host) => {
    const token = await signToken({ name: "prod", region }, KEYS, SIGNER, AT);

    expect(new URL(Buffer.from(token.slice("k8s-aws-v1.".length), "base64url").toString()).host).toBe(host);
  });
});

function tokens(endsAfterMs?: number) {
  let at = AT;
  let made = 0;
  const forgotten: number[] = [];
  const source = createTokens(
    () => at,
    async () => ({ ...KEYS, ...(endsAfterMs === undefined ? {} : { expiration: new Date(AT + endsAfterMs) }) }),
    async (_credentials, signedAt) => {
      made += 1;
      return `token ${made} of ${(signedAt - AT) / MINUTE}`;
    },
    () => forgotten.push(at),
  );
  return {
    source,
    text: async () => (await source.current()).exposeText(),
    forgotten,
    pass: (minutes: number) => {
      at += minutes * MINUTE;
    },
  };
}

describe("createTokens", () => {
  it("keeps a token for ten minutes of its fifteen", async () => {
    const { text, pass } = tokens();

    const seen = [await text()];
    pass(9.9);
    seen.push(await text());
    pass(0.1);
    seen.push(await text());

    expect(seen).toEqual(["token 1 of 0", "token 1 of 0", "token 2 of 10"]);
  });

  it("keeps none beyond the end of the credentials that signed it", async () => {
    const { text, pass } = tokens(4 * MINUTE);

    const seen = [await text()];
    pass(3.4);
    seen.push(await text());
    pass(0.2);
    seen.push(await text());

    expect(seen).toEqual(["token 1 of 0", "token 1 of 0", "token 2 of 3.6"]);
  });

  it("signs once for all who come at the same time", async () => {
    const { text } = tokens();

    expect(await Promise.all([text(), text()])).toEqual(["token 1 of 0", "token 1 of 0"]);
  });

  it("makes another one in place of a refused one, by credentials that are had anew", async () => {
    const { source, text, pass, forgotten } = tokens();
    const first = await source.current();
    pass(1);

    expect(source.refuse(first)).toBe(true);
    expect(await text()).toBe("token 2 of 1");
    expect(forgotten).toEqual([AT + MINUTE]);
    // Of a call that was under way with the first one meanwhile.
    expect(source.refuse(first)).toBe(true);
    expect(await text()).toBe("token 2 of 1");
  });

  it("makes none in place of one that was refused as soon as it was made", async () => {
    const { source, forgotten } = tokens();
    const first = await source.current();

    expect(source.refuse(first)).toBe(false);
    expect(await source.current()).toBe(first);
    expect(forgotten).toEqual([]);
  });

  it("keeps no failure", async () => {
    let fails = true;
    const source = createTokens(
      () => AT,
      async () => {
        if (fails) throw new Error("no credentials");
        return KEYS;
      },
      async () => "token",
      () => {},
    );

    await expect(source.current()).rejects.toThrow("no credentials");
    fails = false;
    expect((await source.current()).exposeText()).toBe("token");
  });
});
