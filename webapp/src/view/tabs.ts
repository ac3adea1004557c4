/** tabs lets arrow keys, Home and End select a tab, as a tab list does. */
export function tabs(list: HTMLElement, chosen: (tab: HTMLElement) => void) {
  const all = Array.from(list.querySelectorAll<HTMLElement>("[role=tab]"));
  const choose = (tab: HTMLElement, focus: boolean) => {
    for (const one of all) {
      const selected = one === tab;
      one.setAttribute("aria-selected", String(selected));
      one.tabIndex = selected ? 0 : -1;
      const panel = document.getElementById(one.getAttribute("aria-controls") ?? "");
      if (panel) panel.hidden = !selected;
    }
    if (focus) tab.focus();
    chosen(tab);
  };
  for (const tab of all) tab.addEventListener("click", () => choose(tab, false));
  list.addEventListener("keydown", (event) => {
    const open = all.filter(({ hidden }) => !hidden);
    const at = open.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: open.length - 1 }[event.key];
    if (next === undefined || at < 0) return;
    event.preventDefault();
    const tab = open[(next + open.length) % open.length];
    if (tab) choose(tab, true);
  });
}
