import type { AuthorizationKind } from "./config.ts";

/**
 * curlCommand is the shell command that sends the same request. Keys are shell variables: the command contains none that
 * a person typed into the page.
 */
export function curlCommand(
  url: string,
  body: string,
  authorization: AuthorizationKind,
  region: string,
  headers: string[] = [],
): string {
  const words = [`curl -sS -X POST ${quote(url)}`, "-H 'Content-Type: application/json'"];
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
  words.push(`--data-raw ${quote(body, true)}`);
  return words.join(" \\\n  ");
}

/** quote writes one argument for a POSIX shell. */
function quote(text: string, always = false): string {
  if (!always && /^[\w:/.@%+,=-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", "'\\''")}'`;
}
