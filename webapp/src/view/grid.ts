import type { Pages } from "../model/pages.ts";
import { h, place } from "./dom.ts";

export type Column<T> = {
  title: string;
  /** Classes of its cells; the first column's cell is the button that opens the row. */
  class: string;
  cell: (row: T) => Node | string;
  /** The whole text where the cell may cut it off. */
  hint?: (row: T) => string;
};

/** Rows above and below the visible ones that are in the document too. */
const spare = 12;
/** Browsers cut off elements that are taller than about 33 million pixels. */
const tallest = 30_000_000;
const usualHeight = 30;

/**
 * Grid shows the rows of a long list that are on the screen, in a table with space above and below. panel scrolls. open gets a row that
 * a person chooses.
 */
export class Grid<T extends object> {
  private pages: Pages<T> | null = null;
  private columns: Column<T>[] = [];
  private readonly head = h("tr");
  private readonly body = h("tbody");
  private readonly above = h("tr", { "aria-hidden": "true", class: "space" }, h("td"));
  private readonly below = h("tr", { "aria-hidden": "true", class: "space" }, h("td"));
  private drawn = new Map<T, HTMLTableRowElement>();
  private height = usualHeight;
  private waits = false;

  constructor(
    private readonly panel: HTMLElement,
    private readonly table: HTMLTableElement,
    private readonly open: (row: T) => void,
  ) {
    table.replaceChildren(h("thead", {}, this.head), this.body);
    panel.addEventListener("scroll", () => this.soon());
    new ResizeObserver(() => this.soon()).observe(panel);
    this.body.addEventListener("click", (event) => {
      const row = this.rowOf(event.target);
      if (row && getSelection()?.isCollapsed !== false) this.open(row);
    });
    this.body.addEventListener("keydown", (event) => this.step(event));
  }

  /** show shows other rows, from the first. */
  show(pages: Pages<T>, columns: Column<T>[]) {
    if (columns !== this.columns)
      this.head.replaceChildren(
        ...columns.map(({ title, class: name }) => h("th", { scope: "col", class: name }, title)),
      );
    this.pages = pages;
    this.columns = columns;
    this.drawn.clear();
    this.panel.scrollTop = 0;
    this.draw();
  }

  /** hide shows no rows. */
  hide() {
    this.pages = null;
    this.table.hidden = true;
  }

  /** redraw draws the cells of a row anew whose values have changed, but not the button: it has the focus, or gets it back. */
  redraw(row: T) {
    const [, ...shown] = this.drawn.get(row)?.cells ?? [];
    const [, ...cells] = this.cells(row);
    for (const [n, cell] of shown.entries()) cell.replaceWith(cells[n] ?? cell);
  }

  /** Whether the focus is in a row. */
  get focused(): boolean {
    return this.body.contains(document.activeElement);
  }

  /** Whether the first row is on the screen. */
  get atTop(): boolean {
    return this.panel.scrollTop < this.height;
  }

  /** top goes to the first row. */
  top() {
    this.panel.scrollTop = 0;
  }

  /** draw shows the rows that are on the screen now. */
  draw() {
    const { pages, panel } = this;
    if (pages === null || panel.clientHeight === 0) return;
    const visible = Math.ceil(panel.clientHeight / this.height);
    const at = Math.floor(panel.scrollTop / this.height);
    const from = Math.max(0, Math.min(at, pages.count - visible) - spare);
    const to = Math.min(pages.count, from + visible + 2 * spare);
    pages.need(from, at + visible + spare);
    const rows: HTMLTableRowElement[] = [];
    const drawn = new Map<T, HTMLTableRowElement>();
    for (let n = from; n < to; n++) {
      const row = pages.row(n);
      const element =
        row === undefined ? h("tr", {}, h("td", { colspan: String(this.columns.length) }, "…")) : this.element(row);
      element.setAttribute("aria-rowindex", String(n + 2)); // the head is row 1
      rows.push(element);
      if (row !== undefined) drawn.set(row, element);
    }
    this.drawn = drawn;
    this.table.hidden = pages.count === 0;
    this.table.setAttribute("aria-rowcount", String(pages.ended ? pages.count + 1 : -1));
    space(this.above, from * this.height);
    space(this.below, Math.min(tallest, (pages.count - to) * this.height));
    const { focused } = this;
    place(this.body, [this.above, ...rows, this.below]);
    if (focused && !this.focused) this.panel.focus({ preventScroll: true }); // the focused row is gone
    const measured = rows[0]?.getBoundingClientRect().height ?? 0;
    if (measured > 0 && Math.abs(measured - this.height) > 0.01) {
      this.height = measured;
      this.soon();
    }
  }

  private soon() {
    if (this.waits) return;
    this.waits = true;
    requestAnimationFrame(() => {
      this.waits = false;
      this.draw();
    });
  }

  private element(row: T): HTMLTableRowElement {
    const known = this.drawn.get(row);
    if (known) return known;
    return h("tr", {}, ...this.cells(row));
  }

  private cells(row: T): HTMLElement[] {
    return this.columns.map(({ class: name, cell, hint }, n) => {
      const content = cell(row);
      return h(
        "td",
        { class: name, title: hint?.(row) ?? false },
        n === 0 ? h("button", { type: "button", class: "link" }, content) : content,
      );
    });
  }

  private rowOf(target: EventTarget | null): T | undefined {
    const element = (target as Element).closest("tr");
    for (const [row, drawn] of this.drawn) if (drawn === element) return row;
    return undefined;
  }

  /** step moves the focus between rows by the arrow keys. */
  private step(event: KeyboardEvent) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const element = (event.target as Element).closest("tr");
    if (by === undefined || element === null) return;
    event.preventDefault();
    const next = by > 0 ? element.nextElementSibling : element.previousElementSibling;
    const button = next?.querySelector("button");
    if (!button) return;
    button.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "nearest" });
  }
}

function space(row: HTMLTableRowElement, height: number) {
  row.hidden = height <= 0;
  row.style.height = `${Math.max(0, height)}px`;
}
