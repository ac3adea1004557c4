// Headers of tokens: which one an authoriser reads, and which a page can send.

/** What API Gateway's authorisers read where nothing else is said. */
export const standardHeader = "Authorization";

/** headerNames reads names as they are typed or come in an address, with commas or spaces between them. */
export function headerNames(text: string): string[] {
  const names = text.split(/[\s,]+/).filter((name) => name !== "");
  return names.filter((name, at) => names.findIndex((one) => one.toLowerCase() === name.toLowerCase()) === at);
}

/** tokenHeaders finds the headers for which an environment's output curl takes a token from its shell. */
export function tokenHeaders(curl: string): string[] {
  return Array.from(curl.matchAll(/-H "([^":]+): \$TOKEN"/g), ([, name = ""]) => name);
}

/** What a browser sets itself and lets no page set (Fetch Standard, "forbidden request-header"). */
const forbidden =
  /^(accept-charset|accept-encoding|access-control-.*|connection|content-length|cookie2?|date|dnt|expect|host|keep-alive|origin|proxy-.*|referer|sec-.*|set-cookie|te|trailer|transfer-encoding|upgrade|via)$/i;

/** headerProblem says why the page cannot send a token in a header; "" where it can. */
export function headerProblem(name: string): string {
  if (!/^[\w-]+$/.test(name)) return `${name} is no header's name; use letters, digits and -, such as X-Client.`;
  if (forbidden.test(name)) return `A browser lets no page send the header ${name}; use the curl command.`;
  return /^content-type$/i.test(name) ? "Content-Type is application/json in whatever the page sends." : "";
}

/** valueProblem says why no header can hold a value; "" where one can. */
export function valueProblem(value: string): string {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value) ? "" : "has a character that no header can hold; copy it again.";
}
