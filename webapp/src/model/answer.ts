// The outcome of a request, and in words what a person can do about it.

import type { AuthorizationKind } from "./config.ts";
import { plainRule } from "./rule.ts";

/** The answer. Headers that another origin's page may not read are "". */
export type Answer = {
  kind: "answer";
  status: number;
  body: string;
  /** Whether body is only the beginning. */
  cut?: boolean;
  retryAfter: string;
  requestId: string;
  errorType: string;
};

/** Why there is no answer that the page may read. */
export type Silence = {
  kind: "network" | "offline" | "cors" | "timeout" | "redirect" | "signing" | "stopped" | "broken" | "unsent";
  /** The browser's own message; "" if it has none. */
  detail: string;
};

export type Outcome = Answer | Silence;

/** The fate of an event. An unknown one may or may not be in the stream. */
export type Fate = "accepted" | "rejected" | "unknown";

export type Words = {
  /** An unsent event is no answer, so no figure counts it. */
  fate: Fate | "unsent";
  /** A few words for a row. */
  summary: string;
  /** What to do about it; "" for nothing. */
  advice: string;
};

type Said = Omit<Words, "fate">;

export type Sent = {
  authorization: AuthorizationKind;
  /** Headers that carried tokens. */
  headers: string[];
  url: URL;
  /** The page's own origin, which the endpoint must allow. */
  origin: string;
  bytes: number;
  validJSON: boolean;
};

/** API Gateway accepts no body over 10 MB. Its 413 has no CORS headers, so a page of another origin cannot read it. */
export const maxBodyBytes = 10 * 1024 * 1024;

/** Kinesis accepts no record over 1 MiB, the partition key included. */
export const maxRecordBytes = 1024 * 1024;

/** byteLength is the length in UTF-8, in which the text is sent. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** fieldsOf reads the pipeline's own answer; {} for any other. */
export function fieldsOf(body: string): {
  message?: string;
  reason?: string;
  shardId?: string;
  sequenceNumber?: string;
  requestId?: string;
} {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return {};
  }
  if (typeof json !== "object" || json === null) return {};
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(json)) {
    // AWS writes message with a small and with a capital letter.
    const known = name.toLowerCase() === "message" ? "message" : name;
    if (typeof value === "string") fields[known] = value;
    else if (known === "reason") fields[known] = JSON.stringify(value);
  }
  return fields;
}

/** isOverQuota recognises the 429 of a key's quota (API Gateway's QUOTA_EXCEEDED), for which a short wait does not help. */
export const isOverQuota = ({ errorType }: Answer): boolean => errorType === "LimitExceededException";

/** explain says what an outcome means to a person. */
export function explain(outcome: Outcome, sent: Sent): Words {
  return outcome.kind === "answer"
    ? explainAnswer(outcome, sent)
    : { fate: fateOf(outcome), ...silences[outcome.kind](sent, outcome.detail) };
}

const isSuccess = ({ status }: Answer): boolean => status >= 200 && status < 300;

/**
 * fateOf takes no success without a sequence number for an event in the stream: any web server answers a POST with 200. Nor does it
 * take a 502 without the pipeline's message for a refusal: a proxy sends one when its connection to the API breaks off. It counts a
 * lost connection as rejected: nearly always, no connection was made.
 */
function fateOf(outcome: Outcome): Words["fate"] {
  if (outcome.kind === "answer") {
    const { status, body } = outcome;
    if (isSuccess(outcome)) return fieldsOf(body).sequenceNumber ? "accepted" : "unknown";
    return status === 504 || (status === 502 && !fieldsOf(body).message) ? "unknown" : "rejected";
  }
  if (outcome.kind === "unsent") return "unsent";
  return outcome.kind === "stopped" || outcome.kind === "timeout" || outcome.kind === "broken" ? "unknown" : "rejected";
}

const silences: Record<Silence["kind"], (sent: Sent, detail: string) => Said> = {
  offline: () => ({ summary: "This browser is offline", advice: "Connect to the network, then send again." }),
  network: ({ url }) => ({
    summary: `Cannot reach ${url.host}`,
    advice: isThisMachine(url)
      ? "No server answers there. Start the pipeline with make up, or correct the port in the endpoint."
      : "No server answers there. Check the endpoint's host name, your connection, and whether the API is deployed.",
  }),
  cors: ({ origin, bytes, headers }) =>
    bytes > maxBodyBytes
      ? {
          summary: "The body is over 10 MB",
          advice:
            "API Gateway refuses it with a 413 that has no CORS headers, so the page sees no status. Send a smaller event.",
        }
      : {
          summary: "CORS: this page may not read the answer",
          advice: `The endpoint is up, but its answer does not allow ${origin}. Add that to API.CORS.AllowOrigins and deploy. Or check the endpoint's path, because an answer from outside the API has no CORS headers.${headers.length === 0 ? "" : ` API.CORS.AllowHeaders must name ${headers.join(", ")}, too.`}`,
        },
  timeout: () => ({
    summary: `No answer within ${timeoutSeconds} s`,
    advice:
      "API Gateway itself gives up after 29 s. The event may or may not be in the stream. Send it again if a duplicate does no harm.",
  }),
  redirect: () => ({
    summary: "The endpoint redirects",
    advice:
      "The page follows no redirect, so it sends your keys to no other host. Enter the address that the redirect leads to.",
  }),
  signing: (_, detail) => ({
    summary: "The request could not be signed",
    advice: `Check the keys and the region. ${detail}`.trim(),
  }),
  broken: () => ({
    summary: "The connection broke off",
    advice:
      "No complete answer came, so the event may or may not be in the stream. Send it again if a duplicate does no harm.",
  }),
  unsent: ({ url }) => ({
    summary: `Cannot reach ${url.host}`,
    advice: "The event was not sent: the pipeline on this machine does not answer. Start it with make up.",
  }),
  stopped: () => ({
    summary: "Stopped",
    advice: "You stopped the run before the answer came, so the event may or may not be in the stream.",
  }),
};

/** timeoutSeconds is longer than API Gateway's own 29 s, so the page sees its 504. */
export const timeoutSeconds = 35;

function explainAnswer(answer: Answer, sent: Sent): Words {
  const { status } = answer;
  const fields = fieldsOf(answer.body);
  const fate = fateOf(answer);
  if (fate === "accepted") return { fate, summary: "In the stream", advice: "" };
  if (isSuccess(answer))
    return {
      fate,
      summary: "Answered without a sequence number",
      advice:
        "The answer names no record of a stream, so the event may or may not be in one. Check that the endpoint ends in /STAGE/submit.",
    };
  return { fate, ...refusal(status, fields, answer, sent) };
}

function refusal(status: number, fields: ReturnType<typeof fieldsOf>, answer: Answer, sent: Sent): Said {
  const { message = "" } = fields;
  switch (status) {
    case 400:
      return badRequest(fields, sent);
    case 401:
      return unauthorised(message, sent);
    case 403:
      return forbidden(message, sent);
    case 404:
      return {
        summary: "Nothing at this path",
        advice: "Check the endpoint's path: it is /STAGE/submit, such as /dev/submit.",
      };
    case 405:
      return { summary: "No POST at this path", advice: "Post events to /STAGE/submit, such as /dev/submit." };
    case 413:
      return {
        summary: "The body is too large",
        advice: `It has ${sent.bytes.toLocaleString("en")} bytes. API Gateway accepts at most 10 MB, and Kinesis at most 1 MiB. Send a smaller event.`,
      };
    case 415:
      return {
        summary: "The endpoint refuses the content type",
        advice:
          "The page sends application/json, and this endpoint expects another type. Check that it is the pipeline's submit URL.",
      };
    case 429: {
      if (isOverQuota(answer))
        return {
          summary: "The key's quota is used up",
          advice:
            "The quota resets with the next day, week or month, as the usage plan says. Use another key, or raise the usage plan's Quota in the environment.",
        };
      const limit = message.includes("stream") ? "the stream's write limit" : "the API's request limit";
      const { retryAfter } = answer; // seconds or a date
      const after = retryAfter && ` Wait ${/^\d+$/.test(retryAfter) ? `${retryAfter} s` : `until ${retryAfter}`}.`;
      return {
        summary: `Throttled at ${limit}`,
        advice: `Too many events at once.${after} Lower the rate or the concurrency, or raise ${message.includes("stream") ? "Stream.Capacity" : "API.Throttle"} in the environment.`,
      };
    }
    case 431:
      return {
        summary: "The headers are too long",
        advice: "API Gateway accepts 10,240 bytes of headers. Send a shorter token.",
      };
    case 500:
      // An authorizer that fails has no message (developer guide, "Gateway response types": AUTHORIZER_FAILURE).
      if (sent.authorization === "lambda" && message === "")
        return {
          summary: "The authorizer failed",
          advice:
            "The function threw an error, took too long or returned no policy. Search the API's execution log for the request id to see which.",
        };
      return {
        summary: "API Gateway could not call the stream",
        advice:
          "It cannot assume its role, or a mapping template fails. Search the API's execution log for the request id to see which.",
      };
    case 502:
      if (message === "")
        return {
          summary: "A proxy lost its connection",
          advice:
            "This is not the pipeline's own 502, so the event may or may not be in the stream. Send it again if a duplicate does no harm.",
        };
      return {
        summary: "The stream did not accept the event",
        advice:
          "Send it again; rarely, the stream then has it twice. If it keeps failing, look for Kinesis's status in the access log. The usual cause is a missing permission, or a stream that is not ready yet.",
      };
    case 503:
      return { summary: "The API is not available", advice: "Send it again in a moment." };
    case 504:
      return {
        summary: "The stream did not answer in time",
        advice:
          "The event may or may not be in the stream. Send it again if a duplicate does no harm: delivery is at least once.",
      };
    default:
      return {
        summary: shorten(message) || `Answered ${status}`,
        advice: "Check that the endpoint is the pipeline's submit URL.",
      };
  }
}

function badRequest({ message = "", reason = "" }: ReturnType<typeof fieldsOf>, sent: Sent): Said {
  if (!sent.validJSON)
    return { summary: "The event is not JSON", advice: "Fix what the editor underlines, then send again." };
  if (sent.bytes > maxRecordBytes)
    return {
      summary: "Over 1 MiB",
      advice: `Kinesis accepts records of at most 1 MiB; this one has ${sent.bytes.toLocaleString("en")} bytes.`,
    };
  if (reason !== "")
    return {
      summary: `Breaks the rule: ${shorten(plainRule(reason))}`,
      advice: "Change the event to follow this rule, which comes from the environment's API.Schema or from Kinesis.",
    };
  return {
    summary: message === "" ? "The API refuses the event" : shorten(message),
    advice: "Compare the event with the environment's API.Schema.",
  };
}

/** unauthorised is for 401, which only an authorizer causes. */
function unauthorised(message: string, { authorization, headers }: Sent): Said {
  if (message.toLowerCase().includes("expired")) return expired;
  if (authorization === "cognito")
    return {
      summary: "The token is missing or refused",
      advice:
        "Check that the token is complete, has not expired and comes from the environment's user pool. An environment without scopes needs an identity token. One with scopes needs an access token that has one of them.",
    };
  if (authorization === "lambda")
    return {
      summary: "The token is missing or refused",
      advice: `Either the request lacks a value that the authorizer reads (the page sent ${headers.join(", ") || "no header"}), or the function refuses it. Check the header's name and the token, with Bearer before it where the function expects that.`,
    };
  return {
    summary: "The API requires a token",
    advice: "Choose Cognito token or Lambda authorizer below Authorisation, and enter the token.",
  };
}

const expired = {
  summary: "The token has expired",
  advice:
    "Get a new one and enter it below Authorisation. A user pool's token is valid for an hour, or as its app client says.",
};

function forbidden(message: string, sent: Sent): Said {
  const { authorization, url } = sent;
  const said = message.toLowerCase();
  if (authorization === "iam") return forbiddenToSign(said, url);
  if (said.includes("anonymous is not authorized"))
    return {
      summary: "The API's resource policy refuses this caller",
      advice: "Send from an address that the environment's API.Access allows.",
    };
  if (authorization === "cognito" || authorization === "lambda") return forbiddenToken(said, sent);
  if (said.includes("missing authentication token"))
    return {
      summary: "The API requires a signature, or the path is wrong",
      advice: `Choose IAM keys below Authorisation if this environment requires them. Otherwise check ${url.pathname}: the endpoint is /STAGE/submit.`,
    };
  if (authorization === "api_key")
    return {
      summary: "The API refuses the key",
      advice:
        "Check the key, and that its usage plan includes this API's stage. If both are right, a firewall refuses the request.",
    };
  return {
    summary: "Not allowed, or no such stage",
    advice: `Check ${url.pathname}: the endpoint is /STAGE/submit, such as /dev/submit. If that is right, this environment requires an API key or a signature, or a resource policy or a firewall refuses the request.`,
  };
}

/** forbiddenToken is for 403 with a token that was accepted: a policy or a firewall denies the request. */
function forbiddenToken(said: string, { authorization, url }: Sent): Said {
  if (said.includes("expired")) return expired;
  if (said.includes("missing authentication token")) return noSuchPath(url);
  if (authorization === "lambda" && said.includes("not authorized to access this resource"))
    return {
      summary: "The authorizer's policy denies it",
      advice: `The function accepted the token, but its policy does not allow POST ${url.pathname}. Use another token, or change the function to allow it. API Gateway may cache its last answer for a while.`,
    };
  return blocked(url, " The token is accepted: a refused one causes a 401.");
}

/** blocked is for 403 "Forbidden", which no signature and no token causes. */
function blocked(url: URL, more = ""): Said {
  return {
    summary: "Refused by a policy, or no such stage",
    advice: `Check ${url.pathname}: the endpoint is /STAGE/submit, such as /dev/submit. If that is right, a resource policy or a firewall refuses the request.${more}`,
  };
}

function noSuchPath(url: URL): Said {
  return {
    summary: "No such path",
    advice: `There is no POST at ${url.pathname}. The endpoint is /STAGE/submit, such as /dev/submit.`,
  };
}

/** forbiddenToSign is for 403 with a signature. */
function forbiddenToSign(said: string, url: URL): Said {
  if (said.includes("expired") || said.includes("not yet current"))
    return {
      summary: "The signature or the session has expired",
      advice: "Get new keys, or set this machine's clock: a signature is valid for five minutes.",
    };
  if (said.includes("signature"))
    return {
      summary: "The signature does not match",
      advice: "Check the secret access key: it does not belong to this access key id, or a character is missing.",
    };
  if (said.includes("scoped") || said.includes("region"))
    return {
      summary: "Signed for another region",
      advice: "Enter the API's region below Authorisation. The endpoint's host name contains it.",
    };
  if (said.includes("security token"))
    return {
      summary: "AWS does not know the access key",
      advice: "Check the access key id. Temporary keys, which begin with ASIA, also need their session token.",
    };
  if (said.includes("missing authentication token")) return noSuchPath(url);
  if (said === "forbidden") return blocked(url);
  return {
    summary: "These keys may not submit",
    advice: "Allow their user or role execute-api:Invoke on the output submit_arn.",
  };
}

function shorten(text: string): string {
  return text.replace(/^(.{200}).+/su, "$1…");
}

function isThisMachine({ hostname }: URL): boolean {
  return hostname === "127.0.0.1" || hostname === "localhost" || hostname === "[::1]";
}
