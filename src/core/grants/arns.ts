/** The ARN patterns of secrets and parameters: by name, by ARN, and by patterns of names. A key that could widen one is refused. Pure. */
import { UserMistake } from "../config/context.ts";
import type { ProviderKind } from "../model.ts";

/** What Secrets Manager takes as a name: so no key can hold a wildcard of IAM. */
const NAME = /^[\w/+=.@-]{1,512}$/;
const SECRET_ARN = /^arn:[\w-]+:secretsmanager:[\w-]+:(\d{12}):secret:([\w/+=.@-]{1,520})$/;
/** What Parameter Store takes as a name, likewise. */
const PARAMETER = /^[\w./-]{1,1011}$/;
const PARAMETER_ARN = /^arn:[\w-]+:ssm:[\w-]+:\d{12}:parameter\/[\w./-]{1,1011}$/;

/** Secrets Manager ends the ARN of a secret with a hyphen and six characters of its own. */
const RANDOM_END = "-??????";

/** Everything of an ARN before the name, e.g. `arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/`. Empty region: the deployment's own. */
export function placeOf(provider: ProviderKind, region: string): string {
  const place = `${region || "${AWS::Region}"}:\${AWS::AccountId}`;
  return `arn:\${AWS::Partition}:${provider === "SecretsManager" ? `secretsmanager:${place}:secret:` : `ssm:${place}:parameter/`}`;
}

/**
 * The pattern that covers a secret of Secrets Manager and no other, but for the six characters that the service adds.
 * @throws UserMistake for a key that can be no secret's name
 */
export function secretArn(key: string, region: string): string {
  const named = SECRET_ARN.exec(key)?.[2];
  // An ARN without its six characters is valid too, and looks like one with them where the name ends in a word of six.
  if (named !== undefined) return /-[A-Za-z0-9]{6}$/.test(named) ? key : `${key}${RANDOM_END}`;
  if (!NAME.test(key)) throw new UserMistake(`remote key ${JSON.stringify(key)} is neither the name nor the ARN of a secret`);
  return `${placeOf("SecretsManager", region)}${key}${RANDOM_END}`;
}

/** The account that the ARN of a secret names; empty for a name. */
export function accountOfSecret(key: string): string {
  return SECRET_ARN.exec(key)?.[1] ?? "";
}

/** The ARN of a parameter. @throws UserMistake for a key that can be no parameter's name */
export function parameterArn(key: string, region: string): string {
  if (PARAMETER_ARN.test(key)) return key;
  if (!PARAMETER.test(key)) throw new UserMistake(`remote key ${JSON.stringify(key)} is neither the name nor the ARN of a parameter`);
  return `${placeOf("ParameterStore", region)}${key.replace(/^\//, "")}`;
}

/** What covers all secrets or parameters whose names match a pattern, in which `*` and `?` are IAM's. */
export function patternArns(provider: ProviderKind, region: string, pattern: string): readonly string[] {
  const place = placeOf(provider, region);
  if (provider === "SecretsManager") return [`${place}${pattern}${pattern.endsWith("*") ? "" : RANDOM_END}`];
  return parameterPatterns(pattern).map((named) => `${place}${named}`);
}

/** The ARN leaves out the slash that a name begins with: so what may stand for that slash, or for nothing before it, is left out once. */
function parameterPatterns(pattern: string): readonly string[] {
  if (pattern.startsWith("/")) return [pattern.slice(1)];
  if (pattern.startsWith("?")) return [pattern, pattern.slice(1)];
  if (/^\*[/?]/.test(pattern)) return [pattern, pattern.slice(2)];
  return [pattern];
}
