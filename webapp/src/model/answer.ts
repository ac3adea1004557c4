// What became of a request, and in words what a person can do about it.

import type { AuthorizationKind } from "./config.ts";
import { plainRule } from "./rule.ts";

/** What came back. Headers that another origin's page may not read are "". */
export type Answer = {
  kind: "answer";
  status: number;
  body: string;
  retryAfter: string;
  requestId: string;
  errorType: string;
};

/** Why nothing came back that the page may read. */
export type Silence = {
  kind: "network" | "offline" | "cors" | "timeout" | "redirect" | "signing" | "stopped";
  /** The browser's own words, where it has any. */
  detail: string;
};

export type Outcome = Answer | Silence;

/** What became of an event. Of an unknown one nobody here can say whether it is in the stream. */
export type Fate = "accepted" | "rejected" | "unknown";

export type Words = {
  fate: Fate;
  /** A few words for a row. */
  summary: string;
  /** What to do about it; "" where nothing is to be done. */
  advice: string;
};

type Said = Omit<Words, "fate">;

export type Sent = {
  authorization: AuthorizationKind;
  /** Headers that tokens went in. */
  headers: string[];
  url: URL;
  /** The page's own origin, as the endpoint has to allow it. */
  origin: string;
  bytes: number;
  validJSON: boolean;
};

/** API Gateway takes no body over 10 MB; its 413 carries no CORS headers, so a page of another origin cannot read it. */
export const maxBodyBytes = 10 * 1024 * 1024;

/** Kinesis takes no record over 1 MiB, the partition key included. */
export const maxRecordBytes = 1024 * 1024;

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

/** isOverQuota tells the 429 of a key's quota, which no wait of seconds mends (API Gateway's QUOTA_EXCEEDED). */
export const isOverQuota = ({ errorType }: Answer): boolean => errorType === "LimitExceededException";

/** explain says what an outcome means. */
export function explain(outcome: Outcome, sent: Sent): Words {
  return outcome.kind === "answer"
    ? explainAnswer(outcome, sent)
    : { fate: fateOf(outcome), ...silences[outcome.kind](sent, outcome.detail) };
}

/** fateOf takes a lost connection for a refusal: it is nearly always one that never was. */
function fateOf(outcome: Outcome): Fate {
  if (outcome.kind === "answer") {
    if (outcome.status >= 200 && outcome.status < 300) return "accepted";
    return outcome.status === 504 ? "unknown" : "rejected";
  }
  return outcome.kind === "stopped" || outcome.kind === "timeout" ? "unknown" : "rejected";
}

const silences: Record<Silence["kind"], (sent: Sent, detail: string) => Said> = {
  offline: () => ({ summary: "This browser is offline", advice: "Connect to the network, then send again." }),
  network: ({ url }) => ({
    summary: `${url.host} cannot be reached`,
    advice: isThisMachine(url)
      ? "Nothing answers there. Start the pipeline with make up, or correct the port in the endpoint."
      : "Nothing answers there. Check the endpoint's host name, your connection, and whether the API is deployed.",
  }),
  cors: ({ origin, bytes, headers }) =>
    bytes > maxBodyBytes
      ? {
          summary: "The body is over 10 MB",
          advice:
            "API Gateway refuses it with 413, which carries no CORS headers, so the page sees no status. Send a smaller event.",
        }
      : {
          summary: "CORS: this page may not read the answer",
          advice: `The endpoint is up, but its answer does not allow ${origin}. Add that to API.CORS.AllowOrigins and deploy; or check the endpoint's path, because an answer from outside the API carries no CORS headers.${headers.length === 0 ? "" : ` API.CORS.AllowHeaders has to name ${headers.join(", ")}, too.`}`,
        },
  timeout: () => ({
    summary: `No answer within ${timeoutSeconds} s`,
    advice:
      "API Gateway itself gives up after 29 s. The event may be in the stream or not; send it again if a duplicate does no harm.",
  }),
  redirect: () => ({
    summary: "The endpoint sends elsewhere",
    advice:
      "It answered with a redirect, which is not followed, so that keys go nowhere else. Enter the address that it leads to.",
  }),
  signing: (_, detail) => ({
    summary: "The request could not be signed",
    advice: `Check the keys and the region. ${detail}`.trim(),
  }),
  stopped: () => ({
    summary: "Stopped",
    advice: "It was under way when the run was stopped, so it may be in the stream or not.",
  }),
};

/** timeoutSeconds is longer than API Gateway's own 29 s, so that its 504 is seen. */
export const timeoutSeconds = 35;

function explainAnswer(answer: Answer, sent: Sent): Words {
  const { status } = answer;
  const fields = fieldsOf(answer.body);
  const fate = fateOf(answer);
  if (fate === "accepted") {
    if (fields.sequenceNumber) return { fate, summary: "In the stream", advice: "" };
    return {
      fate,
      summary: "Answered without a sequence number",
      advice: "The status is good, but the answer names no record of a stream. Does the endpoint end in /STAGE/submit?",
    };
  }
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
      return { summary: "No POST at this path", advice: "Events are posted to /STAGE/submit, such as /dev/submit." };
    case 413:
      return {
        summary: "The body is too large",
        advice: `It has ${sent.bytes.toLocaleString("en")} bytes. API Gateway takes at most 10 MB, and Kinesis 1 MiB of that. Send a smaller event.`,
      };
    case 415:
      return {
        summary: "The content type is refused",
        advice:
          "The page sends application/json, so this endpoint wants something else: is it the pipeline's submit URL?",
      };
    case 429: {
      if (isOverQuota(answer))
        return {
          summary: "The key's quota is used up",
          advice:
            "It begins anew with the next day, week or month, whichever it is for. Use another key, or raise the usage plan's Quota in the environment.",
        };
      const limit = message.includes("stream") ? "the stream's write limit" : "the API's request limit";
      const after = answer.retryAfter === "" ? "" : ` It asks to wait ${answer.retryAfter} s.`;
      return {
        summary: `Throttled at ${limit}`,
        advice: `Too many events at once.${after} Lower the rate or the concurrency, or raise ${message.includes("stream") ? "Stream.Capacity" : "API.Throttle"} in the environment.`,
      };
    }
    case 500:
      // An authoriser that fails has no message (developer guide, "Gateway response types": AUTHORIZER_FAILURE).
      if (sent.authorization === "lambda" && message === "")
        return {
          summary: "The authoriser failed",
          advice:
            "The function threw an error, took too long or answered with no policy. The API's execution log says which; the request id finds it there.",
        };
      return {
        summary: "API Gateway could not call the stream",
        advice:
          "Its role cannot be assumed, or a mapping template fails. The API's execution log says which; the request id finds it there.",
      };
    case 502:
      return {
        summary: "The stream did not take the event",
        advice:
          "It is safe to send it again. If it goes on, the access log names Kinesis's error: most often a permission or a stream that is being made.",
      };
    case 503:
      return { summary: "The API is not available", advice: "Send it again in a moment." };
    case 504:
      return {
        summary: "The stream did not answer in time",
        advice:
          "The event may be in the stream or not. Send it again if a duplicate does no harm: delivery is at least once.",
      };
    default:
      return { summary: message || `Answered ${status}`, advice: "Is the endpoint the pipeline's submit URL?" };
  }
}

function badRequest({ message = "", reason = "" }: ReturnType<typeof fieldsOf>, sent: Sent): Said {
  if (!sent.validJSON)
    return { summary: "The event is no JSON", advice: "Mend what the editor underlines, then send again." };
  if (sent.bytes > maxRecordBytes)
    return {
      summary: "Over 1 MiB",
      advice: `Kinesis takes records of at most 1 MiB; this one has ${sent.bytes.toLocaleString("en")} bytes.`,
    };
  if (reason !== "")
    return {
      summary: `Breaks the rule: ${shorten(plainRule(reason))}`,
      advice: "Change the event so that it keeps this rule, which is the environment's API.Schema or Kinesis's own.",
    };
  return {
    summary: message === "" ? "The event is refused" : shorten(message),
    advice: "Compare the event with the environment's API.Schema.",
  };
}

/** unauthorised is for 401, which API Gateway answers for an authoriser alone. */
function unauthorised(message: string, { authorization, headers }: Sent): Said {
  if (message.toLowerCase().includes("expired")) return expired;
  if (authorization === "cognito")
    return {
      summary: "No token, or one that is refused",
      advice:
        "Check that the token is whole, has not expired and is of the environment's user pool: an identity token where it asks for no scopes, and an access token with one of them where it does.",
    };
  if (authorization === "lambda")
    return {
      summary: "No token, or one that is refused",
      advice: `Either the request lacks something that the authoriser reads (the page sent ${headers.join(", ") || "no header"}), or the function refuses it. Check the token, with Bearer before it where the function wants that, and the header's name.`,
    };
  return {
    summary: "A token is asked for",
    advice: "Choose Cognito token or Lambda authoriser below Authorisation, and enter the token.",
  };
}

const expired = {
  summary: "The token has expired",
  advice: "Get a new one and enter it below Authorisation; a user pool's holds for an hour, or as its client says.",
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
      summary: "A signature is asked for, or the path is wrong",
      advice: `Choose IAM keys below Authorisation if this environment asks for them; otherwise check ${url.pathname}: the endpoint is /STAGE/submit.`,
    };
  if (authorization === "api_key")
    return {
      summary: "The API key is refused",
      advice: "Check the key, and that its usage plan holds this API's stage.",
    };
  return {
    summary: "Not allowed, or no such stage",
    advice: `Check ${url.pathname}: the endpoint is /STAGE/submit, such as /dev/submit. Where that is right, this environment asks for an API key or a signature, or a resource policy or a firewall refuses.`,
  };
}

/** forbiddenToken is for 403 with a token: it was understood, and still something denies. */
function forbiddenToken(said: string, { authorization, url }: Sent): Said {
  if (said.includes("expired")) return expired;
  if (said.includes("missing authentication token")) return noSuchPath(url);
  if (authorization === "lambda" && said.includes("not authorized to access this resource"))
    return {
      summary: "The authoriser's policy denies it",
      advice: `The function took the token, and its policy does not allow POST ${url.pathname}. Use another token, or have the function allow it; its last answer may be kept for a while.`,
    };
  return {
    summary: "Refused by a policy, or no such stage",
    advice: `Check ${url.pathname}: the endpoint is /STAGE/submit, such as /dev/submit. Where that is right, a resource policy or a firewall refuses, and not the token: that would be 401.`,
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
      summary: "The signature or the session is out of time",
      advice: "Get new keys, or set this machine's clock: a signature holds for five minutes.",
    };
  if (said.includes("signature"))
    return {
      summary: "The signature does not match",
      advice: "Check the secret access key: it does not belong to this access key id, or a character is missing.",
    };
  if (said.includes("scoped") || said.includes("region"))
    return {
      summary: "Signed for another region",
      advice: "Enter the API's region below Authorisation; it is in the endpoint's host name.",
    };
  if (said.includes("security token"))
    return {
      summary: "The access key is not known",
      advice: "Check the access key id. Temporary keys (they begin with ASIA) need their session token, too.",
    };
  if (said.includes("missing authentication token")) return noSuchPath(url);
  return {
    summary: "These keys may not submit",
    advice: "Allow their user or role execute-api:Invoke on the output submit_arn.",
  };
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function isThisMachine({ hostname }: URL): boolean {
  return hostname === "127.0.0.1" || hostname === "localhost" || hostname === "[::1]";
}
