/** The address to post events to, or why the page cannot post there. */
export type Endpoint = { url: URL; problem: "" } | { url: null; problem: string };

/**
 * checkEndpoint reads an address that a person typed. The page's Content-Security-Policy lets it send over https, and over
 * http only to this machine and its own host. Any other address would fail without a message.
 */
export function checkEndpoint(text: string, page: URL): Endpoint {
  const trimmed = text.trim();
  if (trimmed === "") return wrong("Enter the address to post events to, such as https://….amazonaws.com/dev/submit.");
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed)) return wrong("Begin the endpoint with https:// or http://.");
  let url: URL;
  try {
    url = new URL(trimmed);
  } catch {
    return wrong("This is not an address. Enter one such as https://….amazonaws.com/dev/submit.");
  }
  if (url.protocol !== "https:" && url.protocol !== "http:")
    return wrong("Begin the endpoint with https:// or http://.");
  if (url.username !== "" || url.password !== "")
    return wrong("Remove the user and password from the endpoint. Enter keys below Authorisation.");
  if (url.hash !== "") return wrong(`Take ${url.hash} out of the endpoint; it is never sent.`);
  if (
    url.protocol === "http:" &&
    url.origin !== page.origin &&
    url.hostname !== "127.0.0.1" &&
    url.hostname !== "localhost"
  )
    return wrong("This page uses http only for 127.0.0.1 and localhost. Use https for other hosts.");
  return { url, problem: "" };
}

/** mayNameUser says whether a text has a user or a password, or an @ where it is not clear that it has none. */
export function mayNameUser(text: string): boolean {
  if (!text.includes("@")) return false;
  try {
    const { protocol, username, password } = new URL(text);
    // Of a text without https://, a URL takes the user for the scheme.
    return !/^https?:$/.test(protocol) || username !== "" || password !== "";
  } catch {
    return true;
  }
}

function wrong(problem: string): Endpoint {
  return { url: null, problem };
}

/** regionOf reads the region from an API Gateway host name; "" if it has none. */
export function regionOf(url: URL | null): string {
  return /\.execute-api(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(url?.hostname ?? "")?.[1] ?? "";
}

/** isLocalPipeline says whether the page may ask its own host for a pipeline's status: the endpoint must have the same host. */
export function isLocalPipeline(url: URL | null, page: URL, declaredLocal: boolean): boolean {
  return declaredLocal && url !== null && url.origin === page.origin;
}
