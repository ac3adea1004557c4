import { byteLength } from "./answer.ts";
import type { AuthorizationKind } from "./config.ts";

/** Linux passes at most 131,072 bytes in one argument, with the zero at its end. */
const maxArgumentBytes = 131_071;

const asFile = "# The event is too long for a command line. Save what you send as event.json first.\n";

/**
 * curlCommand is the shell command that sends the same request. Keys are shell variables: the command contains none that
 * a person typed into the page. A body that is null or too long for a command line comes from a file.
 */
export function curlCommand(
  url: string,
  body: string | null,
  authorization: AuthorizationKind,
  region: string,
  headers: string[] = [],
): string {
  // Of braces and brackets in an address, curl makes several.
  const words = [
    `curl ${/[{}[\]]/.test(url) ? "-g " : ""}-sS -X POST ${quote(url)}`,
    "-H 'Content-Type: application/json'",
  ];
  if (authorization === "api_key") words.push('-H "X-Api-Key: $API_KEY"');
  if (authorization === "cognito" || authorization === "lambda")
    for (const [index, name] of headers.entries())
      words.push(`-H "${name}: $TOKEN${index === 0 ? "" : `_${index + 1}`}"`);
  if (authorization === "iam")
    words.push(
      `--aws-sigv4 ${quote(`aws:amz:${region || "us-east-1"}:execute-api`)} --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"`,
      '-H "X-Amz-Security-Token: $AWS_SESSION_TOKEN"',
    );
  // --data would read a file for a body that begins with @.
  const isArgument = body !== null && byteLength(body) <= maxArgumentBytes;
  words.push(isArgument ? `--data-raw ${quote(body, true)}` : "--data-binary @event.json");
  return (isArgument ? "" : asFile) + words.join(" \\\n  ");
}

/** quote writes one argument for a POSIX shell. */
function quote(text: string, always = false): string {
  if (!always && /^[\w:/.@%+,=-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", "'\\''")}'`;
}
