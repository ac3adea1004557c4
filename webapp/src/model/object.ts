/** objectPath is an object's address below the page. It escapes every part of the key, but not the slashes. */
export function objectPath(bucket: string, key: string): string {
  return `_local/objects/${[bucket, ...key.split("/")].map(encodeURIComponent).join("/")}`;
}
