// Plays the events of the table below the picture: the table is the content, this only points.
"use strict";

const root = document.documentElement;
const player = document.querySelector(".player");
const picture = player.querySelector(".picture");
const drawn = picture.querySelector("svg");
const controls = player.querySelector(".controls");
const panel = player.querySelector(".panel");
const said = player.querySelector(".now-said");
const scrubber = controls.querySelector("input");
const pace = controls.querySelector("select");
const button = (name) => controls.querySelector(`[data-do="${name}"]`);
const words = (list) => (list ? list.split(" ") : []);

const rows = [...document.querySelectorAll("tbody tr")];
const boxes = Map.groupBy(drawn.querySelectorAll("[data-item]"), (box) => box.dataset.item);
const wires = [...drawn.querySelectorAll("[data-from]")];
const into = Map.groupBy(wires, (wire) => wire.dataset.to);
const from = Map.groupBy(wires, (wire) => wire.dataset.from);
const still = new Set(JSON.parse(document.querySelector("#still").textContent).map(String));
// When each box is first computed, and first differentiated, and what is computed in it last.
const first = { forward: new Map(), backward: new Map() };
const names = new Map();
rows.forEach((row, index) => {
  const seen = first[row.dataset.kind];
  for (const id of words(row.dataset.boxes)) {
    if (!seen.has(id)) seen.set(id, index);
    if (seen === first.forward) names.set(id, row.dataset.name);
  }
});

let at = 0; // the row that is shown
let timer = 0;

// --- pointing ---

const MARKS = ["now", "flows", "way", "receives"];
function clear() {
  for (const marked of drawn.querySelectorAll(MARKS.map((mark) => `.${mark}`).join())) {
    marked.classList.remove(...MARKS);
  }
}

function mark(id, name) {
  for (const box of boxes.get(id) ?? []) box.classList.add(name);
}

// Along a wire into a box, and where a state enters a step, back to where it was made.
function markWires(id, sources) {
  for (const wire of into.get(id) ?? []) {
    const source = wire.dataset.from;
    const enters = source.includes("_enters_");
    if (sources && !sources.has(source) && !enters) continue;
    wire.classList.add("flows");
    if (enters) markWires(source);
  }
}

// The picture is moved within its own frame: the page around it stays where it is.
function reveal(elements) {
  const marks = elements.map((element) => element.getBoundingClientRect());
  if (!marks.length) return;
  const frame = picture.getBoundingClientRect();
  const middle = (low, high) => (Math.min(...low) + Math.max(...high)) / 2;
  const x = middle(marks.map((m) => m.left), marks.map((m) => m.right));
  const y = middle(marks.map((m) => m.top), marks.map((m) => m.bottom));
  const outside = marks.some((m) => m.left < frame.left || m.right > frame.right
    || m.top < frame.top || m.bottom > frame.bottom);
  if (outside) picture.scrollBy(x - frame.left - frame.width / 2, y - frame.top - frame.height / 2);
}

// --- what is shown ---

const byStep = () => button("grain").getAttribute("aria-pressed") === "true";

// The rows that are shown together: one event, or those of a whole time step.
function group(index) {
  if (!byStep()) return [index, index];
  const step = rows[index].dataset.step;
  let [low, high] = [index, index];
  while (rows[low - 1]?.dataset.step === step) low -= 1;
  while (rows[high + 1]?.dataset.step === step) high += 1;
  return [low, high];
}

function show(index) {
  const [low, high] = group(Math.max(0, Math.min(rows.length - 1, index)));
  at = low;
  clear();
  for (const row of document.querySelectorAll("[aria-current]")) row.removeAttribute("aria-current");
  for (const row of rows.slice(low, high + 1)) point(row);
  const forward = rows[high].dataset.kind === "forward";
  for (const [id, elements] of boxes) {
    for (const box of elements) {
      box.classList.toggle("done", forward && first.forward.get(id) <= high);
      box.classList.toggle("reached", first.backward.get(id) <= high);
    }
  }
  scrubber.value = String(at);
  fill(low, high);
  const now = [...drawn.querySelectorAll(".now")];
  reveal(now.length ? now : [...drawn.querySelectorAll(".flows")]);
}

function point(row) {
  row.setAttribute("aria-current", "step");
  const sources = [...row.querySelectorAll(".path")].flatMap((path) => words(path.dataset.from));
  const backward = row.dataset.kind === "backward";
  for (const id of words(row.dataset.boxes)) {
    mark(id, "now");
    markWires(id, backward && boxes.has(id) ? new Set(sources) : null);
    // Steps that are not drawn have no box: their wires are all there is.
    if (!boxes.has(id)) for (const wire of from.get(id) ?? []) wire.classList.add("flows");
  }
  for (const id of sources) mark(id, "receives");
}

function fill(low, high) {
  const whole = low !== high;
  const count = element("p", "count");
  count.textContent = whole ? `${low + 1} to ${high + 1} of ${rows.length}` : `${low + 1} of ${rows.length}`;
  const parts = whole ? several(low, high) : parted(rows[low]);
  panel.replaceChildren(count, ...parts);
  const where = parts[0].textContent;
  said.textContent = whole
    ? `${where}: events ${count.textContent}, listed after the controls.`
    : `${count.textContent}. ${rows[low].dataset.said}`;
  scrubber.setAttribute("aria-valuetext", `${count.textContent}, ${where}`);
}

function parted(row) {
  return [...row.querySelectorAll("td")].map((cell) => {
    const part = element("div", cell.className);
    part.innerHTML = cell.innerHTML;
    wirePaths(part, row);
    return part;
  });
}

// Of a whole step: where it is, and each of its values or gradients.
function several(low, high) {
  const where = element("div", "where");
  const [pass, step] = rows[low].querySelector(".where").textContent.split(", ");
  where.textContent = [pass, step].filter(Boolean).join(", ");
  const list = element("ul", "several");
  for (const row of rows.slice(low, high + 1)) {
    const item = element("li", "");
    item.innerHTML = row.querySelector(".result").innerHTML || row.querySelector(".what").innerHTML;
    list.append(item);
  }
  return [where, list];
}

function element(name, kind) {
  const made = document.createElement(name);
  made.className = kind;
  return made;
}

// --- the path of a term ---

function reach(starts, next) {
  const seen = new Set(starts);
  for (const here of seen) for (const other of next(here)) seen.add(other);
  return seen;
}

const flowing = (wire) => !still.has(String([wire.dataset.from, wire.dataset.to]));
const readers = (id) => (from.get(id) ?? []).filter(flowing).map((wire) => wire.dataset.to);
const read = (id) => (into.get(id) ?? []).filter(flowing).map((wire) => wire.dataset.from);

// All ways from where a term arises up to a loss; where none is given, up to the last.
function showPath(row, path) {
  const here = words(row.dataset.boxes);
  const above = reach(here, readers);
  const goals = words(path.dataset.goals);
  const below = goals.length ? reach(goals, read) : above;
  const on = new Set([...above].filter((id) => below.has(id)));
  clear();
  for (const id of on) {
    mark(id, "way");
    for (const wire of (from.get(id) ?? []).filter(flowing)) {
      wire.classList.toggle("flows", on.has(wire.dataset.to));
    }
  }
  const sources = words(path.dataset.from);
  for (const id of here) markWires(id, new Set(sources));
  for (const id of sources) mark(id, "receives");
  const order = (id) => first.forward.get(id);
  const told = [...on].filter((id) => names.has(id) && boxes.has(id)).sort((a, b) => order(a) - order(b));
  const list = told.map((id) => names.get(id)).join("; ");
  said.textContent = `${path.getAttribute("aria-label")}: ${told.length} boxes, ${list}.`;
}

function wirePaths(part, row) {
  for (const path of part.querySelectorAll(".path")) {
    path.hidden = false;
    path.addEventListener("click", () => {
      showPath(row, path);
      picture.scrollIntoView({ block: "nearest" });
    });
  }
}

// --- moving ---

function next(direction) {
  const [low, high] = group(at);
  show(direction > 0 ? high + 1 : low - 1);
}

const atEnd = () => group(at)[1] === rows.length - 1;

function play() {
  if (timer) {
    window.clearInterval(timer);
    timer = 0;
  } else {
    if (atEnd()) show(0); // once more from the start
    timer = window.setInterval(() => (atEnd() ? play() : next(1)), Number(pace.value));
  }
  button("play").textContent = timer ? "Pause" : "Play";
  said.setAttribute("aria-live", timer ? "off" : "polite"); // nobody can listen so fast
  if (!timer) show(at);
}

function toggle(name) {
  const pressed = button(name).getAttribute("aria-pressed") !== "true";
  button(name).setAttribute("aria-pressed", String(pressed));
  player.classList.toggle("fit", button("fit").getAttribute("aria-pressed") === "true");
  show(at);
}

const actions = {
  first: () => show(0),
  back: () => next(-1),
  play,
  next: () => next(1),
  last: () => show(rows.length - 1),
  grain: () => toggle("grain"),
  fit: () => toggle("fit"),
};
const keys = {
  Home: "first", ArrowLeft: "back", " ": "play", ArrowRight: "next", End: "last", t: "grain", w: "fit",
};

controls.addEventListener("click", (event) => {
  const pressed = event.target.closest("button");
  if (pressed) actions[pressed.dataset.do]();
});
scrubber.addEventListener("input", () => show(Number(scrubber.value)));
pace.addEventListener("change", () => {
  if (timer) [play(), play()]; // stopped, and started again at the new pace
});
document.addEventListener("keydown", (event) => {
  const name = keys[event.key];
  if (!name || event.ctrlKey || event.metaKey || event.altKey) return;
  // What scrolls, and what has keys of its own, keeps them; a button has the space bar.
  if (event.target.closest("select, .picture, .wide, .panel:focus")) return;
  if (event.target === scrubber && event.key.length > 1) return;
  if (event.target.closest("button") && event.key === " ") return;
  event.preventDefault();
  actions[name]();
});
rows.forEach((row, index) => {
  row.querySelector("button").addEventListener("click", () => {
    show(index);
    player.scrollIntoView({ block: "nearest" });
  });
  wirePaths(row, row);
});

// --- light or dark, as the page or the notebook around ---

function around() {
  try {
    return window.frameElement?.ownerDocument.body ?? null;
  } catch {
    return null; // of another origin
  }
}

function follow(host) {
  const [r, g, b, alpha = 1] = getComputedStyle(host).backgroundColor.match(/[\d.]+/g).map(Number);
  if (alpha === 0) return;
  root.style.colorScheme = 0.2126 * r + 0.7152 * g + 0.0722 * b < 128 ? "dark" : "light";
}

const host = root.dataset.theme === "auto" ? around() : null;
if (host) {
  follow(host);
  const watcher = new MutationObserver(() => follow(host));
  for (const changing of [host, host.parentElement]) watcher.observe(changing, { attributes: true });
}

// A link to an event, page.html#event-12, leads to the picture; without a script, to its row.
const links = rows.map((row) => `#${row.id}`);
for (const row of rows) row.removeAttribute("id");
function follows(hash) {
  const index = links.indexOf(hash);
  if (index < 0) return;
  show(index);
  player.scrollIntoView();
}

window.addEventListener("hashchange", () => follows(window.location.hash));
controls.hidden = false;
if (picture.clientWidth > 0.8 * drawn.getAttribute("width")) toggle("fit");
else show(0);
follows(window.location.hash);
