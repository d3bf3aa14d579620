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

// What a browser keeps; where it may keep nothing, the page works all the same

const keep = (store, key, value) => { try { if (value) window[store].setItem(key, value); else window[store].removeItem(key); } catch { /* not kept */ } };
const kept = (store, key) => { try { return window[store].getItem(key) ?? ""; } catch { return ""; } };

// The line to the server: a socket; where sockets are refused an event stream; where that stays silent, asking again.

const at = { epoch: page.dataset.epoch || "", seq: Number(page.dataset.seq || 0) };
const CALM_AFTER = 30_000; // for so long after a drop it tries again within 4 seconds, later within 30
const ATTEMPT = 6_000; // for so long one connection, or one command, is waited for
const SILENT = 33_000; // the server says something every 25 seconds
const STREAM_SILENT = 25_000;
const STREAM_SPEAKS = 8_000; // an event stream that was held back on its way has said nothing by then
let socket = null, stream = null, streamSince = 0, asking = 0, failures = 0, droppedAt = 0, heardAt = Date.now(), over = false, retry = 0;
let sockets = false; // one was open before: they are not refused here
let missed = false; // asked for what was missed, and waiting for it
let hint = null; // what the last "bye" said about when to come back

function setStanding(code) {
  for (const place of all("[data-standing]")) {
    if (place.dataset.standing === code) continue;
    place.dataset.standing = code;
    place.textContent = say(code);
  }
}

const upToDate = () => setStanding(asking ? "every 10 seconds" : "live");
const hello = () => JSON.stringify({ t: "hello", v: 1, lane, lang: document.documentElement.lang, ...(at.epoch ? { resume: at } : {}) });

function connect() {
  clearTimeout(retry);
  if (over || socket) return;
  if (!stream && failures >= 2 && (sockets ? failures % 4 === 3 : failures % 6)) return openStream();
  let opened = false;
  const line = new WebSocket(`${location.origin.replace(/^http/, "ws")}${base}/ws`, "townsquare-live.v1");
  socket = line;
  const closed = (code) => {
    if (socket !== line) return; // given up already
    socket = null;
    if (opened || !stream) dropped(code, opened);
  };
  line.onopen = () => {
    opened = sockets = true;
    closeStream();
    heardAt = Date.now();
    if (!asking) setStanding("catching up");
    line.send(hello());
  };
  line.onmessage = ({ data }) => take(JSON.parse(data));
  line.onclose = ({ code }) => closed(code);
  setTimeout(() => { if (!opened) { closed(1006); line.close(); } }, ATTEMPT);
}

function dropped(code, opened) {
  missed = false;
  if (over) return;
  if (code === 4440) return finish();
  if (code === 4401) showNotice("signed out");
  const stays = { 4400: "stopped", 4401: lane === "staff" && "stopped", 4403: lane === "staff" ? "stopped" : "banned", 4404: "stopped", 4406: "reload", 4409: "tabs" }[code];
  if (stays) {
    over = true;
    closeStream();
    clearTimeout(asking);
    return setStanding(stays);
  }
  failures = opened && code !== 4503 ? 0 : failures + 1;
  droppedAt ||= Date.now();
  if (!asking) setStanding("offline, retrying");
  clearTimeout(retry);
  retry = setTimeout(connect, pause(code));
}

/** Milliseconds until the next attempt: at random, so that thousands do not come back at once. */
function pause(code) {
  const told = hint;
  hint = null;
  if (told) return code === 1012 ? Math.random() * told : told + Math.random() * 1_000;
  const cap = Date.now() - droppedAt < CALM_AFTER ? 4_000 : 30_000;
  return Math.random() * Math.min(cap, 1_000 * 2 ** Math.min(failures + 1, 5));
}

/** The same records as an event stream; beside it the socket is tried again every minute. */
function openStream() {
  closeStream();
  const position = at.epoch ? `&epoch=${at.epoch}&seq=${at.seq}` : "";
  const line = new EventSource(`${base}/events?lane=${lane}${position}`);
  stream = line;
  streamSince = Date.now();
  line.onmessage = ({ data }) => take(JSON.parse(data));
  line.onerror = () => { if (stream === line) { closeStream(); dropped(1006, false); } };
}

function closeStream() {
  stream?.close();
  stream = null;
}

/** Where nothing else comes through: the whole every 10 seconds, until something does. */
let tag = "";
async function ask() {
  clearTimeout(asking);
  asking = setTimeout(ask, 10_000);
  try {
    const answer = await fetch(`${base}/state?lane=${lane}${page.dataset.place ? "&me=1" : ""}`, { cache: "no-store", headers: { accept: "application/json", ...(tag ? { "if-none-match": tag } : {}) }, signal: AbortSignal.timeout(ATTEMPT) });
    if (!asking) return; // something better works by now
    if (answer.ok) { tag = answer.headers.get("etag") ?? ""; take(await answer.json()); }
    if (answer.ok || answer.status === 304) return upToDate();
  } catch { /* said below */ }
  if (asking) setStanding("offline, retrying");
}

setInterval(() => { if (socket?.readyState === 1) socket.send(JSON.stringify({ t: "ack", seq: at.seq })); }, 20_000 + Math.random() * 6_000);

/** A link that died without a word is found by its silence; a quiet stream says nothing either, and is opened again. */
setInterval(() => {
  const now = Date.now();
  if (over) return;
  if (stream && !asking && heardAt < streamSince && now - streamSince > STREAM_SPEAKS) ask();
  if (socket?.readyState === 1 && now - heardAt > SILENT) {
    const dead = socket;
    socket = null; // its own goodbye may take a minute
    dead.close();
    dropped(1006, true);
  } else if (stream && now - Math.max(heardAt, streamSince) > STREAM_SILENT) openStream();
}, 1_000);
setInterval(() => { if (stream) connect(); }, 60_000);
addEventListener("online", () => { if (!socket && !stream) connect(); });

// What comes in

function take(frame) {
  if (frame.t !== "snap" || !asking) heardAt = Date.now();
  ({ welcome, snap, u: update, ok: settle, err: settle, me: showMe, bye })[frame.t]?.(frame);
}

let ahead = 0; // milliseconds that the server's clock is before this one

function welcome(frame) {
  ahead = Date.parse(frame.now) - Date.now() || 0;
  droppedAt = 0;
  if (socket?.readyState === 1) failures = 0;
  clearTimeout(asking);
  asking = 0;
  missed = false;
  if (frame.mode === "resumed") upToDate();
  showMe(frame);
  for (const waiting of sent.values()) transmit(waiting);
}

function snap(frame) {
  Object.assign(at, { epoch: frame.epoch, seq: frame.seq });
  missed = false;
  const state = frame.state;
  texts.clear();
  for (const kind of ["questions", "polls", "captions", "commitments", "hands"]) replaceAll(kind, state[kind] ?? []);
  for (const [key, value] of Object.entries({ ...state.hall, ...state })) setState(key, value);
  showMe(frame);
  upToDate();
  if (state.hall?.state === "ended") finish();
  else if (state.hall && page.dataset.hallState && state.hall.state !== page.dataset.hallState) renew();
}

function update(frame) {
  if (frame.from !== undefined && frame.ev) {
    if (frame.from > at.seq + 1) return catchUp();
    if (frame.to > at.seq) {
      for (const event of frame.ev.slice(at.seq + 1 - frame.from)) happen(event);
      at.seq = frame.to;
    }
  }
  for (const [key, value] of Object.entries(frame.st ?? {})) setState(key, value);
  if (!missed) upToDate();
}

/** There is a hole: what was missed is asked for once, from where this page is. */
function catchUp() {
  if (missed) return;
  missed = true;
  setStanding("catching up");
  if (socket) socket.send(hello());
  else if (stream) openStream();
}

function bye(frame) {
  hint = frame.retry_ms ?? null;
  if (!stream) return; // the socket's close says the same
  closeStream();
  dropped(frame.code, true);
}

/** The hall has ended: everyone goes to its archive; what was half typed is kept. */
function finish() {
  if (over && finish.done) return;
  over = finish.done = true;
  clearTimeout(asking);
  setStanding("ended");
  if (page.dataset.after) setTimeout(() => location.assign(page.dataset.after), 500 + Math.random() * 3_000);
}

/** The page as it is drawn now, once nobody types into this one; at random, so that not all ask at once. */
function renew() {
  if (renew.due) return;
  renew.due = true;
  const go = () => {
    if (document.activeElement?.matches("input, textarea, select")) document.activeElement.addEventListener("blur", () => setTimeout(go, 1_000), { once: true });
    else location.reload();
  };
  setTimeout(go, Math.random() * 1_500);
}

function happen(event) {
  const [thing] = event.k.split(".");
  if (thing === "question" && event.id) {
    place("questions", event);
    if (event.k === "question.published") count("new questions");
    if (event.k === "question.asked") count("waiting questions");
    if (event.k === "question.staged") setStage(event.id);
    else if (event.id === stage) setStage(event.gone ? null : stage);
  } else if (event.k === "question.staged") setStage(null);
  else if (thing === "poll") {
    place("polls", event);
    if (event.k === "poll.opened") count("poll opened");
  } else if (thing === "caption") place("captions", { ...event, id: event.line ?? event.id });
  else if (thing === "commitment") place("commitments", event);
  else if (thing === "agenda") setAgenda(event.item, event);
  else if (event.k === "announced") setAnnouncement(event.text);
  else if (event.k === "hall.started" || (event.k === "hosting.taken" && page.dataset.controls)) renew();
  else if (event.k === "hall.ended") finish();
  else if (event.k === "slow.set") setState("slow", event.seconds);
}

function setState(key, value) {
  const [kind, id, what] = key.split(".");
  if (kind === "q") for (const node of nodes("questions", id)) node.dataset.votes = fill(node, "votes", value);
  else if (kind === "poll") for (const node of nodes("polls", id)) showPoll(node, what === "n" ? { answers: value } : { results: value });
  else if (key === "stage") setStage(value);
  else if (key === "item") setAgenda(value);
  else if (key === "agenda") for (const item of value) for (const node of all(`[data-item="${item.id}"]`)) node.dataset.began = item.began_at ?? "";
  else if (key === "announcement") setAnnouncement(value?.text ?? value);
  else if (key === "react") showReactions(value);
  else if (key === "hands") replaceAll("hands", value ?? []);
  else if (key === "caption.part") for (const place of all("[data-part]")) place.textContent = value ?? "";
  else if (key === "host") for (const place of all("[data-host-away]")) place.hidden = !value?.away;
  else if (["here", "slow"].includes(key)) for (const place of all(`[data-state="${key}"]`)) {
    place.textContent = value ?? 0;
    if (key === "slow") place.parentElement.hidden = !value;
  }
  if (kind === "q") dueForOrder = true;
}

// Things in lists

const lists = (kind) => all(`[data-list="${kind}"]`);
const nodes = (kind, id) => lists(kind).flatMap((list) => all(`:scope > [data-id="${id}"]`, list));

function belongs(list, thing) {
  const states = list.dataset.states?.split(" ");
  if (thing.gone || (states && !states.includes(thing.state))) return false;
  if (list.dataset.only === "mine") return mine.has(thing.id);
  const aside = one("[data-aside]")?.dataset.aside.split(" ").includes(String(thing.id)); // of people who are excluded
  if ("aside" in list.dataset || "asideOnly" in list.dataset) return "asideOnly" in list.dataset ? Boolean(aside) : !aside;
  return list.dataset.only !== "shortlisted" || Boolean(thing.shortlisted);
}

const texts = new Map(); // of questions, also of those that no list of this page shows

function place(kind, thing) {
  if (kind === "questions") {
    if (thing.gone || !thing.text) texts.delete(thing.id);
    else texts.set(thing.id, thing);
  }
  for (const list of lists(kind)) {
    let node = one(`:scope > [data-id="${thing.id}"]`, list);
    if (thing.gone && list.dataset.only === "mine") continue; // one's own words stay: what is known of oneself says how they stand
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
  for (const list of lists(kind)) {
    if (list.dataset.only === "mine") continue; // what is not public is still one's own
    for (const node of all(":scope > [data-id]", list)) if (!known.has(node.dataset.id)) node.remove();
    for (const empty of all(`[data-empty-of="${list.id}"]`)) empty.hidden = Boolean(one(":scope > [data-id]", list));
  }
  for (const thing of things) place(kind, { ...thing, id: thing.id ?? thing.line });
  if (kind === "questions") order(true);
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
  for (const field of all("input[data-value]", node)) if (field !== document.activeElement) field.value = thing[field.dataset.value] ?? "";
  for (const part of all("[data-when]", node)) part.hidden = !part.dataset.when.split(" ").includes(thing.state ?? node.dataset.state);
  for (const part of all("[data-if]", node)) part.hidden = !thing[part.dataset.if];
  for (const part of all("[data-unless]", node)) part.hidden = Boolean(thing[part.dataset.unless]);
  for (const link of all("a[data-href]", node)) link.href = link.dataset.href.replace(/\{(\w+)\}/g, (_, name) => thing[name] ?? "");
  for (const part of all("[data-review]", node)) part.hidden = part.dataset.review !== thing.review;
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
    field.id = `poll-answer-${poll.id ?? node.dataset.id}-words`;
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
    input.id = `poll-answer-${poll.id}-choices-${option.id}`;
    if (input.type !== "hidden" && input.tagName === "INPUT") input.value = option.id;
    if (input.tagName === "SELECT") {
      input.name = `rank-${option.id}`;
      input.replaceChildren(...poll.options.map((_, n) => new Option(String(n + 1), String(n + 1), n === number, n === number)));
    }
  }
  for (const label of all("label", row)) { label.htmlFor = `poll-answer-${poll.id}-choices-${option.id}`; label.textContent = option.text; }
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
    if (!sort || list.contains(document.activeElement) || (!now && list.matches(":hover"))) { dueForOrder ||= Boolean(sort); continue; }
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
    const node = stage && nodes("questions", stage)[0];
    const words = (slot) => texts.get(stage)?.[slot] ?? (node && one(`[data-slot="${slot}"]`, node)?.textContent) ?? "";
    const shown = Boolean(stage && (texts.has(stage) || node));
    if (stage && stage === was && !shown) continue; // drawn with the page, and in no list of it
    place.hidden = !stage && place.dataset.stage !== "always";
    for (const slot of ["text", "by", "votes"]) fill(place, slot, shown ? words(slot) : "");
    for (const empty of all("[data-stage-empty]", place)) empty.hidden = Boolean(stage);
    for (const field of all("input[data-value]", place)) field.value = stage ?? "";
    for (const part of all("[data-staged-only]", place)) part.hidden = !stage;
  }
  for (const node of lists("questions").flatMap((list) => all(":scope > [data-id]", list))) node.toggleAttribute("data-on-stage", Number(node.dataset.id) === stage);
  if (!stage && spoken && was) spoken.textContent = ""; // it may have been hidden
  if (stage && stage !== was) announce(say("on stage now", { text: one("[data-stage] [data-slot=text]")?.textContent }));
}

function setAgenda(id, event) {
  for (const item of all("[data-item]")) {
    const here = Number(item.dataset.item) === id;
    if (here && event?.began_at) item.dataset.began = event.began_at;
    if (here) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
    for (const form of all("form[data-op]", item)) form.hidden = here;
  }
  tell();
}

/** Minutes that the item of the agenda has left, or is over. */
function tell() {
  for (const item of all("[data-item][aria-current]:not([data-began=''])")) {
    const left = Number(item.dataset.minutes) - Math.floor((Date.now() + ahead - Date.parse(item.dataset.began)) / 60_000);
    for (const place of all("[data-left]", item)) {
      place.textContent = say(left < 0 ? "minutes over" : "minutes left", { n: Math.abs(left) });
      place.classList.toggle("ts-over", left < 0);
    }
  }
}
setInterval(tell, 10_000);

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
let speakAt = 0, summedAt = Date.now();

const count = (what) => counted.set(what, (counted.get(what) ?? 0) + 1);

function announce(text) {
  if (!spoken || !text) return;
  spoken.textContent = text;
  speakAt = Date.now();
}

/** At most every 10 seconds, and not so soon after what was urgent that it would talk over it. */
function sumUp() {
  if (!counted.size || Date.now() - summedAt < 10_000 || Date.now() - speakAt < 5_000) return;
  summedAt = Date.now();
  announce([...counted].map(([what, n]) => say(what, { n })).join(" "));
  counted.clear();
}
setInterval(sumUp, 1_000);

const calm = () => document.body.classList.contains("ts-calm");
for (const box of all("[data-calm]")) {
  box.checked = kept("localStorage", "calm") === "yes";
  const set = () => { document.body.classList.toggle("ts-calm", box.checked); keep("localStorage", "calm", box.checked && "yes"); };
  box.addEventListener("change", set);
  set();
}

// Who I am here

const mine = new Map(), upvoted = new Set(JSON.parse(page.dataset.votes || "[]"));

function showMe({ me }) {
  if (!me) return;
  if (me.votes) { upvoted.clear(); for (const id of me.votes) upvoted.add(id); }
  for (const asked of me.questions ?? []) { mine.set(asked.id, asked); place("questions", { ...texts.get(asked.id), ...asked }); }
  for (const node of lists("questions").flatMap((list) => all(":scope > [data-id]", list))) showVote(node);
  if (me.hand !== undefined) for (const part of all("[data-hand]")) part.hidden = (part.dataset.hand === "up") === Boolean(me.hand);
  if (page.dataset.place === "waiting" && me.place === "registered") renew(); // a place has become free
}

function showVote(node) {
  const on = upvoted.has(Number(node.dataset.id));
  for (const button of all("[data-upvote]", node)) {
    button.setAttribute("aria-pressed", String(on));
    button.disabled = node.dataset.state !== "open" || mine.has(Number(node.dataset.id));
    const wish = one("input[name=on]", button.form);
    if (wish) wish.value = on ? "false" : "true";
  }
}

// What goes out: every form that names an operation. It keeps its id until it is answered, so that it counts once.

const sent = new Map();


document.addEventListener("submit", (event) => {
  const form = event.target;
  const op = form.dataset.op;
  if (!op || over) return;
  event.preventDefault();
  if ([...sent.values()].some((message) => message.form === form)) return; // it is on its way
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
    else if (!values.length) { // an empty field says nothing, but empty words are told to be empty
      if (field.dataset.as === "flag") d[field.name] = false;
      if (field.name === "text") d.text = "";
    }
    else if (field.dataset.as === "number") d[field.name] = Number(values[0]);
    else if (field.dataset.as === "flag") d[field.name] = values[0] !== "false";
    else d[field.name] = values[0];
  }
  if (submitter?.name === "choices") d.choices = [Number(submitter.value)];
  else if (submitter?.name) d[submitter.name] = submitter.value; // a reason
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
    const said = await answer.json();
    settle(["ok", "err"].includes(said.t) && said.id ? said : { t: "err", id, message: said.message ?? said.detail ?? say("refused") });
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
  const told = one("[data-told]", form) ?? (frame.t === "err" && one("[data-told-else]"));
  if (told) {
    told.textContent = frame.t === "err" ? frame.message ?? say(frame.code) : say(words[`done ${op}`] ? `done ${op}` : "done");
    told.toggleAttribute("data-bad", frame.t === "err");
    if (told.matches("[data-told-else]")) setTimeout(() => { told.textContent = ""; }, ATTEMPT);
  }
  if (frame.t === "err") {
    for (const field of form.elements) if (field.name) field.toggleAttribute("data-wrong", field.name === frame.field);
    if (frame.code === "auth_expired") showNotice("signed out");
    return;
  }
  for (const field of form.elements) field.removeAttribute("data-wrong");
  if (op === "upvote.set") {
    if (d.on) upvoted.add(d.question); else upvoted.delete(d.question);
    for (const node of nodes("questions", d.question)) showVote(node);
  }
  if (op === "poll.answer") for (const button of all("button[name=choices]", form)) button.setAttribute("aria-pressed", String(d.choices?.[0] === Number(button.value)));
  if (form.dataset.clears !== undefined) { form.reset(); forget(form); }
}

function setBusy(form, busy) {
  for (const button of all("button", form)) if (busy) button.setAttribute("aria-disabled", "true"); else button.removeAttribute("aria-disabled");
}

function showNotice(code) {
  for (const place of all("[data-notice]")) { place.hidden = false; fill(place, "notice", say(code)); }
}

// Which question another is joined to: chosen from those that are open on this page now

document.addEventListener("toggle", ({ target }) => {
  for (const select of target.open ? all("select[data-questions]", target) : []) {
    const own = Number(select.closest("[data-id]")?.dataset.id), chosen = select.value;
    const open = lists("questions").flatMap((list) => all(':scope > [data-id][data-state="open"]', list));
    select.replaceChildren(...open.filter((node) => Number(node.dataset.id) !== own).map((node) => new Option(one("[data-slot=text]", node).textContent.slice(0, 60), node.dataset.id)));
    if (chosen && all("option", select).some(({ value }) => value === chosen)) select.value = chosen;
  }
}, true);

// What is half typed survives a reload and a sign-in

const draftKey = (field) => `hall-${page.dataset.hall}-${field.form?.dataset.op}-${field.name}`;
for (const field of all("textarea[data-draft]")) {
  if (!field.value) field.value = kept("sessionStorage", draftKey(field));
  field.addEventListener("input", () => keep("sessionStorage", draftKey(field), field.value));
}
const forget = (form) => all("textarea[data-draft]", form).forEach((field) => keep("sessionStorage", draftKey(field), ""));

for (const hidden of all("[data-needs-script]")) hidden.hidden = false;
for (const plain of all("[data-without-script]")) plain.hidden = true;
setAgenda(Number(one("[data-item][aria-current]")?.dataset.item));
connect();
