import type { AwsV4Signer } from "aws4fetch";

/** Keys as they were typed. They are in memory alone, and gone with the page. */
export type Keys = {
  apiKey: string;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
};

export type Authorization =
  | { kind: "none" }
  | { kind: "api_key"; apiKey: string }
  | { kind: "iam"; accessKeyId: string; secretAccessKey: string; sessionToken: string; region: string };

export type Target = { url: URL; authorization: Authorization };

/** Loaded when the first request is signed: most environments to try take none. */
let signer: Promise<{ AwsV4Signer: typeof AwsV4Signer }> | undefined;

/** missingKeys says what has to be typed before anything can be sent; "" when nothing. */
export function missingKeys(authorization: Authorization, canSign: boolean): string {
  if (authorization.kind === "api_key" && authorization.apiKey === "")
    return "Enter the API key, or choose None below Authorisation.";
  if (authorization.kind !== "iam") return "";
  if (!canSign) return "A browser signs only on a page that came by https or from 127.0.0.1; open the page there.";
  if (authorization.accessKeyId === "" || authorization.secretAccessKey === "")
    return "Enter an access key id and its secret, or choose None below Authorisation.";
  return authorization.region === "" ? "Enter the region of the API, such as us-east-1." : "";
}

/** headersOf makes the headers of one request; with IAM keys it signs them and the body. */
export async function headersOf({ url, authorization }: Target, body: string): Promise<Headers> {
  const headers = new Headers({ "Content-Type": "application/json" });
  if (authorization.kind === "api_key") headers.set("X-Api-Key", authorization.apiKey);
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
