// Headers of tokens: which one an authorizer reads, and which ones a page can send.

/** The header that API Gateway's authorizers read by default. */
export const standardHeader = "Authorization";

/** headerNames reads names that are separated by commas or spaces, as a person types them or an address has them. */
export function headerNames(text: string): string[] {
  const names = text.split(/[\s,]+/).filter((name) => name !== "");
  return names.filter((name, at) => names.findIndex((one) => one.toLowerCase() === name.toLowerCase()) === at);
}

/** tokenHeaders finds the headers for which an environment's output curl reads a token from a shell variable. */
export function tokenHeaders(curl: string): string[] {
  return Array.from(curl.matchAll(/-H "([^":]+): \$TOKEN"/g), ([, name = ""]) => name);
}

/** The headers that a browser lets no page set (Fetch Standard, "forbidden request-header"). */
const forbidden =
  /^(accept-charset|accept-encoding|access-control-.*|connection|content-length|cookie2?|date|dnt|expect|host|keep-alive|origin|proxy-.*|referer|sec-.*|set-cookie|te|trailer|transfer-encoding|upgrade|via)$/i;

/** headerProblem says why the page cannot send a token in a header; "" if it can. */
export function headerProblem(name: string): string {
  if (!/^[\w-]+$/.test(name)) return `${name} is not a header name. Use letters, digits and -, such as X-Client.`;
  if (forbidden.test(name)) return `Browsers let no page send the header ${name}. Use the curl command.`;
  return /^content-type$/i.test(name) ? "The page always sends Content-Type: application/json." : "";
}

/** valueProblem says why no header can contain a value; "" if one can. */
export function valueProblem(value: string): string {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value) ? "" : "has a character that no header can contain. Copy it again.";
}
