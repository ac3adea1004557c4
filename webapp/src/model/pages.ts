import type { Batch } from "./records.ts";

/** How many rows far from the ones on the screen are kept in memory. The others are asked for again. */
const keptRows = 5000;

/** The first page would not have the same rows again, and those put before it have no cursor. */
const canReload = ({ cursor }: { cursor: string }) => cursor !== "" && cursor !== prepended;
const prepended = "prepended";

type Page<T> = { cursor: string; rows: T[] | null; count: number; first: number };

/**
 * Pages are the rows of a list that may have a million: those that were seen are known by their number, and those near the screen are
 * in memory. One request runs at a time.
 */
export class Pages<T> {
  /** How many rows are known. */
  count = 0;
  /** How many records the pipeline has looked at. */
  scanned = 0;
  /** The cursor of rows that come later, of the first answer. */
  tail = "";
  /** What the pipeline could not read. */
  notes: string[] = [];
  /** Why the last request failed; empty if it did not. */
  problem = "";
  private pages: Page<T>[] = [];
  private next: string | null = "";
  private readonly stopping = new AbortController();
  private isStopped = false;
  private running: Promise<void> | null = null;

  constructor(
    private readonly load: (cursor: string, signal: AbortSignal) => Promise<Batch<T>>,
    private readonly changed: () => void,
  ) {}

  /** Whether all rows are known. */
  get ended(): boolean {
    return this.next === null;
  }

  get loading(): boolean {
    return this.running !== null;
  }

  /** stop ends a search: no more rows are found. Those that are known can still be read. */
  stop() {
    this.isStopped = true;
  }

  /** end ends all requests, when another list is shown. */
  end() {
    this.isStopped = true;
    this.stopping.abort();
  }

  /** row is a row by its number; undefined while it is not in memory. */
  row(at: number): T | undefined {
    const page = this.pageOf(at);
    return page?.rows?.[at - page.first];
  }

  /** need makes the rows around the screen available, and asks for more at the end. */
  need(from: number, to: number) {
    if (this.problem !== "") return; // more tries again
    for (const page of this.pages)
      if (canReload(page) && (page.first + page.count < from - keptRows || page.first > to + keptRows))
        page.rows = null;
    const missing = this.pages.find(({ rows, first, count }) => rows === null && first < to && first + count > from);
    if (missing) void this.run(() => this.reload(missing));
    else if (to >= this.count && !this.ended && !this.isStopped) void this.more();
  }

  /** more asks until there is at least one more row, or the end. */
  more(): Promise<void> {
    return this.run(async () => {
      for (let found = 0; found === 0 && this.next !== null && !this.isStopped; ) {
        const cursor: string = this.next;
        const batch = await this.load(cursor, this.stopping.signal);
        found = batch.rows.length;
        this.scanned += batch.scanned;
        this.notes.push(...batch.problems);
        if (this.pages.length === 0 && cursor === "") this.tail = batch.tail;
        if (found > 0) this.pages.push({ cursor, rows: batch.rows, count: found, first: this.count });
        this.count += found;
        this.next = batch.next === "" ? null : batch.next;
        this.changed();
      }
    });
  }

  /** prepend puts rows before the first. */
  prepend(rows: T[]) {
    if (rows.length === 0) return;
    for (const page of this.pages) page.first += rows.length;
    const [top] = this.pages;
    if (top?.cursor === prepended && top.rows) {
      top.rows.unshift(...rows);
      top.count += rows.length;
      top.first = 0;
    } else this.pages.unshift({ cursor: prepended, rows, count: rows.length, first: 0 });
    this.count += rows.length;
  }

  /** inMemory are the rows that are in memory. */
  inMemory(): T[] {
    return this.pages.flatMap(({ rows }) => rows ?? []);
  }

  private pageOf(at: number): Page<T> | undefined {
    return this.pages.find(({ first, count }) => at >= first && at < first + count);
  }

  private async reload(page: Page<T>) {
    // An answer may end early, because a search is bounded in time.
    const rows: T[] = [];
    for (let cursor = page.cursor; cursor !== "" && rows.length < page.count; ) {
      const batch = await this.load(cursor, this.stopping.signal);
      rows.push(...batch.rows);
      cursor = batch.next;
    }
    page.rows = rows.slice(0, page.count);
    this.changed();
  }

  /** run does one work at a time. While one is running, it returns that one's promise. */
  private run(work: () => Promise<void>): Promise<void> {
    this.running ??= this.attempt(work).finally(() => {
      this.running = null;
      this.changed();
    });
    return this.running;
  }

  private async attempt(work: () => Promise<void>) {
    this.problem = "";
    try {
      await work();
    } catch (error) {
      if (!this.stopping.signal.aborted) this.problem = error instanceof Error ? error.message : String(error);
    }
  }
}
