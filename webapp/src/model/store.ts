import type { Shared, Standard } from "./address.ts";
import type { Config, Environment, EventType } from "./config.ts";
import { checkEndpoint, type Endpoint, isLocalPipeline, regionOf } from "./endpoint.ts";
import { examples } from "./examples.ts";
import { headerNames, standardHeader } from "./header.ts";
import type { Authorization, Keys } from "./request.ts";
import { bounds, type Settings } from "./settings.ts";

const noKeys: Keys = { apiKey: "", accessKeyId: "", secretAccessKey: "", sessionToken: "", tokens: {} };

const noTypes: EventType[] = [];

/** Store has a person's choices, and what follows from them. */
export class Store {
  settings: Settings;
  /** Separate from the settings, because the address contains those. */
  keys: Keys = { ...noKeys };
  readonly environments: Environment[];
  /** The endpoint from a link, if config.json does not have it: the reader may not know who owns it. */
  readonly foreign: string;
  /** The name of the environment whose endpoint was set last. */
  last = "";
  /** The endpoint for which the keys were entered. The set one differs from it while a person types. */
  private settled: string;
  private readonly listeners: (() => void)[] = [];

  constructor(
    config: Config,
    shared: Shared,
    readonly page: URL,
  ) {
    this.environments = config.environments;
    const known = shared.endpoint === undefined || this.find(shared.endpoint) !== undefined;
    this.foreign = known ? "" : (shared.endpoint ?? "");
    this.settings = this.begun(shared);
    this.settled = this.settings.endpoint.trim();
  }

  /** The settings of a page that is opened with an address. */
  private begun(shared: Shared): Settings {
    const first = this.environments[0];
    const environment = shared.endpoint === undefined ? first : this.find(shared.endpoint);
    const type = environment?.types.find(({ submitUrl }) => submitUrl === shared.endpoint);
    const event = type?.event || environment?.event;
    return {
      endpoint: first?.submitUrl ?? "",
      authorization: environment?.authorization ?? "none",
      region: environment?.region ?? "",
      header: environment?.header ?? standardHeader,
      example: event ? "" : (examples[0]?.id ?? ""),
      event: event || (examples[0]?.text ?? ""),
      compact: true,
      mode: "one",
      count: bounds.count.standard,
      rate: bounds.rate.standard,
      concurrency: bounds.concurrency.standard,
      batch: bounds.batch.standard,
      every: bounds.every.standard,
      retry: true,
      ...shared,
    };
  }

  /** open shows another address of the page, as if the page had been opened with it. */
  open(shared: Shared) {
    const next = this.begun(shared);
    if (next.endpoint !== this.settings.endpoint) this.forget();
    this.settled = next.endpoint.trim();
    this.update(next);
  }

  subscribe(listener: () => void) {
    this.listeners.push(listener);
  }

  update(change: Partial<Settings>) {
    this.last = this.environment?.name ?? this.last;
    this.settings = { ...this.settings, ...change };
    for (const listener of this.listeners) listener();
  }

  /** forget clears the keys that are sent as typed, because they belong to one host and must not go to another. */
  forget() {
    this.setKeys({ apiKey: "", tokens: {} });
  }

  setKeys(change: Partial<Keys>) {
    this.keys = { ...this.keys, ...change };
    for (const listener of this.listeners) listener();
  }

  /** choose uses an environment of config.json with all its settings, at one of its endpoints. Keys stay only on their host. */
  choose({ submitUrl, authorization, region, header }: Environment, endpoint = submitUrl) {
    this.move(endpoint);
    this.update({ endpoint, authorization, region, header });
  }

  /**
   * settle takes the endpoint as it is typed, before anything is sent to it and when its field loses the focus. Another environment
   * brings its settings; at another path of the same one a person's stay.
   */
  settle() {
    const endpoint = this.settings.endpoint.trim();
    if (endpoint === this.settled) return;
    const known = this.environment;
    if (known && known !== this.find(this.settled)) this.choose(known, endpoint);
    else this.move(endpoint);
  }

  /** move forgets the keys of another host. */
  private move(endpoint: string) {
    const hostOf = (text: string) => checkEndpoint(text, this.page).url?.host;
    if (hostOf(endpoint) !== hostOf(this.settled)) this.forget();
    this.settled = endpoint;
  }

  /** The event types of the environment whose endpoint is set. */
  get types(): EventType[] {
    return this.environment?.types ?? noTypes;
  }

  /** Where the set endpoint takes batches; null if it takes none. */
  get batchUrl(): URL | null {
    const { environment, endpoint } = this;
    if (!environment?.batchUrl || endpoint.url === null) return null;
    return new URL(endpoint.url.href === environment.submitUrl ? environment.batchUrl : `${endpoint.url.href}/batch`);
  }

  get endpoint(): Endpoint {
    return checkEndpoint(this.settings.endpoint, this.page);
  }

  /** The environment of config.json whose endpoint is set. */
  get environment(): Environment | undefined {
    return this.find(this.settings.endpoint.trim());
  }

  /** The environment of config.json that has the endpoint's host, if no environment accepts events at the endpoint's path. */
  get meant(): Environment | undefined {
    const { url } = this.endpoint;
    const near = this.environments.filter(({ submitUrl }) => url !== null && submitUrl.startsWith(`${url.origin}/`));
    // /STAGE/submit/batch is below the path of one event.
    const right = near.some(({ submitUrl }) => `${url?.origin}${url?.pathname}/`.startsWith(`${submitUrl}/`));
    return right ? undefined : near[0];
  }

  get region(): string {
    return this.settings.region.trim() || regionOf(this.endpoint.url);
  }

  get authorization(): Authorization {
    const { apiKey, accessKeyId, secretAccessKey, sessionToken, tokens } = this.keys;
    const kind = this.settings.authorization;
    switch (kind) {
      case "none":
        return { kind: "none" };
      case "api_key":
        return { kind: "api_key", apiKey: apiKey.trim() };
      case "iam":
        return {
          kind: "iam",
          accessKeyId: accessKeyId.trim(),
          secretAccessKey: secretAccessKey.trim(),
          sessionToken: sessionToken.trim(),
          region: this.region,
        };
      case "cognito":
      case "lambda":
        return {
          kind,
          headers: headerNames(this.settings.header).map((name) => ({
            name,
            token: (tokens[name.toLowerCase()] ?? "").trim(),
          })),
        };
    }
  }

  /** Whether the page may ask its own host for the pipeline's status. */
  get local(): boolean {
    return isLocalPipeline(
      this.endpoint.url,
      this.page,
      this.environments.some(({ local }) => local),
    );
  }

  /** What an address leaves out because the page starts with it. */
  get standard(): Standard {
    const environment = this.environment;
    return {
      endpoint: this.environments[0]?.submitUrl ?? "",
      authorization: environment?.authorization ?? "none",
      region: environment?.region ?? "",
      header: environment?.header ?? standardHeader,
    };
  }

  private find(endpoint: string): Environment | undefined {
    return this.environments.find(
      ({ submitUrl, types }) => submitUrl === endpoint || types.some((type) => type.submitUrl === endpoint),
    );
  }
}
