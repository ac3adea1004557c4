import { byId, setText } from "./dom.ts";

/** A shown content, with what ends when it is gone. */
type Leaf = { title: string; nodes: Node[]; scrolled: number; onClose: () => void };

/**
 * Drawer opens beside the page. Escape or Close closes it, and the focus returns to its place. What is opened from within it can be
 * left with Back.
 */
export class Drawer {
  private readonly dialog = byId<HTMLDialogElement>("drawer");
  private readonly body = byId("drawer-body");
  private readonly back = byId("drawer-back");
  private behind: Leaf[] = [];
  private onClose: () => void = () => {};

  constructor() {
    byId("drawer-close").addEventListener("click", () => this.close());
    this.back.addEventListener("click", () => this.goBack());
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.close();
    });
    this.dialog.addEventListener("close", () => {
      for (const { onClose } of this.behind) onClose();
      this.onClose();
      this.behind = [];
    });
  }

  /** open shows content, before whatever was open. */
  open(title: string, content: Node[], onClose: () => void = () => {}) {
    if (this.dialog.open)
      this.behind.push({
        title: byId("drawer-title").textContent ?? "",
        nodes: Array.from(this.body.childNodes),
        scrolled: this.body.scrollTop,
        onClose: this.onClose,
      });
    this.show(title, content, onClose);
    if (!this.dialog.open) this.dialog.showModal();
    byId("drawer-title").focus();
  }

  /** close closes the drawer if it is open. */
  close() {
    this.dialog.close();
  }

  private show(title: string, content: Node[], onClose: () => void) {
    setText(byId("drawer-title"), title);
    this.body.replaceChildren(...content);
    this.body.scrollTop = 0;
    this.onClose = onClose;
    this.back.hidden = this.behind.length === 0;
  }

  private goBack() {
    const leaf = this.behind.pop();
    if (leaf === undefined) return;
    this.onClose();
    this.show(leaf.title, leaf.nodes, leaf.onClose);
    this.body.scrollTop = leaf.scrolled;
    byId("drawer-title").focus();
  }
}
