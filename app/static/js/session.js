// Says in time that a session is about to run out, and lets its holder stay. Without it nothing is lost either:
// the page that answers a form sent too late asks for the password and keeps every field.
const WARN_SECONDS = 5 * 60;
const LOOK_EVERY = 5_000;

class SessionNotice {
  constructor(place) {
    this.place = place;
    this.words = place.querySelector("p");
    this.button = place.querySelector("button");
    this.idle = Number(place.dataset.sessionIdle) * 1000;
    this.begin(this.idle);
    this.button.addEventListener("click", () => this.stay());
    this.others = "BroadcastChannel" in window ? new BroadcastChannel("townsquare-session") : null;
    this.others?.addEventListener("message", () => this.begin(this.idle));
    this.others?.postMessage("seen");
    setInterval(() => this.look(), LOOK_EVERY);
    document.addEventListener("visibilitychange", () => this.look());
  }

  begin(milliseconds) {
    this.ends = Date.now() + milliseconds;
    this.say("", false);
  }

  look() {
    const left = this.ends - Date.now();
    if (left <= 0) this.say(this.place.dataset.over, false);
    else if (left <= WARN_SECONDS * 1000) this.say(this.place.dataset.soon, true);
  }

  say(words, offers) {
    if (this.words.textContent === words && this.button.hidden === !offers) return;
    this.words.textContent = words;
    this.words.hidden = words === "";
    this.button.hidden = !offers;
  }

  async stay() {
    try {
      const answer = await fetch("/account/sessions/stay", { method: "POST", headers: { accept: "application/json" } });
      if (!answer.ok || answer.redirected) throw new Error("signed out");
      const { seconds } = await answer.json();
      this.idle = Math.min(this.idle, seconds * 1000);
      this.begin(seconds * 1000);
      this.others?.postMessage("seen");
    } catch {
      this.say(this.place.dataset.over, false);
    }
  }
}

const place = document.querySelector("[data-session-idle]");
if (place && Number(place.dataset.sessionIdle) > 0) new SessionNotice(place);
