import type { AwsV4Signer } from "aws4fetch";
import { headerProblem, valueProblem } from "./header.ts";

/** Keys as a person typed them. They are only in memory, and gone with the page. */
export type Keys = {
  apiKey: string;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  /** By the header that carries each, in lower case. */
  tokens: Record<string, string>;
};

export type Authorization =
  | { kind: "none" }
  | { kind: "api_key"; apiKey: string }
  | { kind: "iam"; accessKeyId: string; secretAccessKey: string; sessionToken: string; region: string }
  | { kind: "cognito" | "lambda"; headers: { name: string; token: string }[] };

export type Target = { url: URL; authorization: Authorization };

/** Loaded for the first request to sign, because most environments need no signature. */
let signer: Promise<{ AwsV4Signer: typeof AwsV4Signer }> | undefined;

/** What a person must enter before the page can send, and into which field. */
export type Missing = { field: string; text: string };

export type Circumstances = {
  /** Whether the browser signs: it does not on a page that came over http from another machine. */
  canSign: boolean;
  /** Whether nothing verifies a token, as on one machine. */
  unverified: boolean;
};

/** missingKeys is null if nothing is missing. */
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
      text: "The browser signs only on a page from https or 127.0.0.1. Open the page there.",
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
  // A Lambda authorizer may read only the query, which is part of the endpoint.
  if (kind === "cognito" && headers.length === 0)
    return { field: "header", text: "Name the header for the token. It is usually Authorization." };
  for (const { name, token } of headers) {
    const problem = headerProblem(name);
    if (problem !== "") return { field: "header", text: problem };
    const missing = unverified && token === "" ? null : missingValue(tokenField(name), `token for ${name}`, token);
    if (missing !== null) return missing;
  }
  return null;
}

/** tokenField is the id of the field for a header's token. */
export function tokenField(header: string): string {
  return `token-${header.toLowerCase()}`;
}

/** tokenNames are the headers that carry tokens. */
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
