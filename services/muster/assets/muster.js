// The one script. Pages work without it; with it they change by themselves, scans need no page
// load, and every scan answers by word, colour, sound and vibration.
// What always holds: text from the service is set as text, never as markup of our making; regions
// are swapped without touching focus, selection or scroll; a scan stays in the queue until the
// service has said that it is stored. What never happens here: a decision about a weapon.
"use strict";
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const words = (name) => document.body.dataset[name] || "";

  // --- Live: named regions are fetched again when the log has grown -------------------------
  let position = Number(document.body.dataset.position || 0);
  let waiting = 0;
  let fetching = false;
  let again = false;

  const liveSign = (state) => {
    for (const sign of all("[data-live-sign]")) {
      sign.dataset.state = state;
      sign.hidden = false;
      const text = one("span", sign);
      if (text) text.textContent = words(state === "on" ? "liveOn" : "liveOff");
    }
  };

  const busy = (region) => {
    const at = document.activeElement;
    return at && region.contains(at) && /^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName);
  };

  const swap = (old, fresh) => {
    if (old.innerHTML === fresh.innerHTML || busy(old)) return;
    const at = document.activeElement;
    const inside = old.contains(at) ? at.id : "";
    const open = all("details[id][open]", old).map((d) => d.id);
    old.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
    for (const id of open) { const fold = document.getElementById(id); if (fold) fold.open = true; }
    if (inside) { const back = document.getElementById(inside); if (back) back.focus({ preventScroll: true }); }
  };

  const refresh = async () => {
    if (fetching) { again = true; return; }
    fetching = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
      if (!answer.ok || answer.redirected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const region of all("[data-region]")) {
        const next = one(`[data-region="${region.dataset.region}"]`, fresh);
        if (next) { swap(region, next); region.removeAttribute("aria-busy"); }
      }
      wires.shown = wires.stored;
      showWires();
    } catch { liveSign("off"); } finally {
      fetching = false;
      if (again) { again = false; soon(); }
    }
  };
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(refresh, 150); };

  const follow = () => {
    if (!one("[data-region]") || document.body.dataset.live !== "yes" || !window.EventSource) return;
    const stream = new EventSource(`/api/v1/live?after=${position}`); // A lost line resumes by Last-Event-ID.
    const heard = (event) => {
      const at = Number(event.lastEventId);
      if (at && at <= position) return;
      if (at) position = at;
      soon();
    };
    stream.onopen = () => liveSign("on");
    stream.onerror = () => liveSign("off");
    stream.onmessage = heard;
    addEventListener("pagehide", () => stream.close());
    addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  };

  // --- Sound and touch ------------------------------------------------------------------------
  const tunes = { ok: [[880, 70]], accent: [[660, 60], [660, 60]], watch: [[440, 140], [330, 140]], alarm: [[220, 220], [180, 320]] };
  const shakes = { ok: [30], accent: [30, 40, 30], watch: [120], alarm: [200, 80, 200] };
  let speaker = null;
  const sound = (tone) => {
    if (navigator.vibrate) navigator.vibrate(shakes[tone] || []);
    const Audio = window.AudioContext || window.webkitAudioContext;
    if (!Audio || localStorage.getItem("muster-quiet") === "yes") return;
    try {
      speaker = speaker || new Audio();
      let at = speaker.currentTime;
      for (const [pitch, length] of tunes[tone] || []) {
        const voice = speaker.createOscillator();
        const level = speaker.createGain();
        voice.type = tone === "alarm" ? "square" : "sine";
        voice.frequency.value = pitch;
        level.gain.value = 0.12;
        voice.connect(level).connect(speaker.destination);
        voice.start(at);
        at += length / 1000;
        voice.stop(at);
        at += 0.03;
      }
    } catch { /* A PC without a sound card still shows the word. */ }
  };

  // --- Scanning ---------------------------------------------------------------------------------
  const wires = { received: 0, stored: 0, shown: 0 };
  const showWires = () => {
    for (const place of all("[data-wire]")) place.textContent = String(wires[place.dataset.wire]);
  };
  const shapes = { ok: "\u25CF", accent: "\u21BB", watch: "?", alarm: "\u2715" };
  const answerWith = (tone, word, line) => {
    const box = one("[data-answer]");
    if (!box) return;
    box.className = `answer ${tone}`;
    const [shape, head, rest] = [one("i", box), one("b", box), one("span", box)];
    shape.textContent = shapes[tone] || "";
    head.textContent = word;
    rest.textContent = line;
    sound(tone);
  };

  const queue = [];
  let sending = false;
  const key = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
  };
  const send = async () => {
    if (sending) return;
    sending = true;
    while (queue.length) {
      const { form, body } = queue[0];
      try {
        const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin" });
        const said = await answer.json();
        queue.shift();
        if (answer.ok) wires.stored += 1;
        answerWith(said.tone || "alarm", said.word || said.title || "", said.line || said.detail || "");
        if (said.to && said.to.startsWith("/")) location.assign(said.to);
        soon();
      } catch { // No line, or no sense: the scan stays first in the queue and is sent again as the same act.
        answerWith("alarm", words("notStored"), String(body.get("seen") || ""));
        await new Promise((done) => setTimeout(done, 2000));
      }
      showWires();
    }
    sending = false;
  };

  const scanForm = (form) => {
    const field = one("[data-scan-field]", form);
    let last = 0;
    let quick = 0;
    let pause = 0;
    let wedge = false;
    const enter = () => {
      clearTimeout(pause);
      const seen = field.value.trim();
      if (!seen) return;
      const body = new URLSearchParams(new FormData(form));
      if (body.has("way") && wedge) body.set("way", "barcode"); // A hand does not type like that.
      body.set("idempotency_key", key());
      queue.push({ form, body });
      wires.received += 1;
      showWires();
      field.value = "";
      quick = 0;
      wedge = false;
      field.focus({ preventScroll: true });
      send();
    };
    form.addEventListener("submit", (event) => { event.preventDefault(); enter(); });
    field.addEventListener("input", () => { // A wedge types faster than a hand and may send no Enter.
      const now = performance.now();
      quick = now - last < 35 ? quick + 1 : 0;
      last = now;
      clearTimeout(pause);
      wedge = quick >= 6;
      if (wedge) pause = setTimeout(enter, 160);
    });
    addEventListener("beforeunload", (event) => { if (queue.length) event.preventDefault(); });
  };

  // --- Keys -------------------------------------------------------------------------------------
  const keys = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = event.target;
    if (at instanceof HTMLElement && (at.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName))) {
      if (event.key === "Escape") at.blur();
      return;
    }
    const field = { "/": "[data-search]", s: "[data-scan-field]" }[event.key];
    if (field) {
      const found = one(field);
      if (found) { event.preventDefault(); found.focus(); found.select(); }
    } else if (event.key === "?") {
      const help = one("#keys");
      if (help && help.showModal) { event.preventDefault(); help.showModal(); }
    }
  };

  // --- Small helps --------------------------------------------------------------------------------
  const begin = () => {
    document.documentElement.classList.add("scripted");
    for (const form of all("form[data-scan]")) scanForm(form);
    document.addEventListener("keydown", keys);
    document.addEventListener("change", (event) => { // Place and other one-choice selectors go at once.
      const select = event.target;
      if (select instanceof HTMLInputElement && select.dataset.into && select.files.length) {
        select.files[0].text().then((text) => { document.getElementById(select.dataset.into).value = text; });
      }
      if (select instanceof HTMLSelectElement && select.hasAttribute("data-go") && select.form) select.form.requestSubmit();
    });
    document.addEventListener("click", (event) => {
      const button = event.target instanceof Element && event.target.closest("[data-do]");
      if (!button) return;
      if (button.dataset.do === "print") window.print();
      if (button.dataset.do === "quiet") {
        const now = localStorage.getItem("muster-quiet") === "yes" ? "no" : "yes";
        localStorage.setItem("muster-quiet", now);
        button.setAttribute("aria-pressed", now);
      }
    });
    document.addEventListener("submit", (event) => { // One press, one act.
      const form = event.target;
      if (!(form instanceof HTMLFormElement) || form.method !== "post" || form.hasAttribute("data-scan")) return;
      if (form.dataset.sent) { event.preventDefault(); return; }
      form.dataset.sent = "yes";
      setTimeout(() => { delete form.dataset.sent; }, 4000);
    });
    for (const box of all("[data-answer][data-tone]")) sound(box.dataset.tone);
    showWires();
    follow();
  };
  begin();
})();
