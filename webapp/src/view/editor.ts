import { history, historyKeymap, standardKeymap } from "@codemirror/commands";
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, keymap, lineNumbers, ViewPlugin } from "@codemirror/view";
import type { Checked } from "../model/json.ts";
import { tokens } from "./token.ts";

export type Editor = {
  set: (text: string) => void;
  /** show underlines the faults that a check found. */
  show: (checked: Checked) => void;
  /** goTo moves the cursor, and the focus with it. */
  goTo: (offset: number) => void;
  position: (offset: number) => { line: number; column: number };
};

const theme = EditorView.theme({
  "&": { height: "100%", fontSize: "13px", color: "var(--text)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6", overflow: "auto" },
  ".cm-content": { padding: "8px 0", caretColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--muted)", border: "none" },
  ".cm-content ::selection": { backgroundColor: "var(--selection)" },
  ".cm-t-name": { color: "var(--code-name)" },
  ".cm-t-string": { color: "var(--code-string)" },
  ".cm-t-number": { color: "var(--code-number)" },
  ".cm-t-word": { color: "var(--code-word)" },
  ".cm-t-placeholder": {
    color: "var(--code-placeholder)",
    backgroundColor: "var(--code-placeholder-back)",
    borderRadius: "3px",
  },
  ".cm-wrong": { textDecoration: "underline wavy var(--bad) 1.5px", textUnderlineOffset: "3px" },
  ".cm-note": { textDecoration: "underline dotted var(--warn) 1.5px", textUnderlineOffset: "3px" },
});

const tokenMarks = {
  name: Decoration.mark({ class: "cm-t-name" }),
  string: Decoration.mark({ class: "cm-t-string" }),
  number: Decoration.mark({ class: "cm-t-number" }),
  word: Decoration.mark({ class: "cm-t-word" }),
  placeholder: Decoration.mark({ class: "cm-t-placeholder" }),
};

/** The most characters of a coloured line. A longer one would be coloured again at every key. */
const maxColouredLine = 20_000;

/** colours colours the visible lines. */
const colours = ViewPlugin.define(
  (view) => ({
    decorations: colour(view),
    update(update) {
      if (update.docChanged || update.viewportChanged) this.decorations = colour(update.view);
    },
  }),
  { decorations: (plugin) => plugin.decorations },
);

function colour({ state, visibleRanges }: EditorView): DecorationSet {
  const ranges = [];
  for (const { from, to } of visibleRanges)
    for (let at = from; at <= to; ) {
      const line = state.doc.lineAt(at);
      if (line.length <= maxColouredLine)
        for (const token of tokens(line.text))
          ranges.push(tokenMarks[token.kind].range(line.from + token.from, line.from + token.to));
      at = line.to + 1;
    }
  return Decoration.set(ranges, true);
}

const setMarks = StateEffect.define<DecorationSet>();
const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(value, transaction) {
    let next = value.map(transaction.changes);
    for (const effect of transaction.effects) if (effect.is(setMarks)) next = effect.value;
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

const wrongMark = Decoration.mark({ class: "cm-wrong" });
const noteMark = Decoration.mark({ class: "cm-note" });

/**
 * createEditor puts the editor into a shadow root, where its styles are adopted style sheets: the Content-Security-Policy
 * would refuse them as style elements of the page. Tab is not bound, so it moves the focus, as everywhere.
 * The page colours JSON itself: CodeMirror's own grammar knows no placeholders and has 15 KB.
 */
export function createEditor(
  host: HTMLElement,
  text: string,
  attributes: Record<string, string>,
  changed: (text: string) => void,
): Editor {
  const root = host.attachShadow({ mode: "open" });
  // The border has two pixels.
  const grow = () => host.style.setProperty("--lines", `${Math.ceil(view.contentHeight) + 2}px`);
  const view: EditorView = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        history(),
        marks,
        colours,
        keymap.of([...standardKeymap, ...historyKeymap]),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ spellcheck: "false", tabindex: "0", ...attributes }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) changed(update.state.doc.toString());
          if (update.heightChanged || update.geometryChanged) grow();
        }),
        theme,
      ],
    }),
  });
  return {
    set: (next) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } }),
    show: (checked) => view.dispatch({ effects: setMarks.of(underline(checked, view.state.doc.length)) }),
    goTo: (offset) => {
      view.dispatch({ selection: { anchor: Math.min(offset, view.state.doc.length) }, scrollIntoView: true });
      view.focus();
    },
    position: (offset) => {
      const line = view.state.doc.lineAt(Math.min(offset, view.state.doc.length));
      return { line: line.number, column: offset - line.from + 1 };
    },
  };
}

function underline({ problem, notes }: Checked, length: number): DecorationSet {
  const ranges = notes.map(({ from, to }) => noteMark.range(from, to));
  if (problem !== null && length > 0) {
    // A mark needs a character: the last one is marked when something is missing at the end.
    const to = Math.min(Math.max(problem.to, problem.from + 1), length);
    ranges.push(wrongMark.range(Math.min(problem.from, to - 1), to));
  }
  return Decoration.set(ranges, true);
}
