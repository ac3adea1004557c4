/** Where events are posted, or why the page cannot post there. */
export type Endpoint = { url: URL; problem: "" } | { url: null; problem: string };

/**
 * checkEndpoint reads what was typed. The page's Content-Security-Policy lets it send to https, and by http to this
 * machine and to its own host alone; another address would fail without a word.
 */
export function checkEndpoint(text: string, page: URL): Endpoint {
  const trimmed = text.trim();
  if (trimmed === "")
    return wrong("Enter the address that events are posted to, such as https://….amazonaws.com/dev/submit.");
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed)) return wrong("Begin the endpoint with https:// or http://.");
  let url: URL;
  try {
    url = new URL(trimmed);
  } catch {
    return wrong("This is no address; use one such as https://….amazonaws.com/dev/submit.");
  }
  if (url.protocol !== "https:" && url.protocol !== "http:")
    return wrong("Begin the endpoint with https:// or http://.");
  if (url.username !== "" || url.password !== "")
    return wrong("Take the user and password out of the endpoint; keys go below Authorisation.");
  if (url.hash !== "") return wrong(`Take ${url.hash} out of the endpoint; it is never sent.`);
  if (
    url.protocol === "http:" &&
    url.origin !== page.origin &&
    url.hostname !== "127.0.0.1" &&
    url.hostname !== "localhost"
  )
    return wrong("This page sends by http to 127.0.0.1 and localhost alone; use https for other hosts.");
  return { url, problem: "" };
}

function wrong(problem: string): Endpoint {
  return { url: null, problem };
}

/** regionOf reads the region out of an API Gateway host name; "" where there is none. */
export function regionOf(url: URL | null): string {
  return /\.execute-api(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(url?.hostname ?? "")?.[1] ?? "";
}

/** isLocalPipeline says whether the page may ask its own host for a pipeline's status: it must be the endpoint's, too. */
export function isLocalPipeline(url: URL | null, page: URL, declaredLocal: boolean): boolean {
  return declaredLocal && url !== null && url.origin === page.origin;
}
