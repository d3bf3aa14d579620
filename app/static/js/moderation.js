// The moderators' desk: keys, what others do meanwhile, and the lease on the open case.
// Everything here works without it, by links, forms and reload. Nothing in it moves the focus unless a key asked for it.

const desk = document.querySelector("[data-desk]");
const said = document.querySelector("[data-live-said]");
const RENEW = 120_000; // milliseconds between two renewals of a lease of five minutes
const AWAY = 300_000; // who has not touched anything for so long has left

let touched = Date.now();

/** A page that nobody reads asks for nothing: it must not keep its session alive. */
const isAway = () => Date.now() - touched > AWAY;

function noteTouch() {
  const wasAway = isAway();
  touched = Date.now();
  if (wasAway && again) ask();
}

// What others do

let stream = null;
let asking = false;
let again = false;

function listen() {
  if (stream || document.hidden) return;
  stream = new EventSource(desk.dataset.live);
  stream.addEventListener("changed", ask);
  stream.addEventListener("over", ({ data }) => {
    hangUp();
    if (JSON.parse(data) === "session") say(desk.dataset.saidOver);
  });
}

function hangUp() {
  stream?.close();
  stream = null;
}

/** Ask what is so now; what changes while the answer is on its way is asked once more. */
async function ask() {
  again = true;
  if (asking || isAway()) return;
  asking = true;
  while (again) {
    again = false;
    try {
      const answer = await fetch(desk.dataset.now, { headers: { accept: "application/json" } });
      if (answer.ok) show(await answer.json());
    } catch {
      // the stream says again that something changed once the site can be reached
    }
  }
  asking = false;
}

function show(now) {
  for (const { id, words, state } of now.cases) {
    const row = document.querySelector(`[data-case="${id}"]`);
    if (!row) continue;
    const place = row.querySelector("[data-live-case]");
    if (place.textContent !== words) place.textContent = words;
    row.dataset.state = state;
  }
  say(now.said, now.href, now.link);
}

/** One sentence where screen readers hear it, at most with a link behind it. */
function say(words, href = "", link = "") {
  if (!said || said.dataset.words === words + href) return;
  said.dataset.words = words + href;
  said.textContent = words;
  if (href) {
    const onward = document.createElement("a");
    onward.className = "govuk-link";
    onward.href = href;
    onward.textContent = link;
    said.append(" ", onward);
  }
}

// The lease on the open case

let lease = null;

async function claim() {
  if (document.hidden || isAway()) return;
  try {
    const answer = await fetch(desk.dataset.claim, { method: "POST", headers: { accept: "application/json" } });
    const place = document.querySelector("[data-live-claim]");
    if (answer.ok && place) place.textContent = (await answer.json()).words;
  } catch {
    // whoever decides first is first, lease or not
  }
}

function hold() {
  claim();
  lease = setInterval(claim, RENEW);
}

// Keys

const STORED = "townsquare-desk-keys";
const TYPED = new Set(["textarea", "select"]);
const NO_TEXT = new Set(["radio", "checkbox", "button", "submit"]);

/** Off is remembered by this browser; where it cannot remember, they are on. */
function keysAreOn() {
  try {
    return localStorage.getItem(STORED) !== "off";
  } catch {
    return true;
  }
}

function isTyping({ localName, type, isContentEditable }) {
  return isContentEditable || TYPED.has(localName) || (localName === "input" && !NO_TEXT.has(type));
}

const rows = () => [...document.querySelectorAll("[data-row] a[data-open]")];
const row = () => document.activeElement?.closest?.("[data-row]");

function step(by) {
  const onward = document.querySelector(by > 0 ? "a[data-key-next]" : "a[data-key-previous]");
  const links = rows();
  if (!links.length) return onward?.click();
  const here = links.indexOf(row()?.querySelector("a[data-open]"));
  const there = here < 0 ? (by > 0 ? 0 : links.length - 1) : here + by;
  links[Math.min(Math.max(there, 0), links.length - 1)].focus();
}

function tick() {
  const box = row()?.querySelector("input[type=checkbox]");
  if (!box) return;
  box.checked = !box.checked;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

/** Choose a verdict; on the queue for what is ticked, or for the line one is on. */
function choose(key) {
  const choice = document.querySelector(`input[name=verdict][data-key="${key}"]`);
  if (!choice) return;
  if (row() && !document.querySelector("input[name=case]:checked")) tick();
  choice.checked = true;
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  const reasons = document.querySelector("[data-reasons] :is(input, select)");
  (choice.dataset.needsReason !== undefined && reasons ? reasons : choice).focus();
}

function reason(number) {
  const found = document.querySelector(`[data-reasons] input[data-number="${number}"]`);
  if (!found || !found.checkVisibility?.()) return;
  found.checked = true;
  found.focus();
}

function help() {
  const box = document.querySelector("[data-keys]");
  if (!box) return;
  box.open = !box.open;
  if (box.open) box.querySelector("summary").focus();
}

const press = (selector) => document.querySelector(selector)?.click();

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  o: () => press("a[data-key-open]") ?? row()?.querySelector("a[data-open]")?.click(),
  x: tick,
  p: () => choose("p"),
  r: () => choose("r"),
  h: () => choose("h"),
  b: () => choose("b"),
  s: () => press("[data-key-skip]"),
  n: () => document.querySelector("#note")?.focus(),
  i: () => document.querySelector("#internal")?.focus(),
  u: () => press("[data-key-undo]"),
  "?": help,
};

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (!keysAreOn()) return;
  const moves = { ArrowDown: "j", ArrowUp: "k" };
  const key = row() && event.key in moves ? moves[event.key] : event.key;
  const act = /^[0-9]$/.test(key) ? () => reason(key) : KEYS[key];
  if (!act) return;
  event.preventDefault();
  act();
}

/** The switch beside the list of keys; people who speak to their computer need it. */
function offerSwitch(button) {
  const tell = () => {
    button.textContent = keysAreOn() ? button.dataset.off : button.dataset.on;
  };
  tell();
  button.hidden = false;
  button.addEventListener("click", () => {
    try {
      localStorage.setItem(STORED, keysAreOn() ? "off" : "on");
    } catch {
      // a browser that keeps nothing
    }
    tell();
  });
}

// How many are ticked

function count() {
  const place = document.querySelector("[data-ticked]");
  const boxes = [...document.querySelectorAll("input[name=case]")];
  if (!place || !boxes.length) return;
  const tell = () => {
    const many = boxes.filter((box) => box.checked).length;
    place.textContent = (many === 1 ? place.dataset.one : place.dataset.many).replace("%", many);
  };
  document.addEventListener("change", tell);
  tell();
}

if (desk) {
  for (const sign of ["keydown", "pointerdown", "scroll"]) {
    document.addEventListener(sign, noteTouch, { passive: true });
  }
  listen();
  document.addEventListener("visibilitychange", () => (document.hidden ? hangUp() : listen()));
  addEventListener("pagehide", () => {
    hangUp();
    clearInterval(lease);
    if (desk.dataset.release) navigator.sendBeacon(desk.dataset.release);
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) listen();
  });
  if (desk.dataset.claim) hold();
  document.addEventListener("keydown", onKey);
  document.querySelectorAll("button[data-keys-switch]").forEach(offerSwitch);
  count();
}
