// Plays the events of the table below the picture: the table is the content, this only points.
"use strict";

const rows = [...document.querySelectorAll("tbody tr")];
const said = document.querySelector(".now-said");
const controls = document.querySelector(".controls");
const scrubber = controls.querySelector("input");
const playButton = controls.querySelector('[data-do="play"]');
const whole = controls.querySelector('[data-do="grain"]');
const pace = controls.querySelector("select");

let at = -1; // the row that is shown; before the first there is none
let timer = 0;

function clear() {
  for (const marked of document.querySelectorAll(".now, .flows, .way")) {
    marked.classList.remove("now", "flows", "way");
  }
}

// The way of a term: from the node where a weight is used along all wires up to the loss.
function showWay(node) {
  clear();
  const waiting = [node];
  const seen = new Set(waiting);
  while (waiting.length) {
    const here = waiting.pop();
    for (const box of document.querySelectorAll(`[data-item="${here}"]`)) box.classList.add("way");
    for (const wire of document.querySelectorAll(`[data-from="${here}"]`)) {
      wire.classList.add("flows");
      if (!seen.has(wire.dataset.to)) {
        seen.add(wire.dataset.to);
        waiting.push(wire.dataset.to);
      }
    }
  }
  said.textContent = `The way from here to the loss: ${seen.size} nodes.`;
}

function show(index) {
  at = Math.max(0, Math.min(rows.length - 1, index));
  clear();
  for (const row of document.querySelectorAll("[aria-current]")) row.removeAttribute("aria-current");
  const row = rows[at];
  const node = row.dataset.node;
  row.setAttribute("aria-current", "step");
  for (const box of document.querySelectorAll(`[data-item="${node}"]`)) box.classList.add("now");
  for (const wire of document.querySelectorAll(`[data-to="${node}"]`)) wire.classList.add("flows");
  said.textContent = `${at + 1} of ${rows.length}. ${row.dataset.said}`;
  scrubber.value = String(at);
}

// The next row in a direction; by steps of time, the next whose pass or t is another.
function next(direction) {
  let index = at + direction;
  if (whole.getAttribute("aria-pressed") === "true" && at >= 0) {
    const here = rows[at].dataset.when;
    while (index > 0 && index < rows.length - 1 && rows[index].dataset.when === here) index += direction;
  }
  show(index);
}

function play() {
  if (timer || at === rows.length - 1) {
    window.clearInterval(timer);
    timer = 0;
  } else {
    timer = window.setInterval(() => (at < rows.length - 1 ? next(1) : play()), Number(pace.value));
  }
  playButton.textContent = timer ? "Pause" : "Play";
}

const actions = {
  first: () => show(0),
  back: () => next(-1),
  play,
  next: () => next(1),
  last: () => show(rows.length - 1),
  grain: () => whole.setAttribute("aria-pressed", String(whole.getAttribute("aria-pressed") !== "true")),
};
const keys = { Home: "first", ArrowLeft: "back", " ": "play", ArrowRight: "next", End: "last", t: "grain" };

controls.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) actions[button.dataset.do]();
});
scrubber.addEventListener("input", () => show(Number(scrubber.value)));
pace.addEventListener("change", () => {
  if (timer) [play(), play()]; // stopped, and started again at the new pace
});
document.addEventListener("keydown", (event) => {
  const name = keys[event.key];
  // A focused button has its own space bar, a focused list all its own keys.
  if (!name || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("button") && event.key === " ") return;
  if (event.target.closest("select")) return;
  event.preventDefault();
  actions[name]();
});
for (const row of rows) {
  row.querySelector("button").addEventListener("click", () => show(rows.indexOf(row)));
  const way = row.querySelector(".way-of");
  if (way) {
    way.hidden = false;
    way.addEventListener("click", () => showWay(row.dataset.node));
  }
}
controls.hidden = false;
show(0);
