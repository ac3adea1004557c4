import type { World } from "./send.ts";

/** Milliseconds between two questions to a pipeline that is gone. */
const askMs = 1000;
const patienceMs = 5000;

/** Gate holds events back while the pipeline on this machine does not answer. */
export class Gate {
  /** Resolves when the pipeline is back or the signal is aborted; null while the gate is open. */
  private closed: Promise<void> | null = null;

  /** url is the address of the pipeline's status. changed is called with true when the gate closes, and with false when it opens. */
  constructor(
    private readonly url: string,
    private readonly world: Pick<World, "fetch" | "sleep">,
    private readonly signal: AbortSignal,
    private readonly changed: (closed: boolean) => void,
  ) {}

  async pass(): Promise<void> {
    while (this.closed !== null) await this.closed;
  }

  /** check says whether the pipeline answers. If it does not, the gate is closed until it does. */
  async check(): Promise<boolean> {
    if (this.closed !== null) return false;
    const answers = await this.answers();
    if (answers || this.signal.aborted) return answers;
    this.closed ??= this.wait();
    return false;
  }

  private async wait() {
    this.changed(true);
    do await this.world.sleep(askMs, this.signal);
    while (!this.signal.aborted && !(await this.answers()));
    this.closed = null;
    this.changed(false);
  }

  private async answers(): Promise<boolean> {
    try {
      const signal = AbortSignal.any([this.signal, AbortSignal.timeout(patienceMs)]);
      return (await this.world.fetch(this.url, { cache: "no-store", signal })).ok;
    } catch {
      return false;
    }
  }
}
