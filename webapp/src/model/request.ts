import type { AwsV4Signer } from "aws4fetch";
import { headerProblem, valueProblem } from "./header.ts";

/** Keys as they were typed. They are in memory alone, and gone with the page. */
export type Keys = {
  apiKey: string;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  /** By the header that each goes in, in small letters. */
  tokens: Record<string, string>;
};

export type Authorization =
  | { kind: "none" }
  | { kind: "api_key"; apiKey: string }
  | { kind: "iam"; accessKeyId: string; secretAccessKey: string; sessionToken: string; region: string }
  | { kind: "cognito" | "lambda"; headers: { name: string; token: string }[] };

export type Target = { url: URL; authorization: Authorization };

/** Loaded when the first request is signed: most environments to try take none. */
let signer: Promise<{ AwsV4Signer: typeof AwsV4Signer }> | undefined;

/** What has to be typed before anything can be sent, and into which field. */
export type Missing = { field: string; text: string };

export type Circumstances = {
  /** Whether the browser signs: it does not on a page that came by http from another machine. */
  canSign: boolean;
  /** Whether nobody verifies a token, as on one machine. */
  unverified: boolean;
};

/** missingKeys is null where nothing is missing. */
export function missingKeys(authorization: Authorization, { canSign, unverified }: Circumstances): Missing | null {
  switch (authorization.kind) {
    case "none":
      return null;
    case "api_key":
      return missingValue("api-key", "API key", authorization.apiKey);
    case "iam":
      return missingSignature(authorization, canSign);
    default:
      return missingToken(authorization, unverified);
  }
}

function missingValue(field: string, name: string, value: string): Missing | null {
  if (value === "") return { field, text: `Enter the ${name}, or choose None below Authorisation.` };
  const problem = valueProblem(value);
  return problem === "" ? null : { field, text: `The ${name} ${problem}` };
}

function missingSignature(
  { accessKeyId, secretAccessKey, region }: Extract<Authorization, { kind: "iam" }>,
  canSign: boolean,
): Missing | null {
  if (!canSign)
    return {
      field: "authorization",
      text: "A browser signs only on a page that came by https or from 127.0.0.1; open the page there.",
    };
  if (accessKeyId === "" || secretAccessKey === "")
    return {
      field: accessKeyId === "" ? "access-key-id" : "secret-access-key",
      text: "Enter an access key id and its secret, or choose None below Authorisation.",
    };
  return region === "" ? { field: "region", text: "Enter the region of the API, such as us-east-1." } : null;
}

function missingToken(
  { kind, headers }: Extract<Authorization, { kind: "cognito" | "lambda" }>,
  unverified: boolean,
): Missing | null {
  // A Lambda authoriser may read the query alone, which is the endpoint's.
  if (kind === "cognito" && headers.length === 0)
    return { field: "header", text: "Name the header that the token goes in; most often it is Authorization." };
  for (const { name, token } of headers) {
    const problem = headerProblem(name);
    if (problem !== "") return { field: "header", text: problem };
    const missing = unverified && token === "" ? null : missingValue(tokenField(name), `token for ${name}`, token);
    if (missing !== null) return missing;
  }
  return null;
}

/** tokenField names the field of the token that goes in a header. */
export function tokenField(header: string): string {
  return `token-${header.toLowerCase()}`;
}

/** tokenNames are the headers that tokens go in. */
export function tokenNames(authorization: Authorization): string[] {
  return "headers" in authorization ? authorization.headers.map(({ name }) => name) : [];
}

/** headersOf makes the headers of one request; with IAM keys it signs them and the body. */
export async function headersOf({ url, authorization }: Target, body: string): Promise<Headers> {
  const headers = new Headers({ "Content-Type": "application/json" });
  if (authorization.kind === "api_key") headers.set("X-Api-Key", authorization.apiKey);
  if ("headers" in authorization)
    for (const { name, token } of authorization.headers) if (token !== "") headers.set(name, token);
  if (authorization.kind !== "iam") return headers;
  signer ??= import("aws4fetch");
  const { AwsV4Signer } = await signer;
  const { accessKeyId, secretAccessKey, sessionToken, region } = authorization;
  const signed = await new AwsV4Signer({
    method: "POST",
    url: url.href,
    headers,
    body,
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === "" ? {} : { sessionToken }),
    service: "execute-api",
    region,
  }).sign();
  return signed.headers;
}
