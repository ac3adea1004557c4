import { byId, setText } from "./dom.ts";

/** Drawer opens beside the page. Escape or Close closes it, and the focus returns to its place. */
export class Drawer {
  private readonly dialog = byId<HTMLDialogElement>("drawer");
  private onClose: () => void = () => {};

  constructor() {
    byId("drawer-close").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
    this.dialog.addEventListener("close", () => this.onClose());
  }

  /** open shows content, whatever was open before. */
  open(title: string, content: Node[], onClose: () => void = () => {}) {
    setText(byId("drawer-title"), title);
    this.fill(content);
    this.onClose = onClose;
    if (!this.dialog.open) this.dialog.showModal();
    byId("drawer-title").focus();
  }

  close() {
    if (this.dialog.open) this.dialog.close();
  }

  fill(content: Node[]) {
    byId("drawer-body").replaceChildren(...content);
    byId("drawer-body").scrollTop = 0;
  }
}
