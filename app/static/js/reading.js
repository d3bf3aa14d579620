// The reading desk: what is selected in an answer is what gets the code; keys go from answer to answer.
// Everything works without it: sentences can be ticked, and Tab goes everywhere.

/** Characters before a place in an element, as the server counts them: an emoji is one. */
function charactersBefore(text, node, offset) {
  const range = document.createRange();
  range.selectNodeContents(text);
  range.setEnd(node, offset);
  return Array.from(range.toString()).length;
}

function noteSelection() {
  const selection = document.getSelection();
  if (!selection || selection.isCollapsed || !selection.rangeCount) return;
  const range = selection.getRangeAt(0);
  const start = range.startContainer.parentElement?.closest("[data-text]");
  if (!start || start !== range.endContainer.parentElement?.closest("[data-text]")) return;
  const form = start.closest("[data-answer]").querySelector(".ts-code-form");
  form.elements.start.value = charactersBefore(start, range.startContainer, range.startOffset);
  form.elements.end.value = charactersBefore(start, range.endContainer, range.endOffset);
  const says = form.querySelector("[data-selected]");
  says.textContent = `${says.dataset.selected} ${selection.toString().slice(0, 120)}`;
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
document.addEventListener("keydown", go);
// ticking a sentence takes the selection's place
document.addEventListener("change", (event) => {
  if (event.target.name !== "sentence") return;
  const { start, end } = event.target.form.elements;
  start.value = end.value = "";
  event.target.form.querySelector("[data-selected]").textContent = "";
});
