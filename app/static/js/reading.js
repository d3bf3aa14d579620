// The reading desk: what is selected in an answer is what gets the code; keys go from answer to answer.
// Everything works without it: sentences can be ticked, and Tab goes everywhere.

const elementOf = (node) => (node?.nodeType === Node.ELEMENT_NODE ? node : node?.parentElement);
const textAround = (node) => elementOf(node)?.closest("[data-text]");

/** Characters before a place in an element, as the server counts them: an emoji is one. */
function charactersBefore(text, node, offset) {
  const range = document.createRange();
  range.selectNodeContents(text);
  range.setEnd(node, offset);
  return Array.from(range.toString()).length;
}

/** What of a selection lies in the text that it begins in: three clicks also take the place behind a paragraph. */
function partIn(text, range) {
  const part = range.cloneRange();
  if (textAround(part.endContainer) !== text) part.setEnd(text, text.childNodes.length);
  return part;
}

function keep(form, start, end, words) {
  form.elements.start.value = start;
  form.elements.end.value = end;
  const says = form.querySelector("[data-selected]");
  const said = words && `${says.dataset.selected} ${words.slice(0, 120)}`;
  if (says.textContent !== said) says.textContent = said;
}

const formOf = (text) => text.closest("[data-answer]").querySelector(".ts-code-form");

function noteSelection() {
  const selection = document.getSelection();
  const range = selection?.rangeCount ? selection.getRangeAt(0) : null;
  const text = range && textAround(range.startContainer);
  if (!text) return;
  const form = formOf(text);
  const part = partIn(text, range);
  const words = part.toString();
  if (!words.trim()) return;
  const start = charactersBefore(text, part.startContainer, part.startOffset);
  keep(form, start, start + Array.from(words).length, words);
  for (const box of form.querySelectorAll("[name=sentence]:checked")) box.checked = false;
}

/** A click into the text takes back what was selected; a click anywhere else, as on a code, leaves it. */
function forget(event) {
  const text = textAround(event.target);
  if (!text) return;
  // browsers let go of a selection that was clicked on only after the click
  setTimeout(() => {
    if (!document.getSelection()?.toString().trim()) keep(formOf(text), "", "", "");
  });
}

function go(event) {
  const answer = event.target.closest?.("[data-answer]");
  if (!answer || event.target.matches("input, select, textarea") || event.ctrlKey || event.altKey || event.metaKey) return;
  const answers = [...document.querySelectorAll("[data-answer]")];
  const step = { j: 1, k: -1 }[event.key];
  if (step) answers[answers.indexOf(answer) + step]?.focus();
  if (event.key === "c") answer.querySelector("select, input[name=new]")?.focus();
  if (step || event.key === "c") event.preventDefault();
}

for (const help of document.querySelectorAll("[data-reading-help]")) help.hidden = false;
document.addEventListener("selectionchange", noteSelection);
document.addEventListener("click", forget);
document.addEventListener("keydown", go);
// ticking a sentence takes the selection's place
document.addEventListener("change", (event) => {
  if (event.target.name === "sentence") keep(event.target.form, "", "", "");
});
