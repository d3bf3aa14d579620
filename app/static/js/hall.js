// A hall while it is open: what happens comes in, what people do goes out. Every page it serves (the room, the
// projector, the console, the moderators' desk) works by forms and reload without it. It never moves the focus.
//
// The page is its own store: a thing stands in lists as an element with data-id, made from the list's <template>;
// data-slot names what is written into it, data-when the states in which a part of it shows.

const page = document.querySelector("[data-hall]");
const words = JSON.parse(page.dataset.words);
const base = `/townhalls/${page.dataset.hall}`;
const lane = page.dataset.lane || "public";
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const one = (selector, within = document) => within.querySelector(selector);
const say = (text, values = {}) => (words[text] ?? text).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

// The line to the server: a socket; where two in a row fail an event stream; where that stays silent, asking again.

const at = { epoch: page.dataset.epoch || "", seq: Number(page.dataset.seq || 0) };
const CALM_AFTER = 30_000; // for so long after a drop it tries again within 4 seconds, later within 30
let socket = null, stream = null, asking = 0, failures = 0, droppedAt = 0, heardAt = Date.now(), over = false, retry = 0;

function setStanding(code) {
  for (const place of all("[data-standing]")) {
    if (place.dataset.standing === code) continue;
    place.dataset.standing = code;
    place.textContent = say(code);
  }
}

function connect() {
  clearTimeout(retry);
  if (over) return;
  if (failures >= 2 && failures % 6) return fallBack();
  let opened = false;
  socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}${base}/ws`, "townsquare-live.v1");
  socket.onopen = () => {
    opened = true;
    setStanding("catching up");
    const resume = at.epoch ? { resume: at } : {};
    socket.send(JSON.stringify({ t: "hello", v: 1, lane, lang: document.documentElement.lang, ...resume }));
  };
  socket.onmessage = ({ data }) => take(JSON.parse(data));
  socket.onclose = ({ code }) => {
    socket = null;
    dropped(code, opened);
  };
}

function dropped(code, opened) {
  if (over) return;
  if (code === 4440) return finish();
  const final = { 4400: "stopped", 4403: "banned", 4404: "stopped", 4406: "reload", 4409: "tabs" }[code];
  if (code === 4401) showNotice("signed out", true);
  if (final) {
    over = true;
    return setStanding(final);
  }
  failures = opened && code !== 4503 ? 0 : failures + 1;
  droppedAt ||= Date.now();
  setStanding("offline, retrying");
  const cap = Date.now() - droppedAt < CALM_AFTER ? 4_000 : 30_000;
  retry = setTimeout(connect, Math.max(hint, Math.random() * Math.min(cap, 1_000 * 2 ** Math.min(failures + 1, 5))));
  hint = 0;
}

let hint = 0; // milliseconds that the server asked for

/** Proxies may refuse sockets: the same records as an event stream, and asking every 10 seconds where that is held back. */
function fallBack() {
  const since = Date.now();
  const position = at.epoch ? `&epoch=${at.epoch}&seq=${at.seq}` : "";
  stream = new EventSource(`${base}/events?lane=${lane}${position}`);
  stream.onmessage = ({ data }) => take(JSON.parse(data));
  stream.onerror = hangUp;
  setTimeout(() => heardAt < since && !over && (hangUp(), poll()), 8_000);
  retry = setTimeout(() => { hangUp(); failures = 0; connect(); }, 60_000); // the socket may work by now
}

function hangUp() {
  if (!stream) return;
  stream.close();
  stream = null;
  clearTimeout(retry);
  failures += 1;
  if (!over && !asking) retry = setTimeout(connect, 1_000 + Math.random() * 3_000);
}

async function poll() {
  clearTimeout(asking);
  asking = setTimeout(poll, 10_000);
  try {
    const answer = await fetch(`${base}/state?lane=${lane}`, { headers: { accept: "application/json" } });
    if (answer.ok) take(await answer.json());
    setStanding("every 10 seconds");
  } catch {
    setStanding("offline, retrying");
  }
}

setInterval(() => {
  if (socket?.readyState === 1) socket.send(JSON.stringify({ t: "ack", seq: at.seq }));
  if (socket && Date.now() - heardAt > 35_000) socket.close();
}, 20_000 + Math.random() * 8_000);

// What comes in

function take(frame) {
  heardAt = Date.now();
  ({ welcome, snap, u: update, ok: settle, err: settle, me: showMe, bye })[frame.t]?.(frame);
}

function welcome(frame) {
  droppedAt = failures = 0;
  clearTimeout(asking);
  asking = 0;
  if (frame.mode === "resumed") setStanding("live");
  showMe(frame);
  for (const waiting of sent.values()) transmit(waiting);
}

function snap(frame) {
  Object.assign(at, { epoch: frame.epoch, seq: frame.seq });
  const state = frame.state;
  for (const kind of ["questions", "polls", "captions", "commitments", "hands"]) replaceAll(kind, state[kind] ?? []);
  for (const [key, value] of Object.entries({ ...state, ...state.hall })) setState(key, value);
  if (!asking) setStanding("live");
  if (state.hall?.state === "ended") finish();
}

function update(frame) {
  if (frame.from !== undefined && frame.ev) {
    if (frame.to <= at.seq) return;
    if (frame.from !== at.seq + 1) return socket?.send(JSON.stringify({ t: "hello", v: 1, lane, resume: at }));
    for (const event of frame.ev) happen(event);
    at.seq = frame.to;
  }
  for (const [key, value] of Object.entries(frame.st ?? {})) setState(key, value);
  setStanding(asking ? "every 10 seconds" : "live");
}

function bye(frame) {
  hint = frame.retry_ms ?? 0;
  if (frame.code === 4440) finish();
}

/** The hall has ended: everyone goes to its archive, those who type once they have saved it. */
function finish() {
  over = true;
  setStanding("ended");
  if (page.dataset.after) setTimeout(() => location.assign(page.dataset.after), 500 + Math.random() * 3_000);
}

function happen(event) {
  const [thing] = event.k.split(".");
  if (thing === "question") {
    place("questions", event);
    if (event.k === "question.staged") setStage(event.id);
    if (event.k === "question.published") count("new questions");
    if (event.k === "question.hidden" && event.id === stage) setStage(null);
  } else if (thing === "poll") {
    place("polls", event);
    if (event.k === "poll.opened") announce(say("poll opened"));
  } else if (thing === "caption") place("captions", { ...event, id: event.line });
  else if (thing === "commitment") place("commitments", event);
  else if (thing === "agenda") setAgenda(event.item);
  else if (event.k === "announced") setAnnouncement(event.text);
  else if (event.k === "hall.started") location.reload();
  else if (event.k === "hall.ended") finish();
  else if (event.k === "slow.set") setState("slow", event.seconds);
}

function setState(key, value) {
  const [kind, id, what] = key.split(".");
  if (kind === "q") for (const node of nodes("questions", id)) node.dataset.votes = fill(node, "votes", value);
  else if (kind === "poll") for (const node of nodes("polls", id)) showPoll(node, what === "n" ? { answers: value } : { results: value });
  else if (key === "stage") setStage(value);
  else if (key === "item") setAgenda(value);
  else if (key === "announcement") setAnnouncement(value?.text ?? value);
  else if (key === "react") showReactions(value);
  else if (key === "hands") replaceAll("hands", value ?? []);
  else if (key === "caption.part") for (const place of all("[data-part]")) place.textContent = value ?? "";
  else if (key === "host") for (const place of all("[data-host-away]")) place.hidden = !value?.away;
  else if (typeof value !== "object") for (const place of all(`[data-state="${key}"]`)) place.textContent = value;
  if (kind === "q") dueForOrder = true;
}

// Things in lists

const lists = (kind) => all(`[data-list="${kind}"]`);
const nodes = (kind, id) => lists(kind).flatMap((list) => all(`:scope > [data-id="${id}"]`, list));

function belongs(list, thing) {
  const states = list.dataset.states?.split(" ");
  if (thing.gone || (states && !states.includes(thing.state))) return false;
  if (list.dataset.only === "mine") return mine.has(thing.id);
  return list.dataset.only !== "shortlisted" || Boolean(thing.shortlisted);
}

function place(kind, thing) {
  for (const list of lists(kind)) {
    let node = one(`:scope > [data-id="${thing.id}"]`, list);
    if (!belongs(list, thing)) {
      node?.remove();
    } else {
      if (!node) {
        node = one("template", list).content.firstElementChild.cloneNode(true);
        list.append(node);
      }
      show(node, kind, thing);
    }
    for (const empty of all(`[data-empty-of="${list.id}"]`)) empty.hidden = Boolean(one(":scope > [data-id]", list));
  }
  dueForOrder = true;
}

function replaceAll(kind, things) {
  const known = new Set(things.map((thing) => String(thing.id ?? thing.line)));
  for (const list of lists(kind)) for (const node of all(":scope > [data-id]", list)) if (!known.has(node.dataset.id)) node.remove();
  for (const thing of things) place(kind, { ...thing, id: thing.id ?? thing.line });
  order(true);
}

function fill(node, slot, value) {
  for (const place of all(`[data-slot="${slot}"]`, node)) place.textContent = value ?? "";
  return value;
}

function show(node, kind, thing) {
  node.dataset.id = thing.id;
  if (kind === "questions") node.id = `${node.parentElement.id}-${thing.id}`;
  for (const slot of ["votes", "at", "state"]) if (thing[slot] !== undefined) node.dataset[slot] = thing[slot];
  for (const [slot, value] of Object.entries(thing)) if (typeof value !== "object") fill(node, slot, value);
  for (const field of all("input[data-value]", node)) field.value = thing[field.dataset.value] ?? "";
  for (const part of all("[data-when]", node)) part.hidden = !part.dataset.when.split(" ").includes(thing.state ?? node.dataset.state);
  for (const part of all("[data-if]", node)) part.hidden = !thing[part.dataset.if];
  for (const link of all("a[data-href]", node)) link.href = link.dataset.href.replace("{id}", thing.id);
  if (thing.lang) for (const place of all('[data-slot="text"]', node)) place.lang = thing.lang;
  if (kind === "questions") showVote(node);
  if (kind === "polls") showPoll(node, thing);
}

function showPoll(node, poll) {
  if (poll.answers !== undefined) fill(node, "answers", poll.answers);
  if (poll.kind) node.dataset.kind = poll.kind;
  if (poll.options) node.dataset.options = JSON.stringify(poll.options);
  const { kind } = node.dataset;
  for (const part of all("[data-when-kind]", node)) part.hidden = !part.dataset.whenKind.split(" ").includes(kind);
  for (const field of all("input[name=words]", node)) {
    field.id = `words-${poll.id ?? node.dataset.id}`;
    field.parentElement.querySelector("label").htmlFor = field.id;
  }
  const choices = one("[data-choices]", node);
  if (choices && poll.options && choices.dataset.made !== String(poll.rev)) {
    choices.classList.toggle("govuk-checkboxes", kind === "multiple");
    choices.classList.toggle("govuk-radios", kind !== "multiple");
    const known = ["single", "multiple", "ranking"].includes(kind) ? poll.options : [];
    choices.replaceChildren(...known.map((option, n) => choice(node, choices, poll, option, n)));
    choices.dataset.made = poll.rev;
  }
  if (poll.results) showResults(node, poll.results);
}

function choice(node, choices, poll, option, number) {
  const row = one(`template[data-choice="${poll.kind}"]`, page).content.firstElementChild.cloneNode(true);
  for (const input of all("input, select", row)) {
    input.id = `poll-${poll.id}-${option.id}`;
    if (input.type !== "hidden" && input.tagName === "INPUT") input.value = option.id;
    if (input.tagName === "SELECT") {
      input.name = `rank-${option.id}`;
      input.replaceChildren(...poll.options.map((_, n) => new Option(String(n + 1), String(n + 1), n === number, n === number)));
    }
  }
  for (const label of all("label", row)) { label.htmlFor = `poll-${poll.id}-${option.id}`; label.textContent = option.text; }
  return row;
}

function showResults(node, results) {
  const place = one("[data-results]", node), shape = one("template[data-result]", page);
  if (!place || !shape) return;
  const texts = new Map(JSON.parse(node.dataset.options || "[]").map(({ id, text }) => [id, text]));
  const rows = results.words ?? results.options ?? [];
  const weigh = (row) => row.points ?? row.count;
  const most = Math.max(1, ...rows.map(weigh));
  one("ul", place).replaceChildren(...rows.map((row) => {
    const line = shape.content.firstElementChild.cloneNode(true);
    fill(line, "label", row.word ?? texts.get(row.id) ?? row.id);
    fill(line, "figure", row.points !== undefined ? say("points", row) : row.percent === undefined ? row.count : `${row.count} (${row.percent} %)`);
    Object.assign(one("progress", line), { max: most, value: weigh(row) });
    return line;
  }));
  for (const [slot, attribute] of [["mean", "data-mean"], ["left_out", "data-left-out"]]) {
    fill(place, slot, results[slot]);
    for (const part of all(`[${attribute}]`, place)) part.hidden = !results[slot];
  }
  place.hidden = false;
}

// The order of questions: counts rise at once, places change at most every 5 seconds and never under a reader's hands

let dueForOrder = false;

function order(now = false) {
  if (!dueForOrder && !now) return;
  dueForOrder = false;
  for (const list of lists("questions")) {
    const sort = list.dataset.sort;
    if (!sort || (!now && (list.matches(":hover") || list.contains(document.activeElement)))) { dueForOrder ||= Boolean(sort); continue; }
    const by = sort === "newest" ? (a, b) => b.dataset.id - a.dataset.id : (a, b) => (a.dataset.state !== "open") - (b.dataset.state !== "open") || b.dataset.votes - a.dataset.votes || a.dataset.id - b.dataset.id;
    const rows = all(":scope > [data-id]", list);
    const sorted = [...rows].sort(by);
    if (sorted.some((row, n) => row !== rows[n])) list.append(...sorted);
  }
}
setInterval(() => { if (!calm()) order(); }, 5_000);

// Stage, agenda, announcement, reactions

let stage = Number(page.dataset.staged) || null;

function setStage(id) {
  const was = stage;
  stage = id ?? null;
  for (const place of all("[data-stage]")) {
    const source = stage && nodes("questions", stage)[0];
    place.hidden = !source && place.dataset.stage !== "always";
    for (const slot of ["text", "by", "votes"]) fill(place, slot, source ? one(`[data-slot="${slot}"]`, source)?.textContent : "");
    for (const empty of all("[data-stage-empty]", place)) empty.hidden = Boolean(source);
    for (const field of all("input[data-value]", place)) field.value = stage ?? "";
  }
  for (const node of lists("questions").flatMap((list) => all(":scope > [data-id]", list))) node.toggleAttribute("data-on-stage", Number(node.dataset.id) === stage);
  if (stage && stage !== was) announce(say("on stage now", { text: one("[data-stage] [data-slot=text]")?.textContent }));
}

function setAgenda(id) {
  for (const item of all("[data-item]")) {
    if (Number(item.dataset.item) === id) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  }
}

function setAnnouncement(text) {
  for (const place of all("[data-announcement]")) {
    place.hidden = !text;
    if (text && one("[data-slot=announcement]", place)?.textContent !== text) announce(text);
    fill(place, "announcement", text);
  }
}

function showReactions(counts) {
  for (const place of all("[data-reaction]")) place.textContent = counts?.[place.dataset.reaction] ?? 0;
}

// What a screen reader hears: what is urgent at once, the rest summed up every 10 seconds

const spoken = one("[data-spoken]");
const counted = new Map();
let speakAt = 0;

const count = (what) => counted.set(what, (counted.get(what) ?? 0) + 1);

function announce(text) {
  if (!spoken || !text) return;
  spoken.textContent = text;
  speakAt = Date.now();
}

setInterval(() => {
  if (!counted.size || Date.now() - speakAt < 10_000) return;
  announce([...counted].map(([what, n]) => say(what, { n })).join(" "));
  counted.clear();
}, 10_000);

const calm = () => document.body.classList.contains("ts-calm");
for (const box of all("[data-calm]")) {
  box.checked = localStorage.getItem("calm") === "yes";
  const set = () => { document.body.classList.toggle("ts-calm", box.checked); localStorage.setItem("calm", box.checked ? "yes" : "no"); };
  box.addEventListener("change", set);
  set();
}

// Who I am here

const mine = new Map(), upvoted = new Set(JSON.parse(page.dataset.votes || "[]"));

function showMe({ me }) {
  if (!me) return;
  if (me.votes) { upvoted.clear(); for (const id of me.votes) upvoted.add(id); }
  for (const asked of me.questions ?? []) { mine.set(asked.id, asked); place("questions", asked); }
  for (const node of lists("questions").flatMap((list) => all(":scope > [data-id]", list))) showVote(node);
  if (me.hand !== undefined) for (const button of all("[data-hand]")) button.hidden = (button.dataset.hand === "up") === Boolean(me.hand);
}

function showVote(node) {
  const on = upvoted.has(Number(node.dataset.id));
  for (const button of all("[data-upvote]", node)) {
    button.setAttribute("aria-pressed", String(on));
    const wish = one("input[name=on]", button.form);
    if (wish) wish.value = on ? "false" : "true";
  }
}

// What goes out: every form that names an operation. It keeps its id until it is answered, so that it counts once.

const sent = new Map();
const ATTEMPT = 8_000;

document.addEventListener("submit", (event) => {
  const form = event.target;
  const op = form.dataset.op;
  if (!op || over) return;
  event.preventDefault();
  const id = crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random().toString(36).slice(2)}`;
  const message = { id, op, d: data(form, event.submitter), form };
  if (form.dataset.confirm && !confirm(form.dataset.confirm)) return;
  sent.set(id, message);
  setBusy(form, true);
  transmit(message);
});

/** The fields as the operation takes them: numbers and yes-or-no by the field's data-as, lists where several may be chosen. */
function data(form, submitter) {
  const fields = new FormData(form, submitter);
  const d = {};
  for (const field of form.elements) {
    if (!field.name || field.tagName === "BUTTON" || field.name in d || ["op", "id", "back"].includes(field.name)) continue;
    const values = fields.getAll(field.name).filter((value) => value !== "");
    if (field.name.startsWith("rank-")) continue;
    if (!values.length && ["numbers", "words"].includes(field.dataset.as)) continue;
    if (field.dataset.as === "numbers") d[field.name] = values.map(Number);
    else if (field.dataset.as === "words") d[field.name] = values.join("\n").split(/[\n,]/).map((word) => word.trim()).filter(Boolean);
    else if (!values.length) { if (field.dataset.as === "flag") d[field.name] = false; } // an empty field says nothing
    else if (field.dataset.as === "number") d[field.name] = Number(values[0]);
    else if (field.dataset.as === "flag") d[field.name] = values[0] !== "false";
    else d[field.name] = values[0];
  }
  if (submitter?.name === "choices") d.choices = [Number(submitter.value)];
  const ranks = [...fields].filter(([name]) => name.startsWith("rank-")).sort((a, b) => a[1] - b[1]);
  // of two on one place only the first is sent: the hall then asks for all of them in order
  if (ranks.length) d.choices = ranks.filter(([, place], at) => place !== ranks[at - 1]?.[1]).map(([name]) => Number(name.slice(5)));
  return d;
}

async function transmit(message) {
  const { id, op, d } = message;
  if (socket?.readyState === 1) {
    socket.send(JSON.stringify({ t: "cmd", id, op, d }));
    return;
  }
  if (message.posting) return;
  message.posting = true;
  try {
    const answer = await fetch(`${base}/commands`, {
      method: "POST", headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ id, op, d }), signal: AbortSignal.timeout(ATTEMPT),
    });
    take(await answer.json());
  } catch {
    setTimeout(() => sent.has(id) && transmit(message), 2_000 + Math.random() * 2_000);
  } finally {
    message.posting = false;
  }
}

function settle(frame) {
  const message = sent.get(frame.id);
  if (!message) return;
  sent.delete(frame.id);
  const { form, op, d } = message;
  setBusy(form, false);
  const told = one("[data-told]", form) ?? one(`[data-told-of="${op}"]`);
  if (frame.t === "err") {
    if (told) { told.textContent = frame.message ?? say(frame.code); told.dataset.bad = ""; }
    if (frame.code === "auth_expired") showNotice("signed out", true);
    return;
  }
  if (told) { told.textContent = say(`done ${op}`) === `done ${op}` ? say("done") : say(`done ${op}`); delete told.dataset.bad; }
  if (op === "upvote.set") {
    if (d.on) upvoted.add(d.question); else upvoted.delete(d.question);
    for (const node of nodes("questions", d.question)) showVote(node);
  }
  if (form.dataset.clears !== undefined) { form.reset(); forget(form); }
}

function setBusy(form, busy) {
  for (const button of all("button", form)) button.toggleAttribute("aria-disabled", busy);
}

function showNotice(code, stays) {
  for (const place of all("[data-notice]")) { place.hidden = false; fill(place, "notice", say(code)); }
  if (!stays) setTimeout(() => all("[data-notice]").forEach((place) => { place.hidden = true; }), 8_000);
}

// What is half typed survives a reload and a sign-in

const draftKey = (field) => `hall-${page.dataset.hall}-${field.form?.dataset.op}-${field.name}`;
for (const field of all("textarea[data-draft]")) {
  if (!field.value) field.value = sessionStorage.getItem(draftKey(field)) ?? "";
  field.addEventListener("input", () => sessionStorage.setItem(draftKey(field), field.value));
}
const forget = (form) => all("textarea[data-draft]", form).forEach((field) => sessionStorage.removeItem(draftKey(field)));

for (const hidden of all("[data-needs-script]")) hidden.hidden = false;
for (const plain of all("[data-without-script]")) plain.hidden = true;
connect();
