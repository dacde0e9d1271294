
"use strict";
// THE PAGE ON WHICH A PLAN IS CORRECTED.
//
// Laws: what the plan means is what garim/core/plan.py says: keys [time, x1, y1, x2, y2], straight lines between
// them, nothing before the first and after the last. Lanes and keys are never changed, only replaced, so that undo
// is to take the old ones back. Text from the plan or a name reaches the page as textContent, never as markup.

const el = (id) => document.getElementById(id);
const facts = JSON.parse(el("facts").textContent);
const [width, height] = facts.plan.size;
const secondsPerTick = ((whole) => whole[0] / (whole[1] || 1))(facts.plan.time_base.split("/").map(Number));

// ---- the frames that are shown: {index, pts, coded}

const shown = [...document.querySelectorAll("script.frame")].map((place) => ({
  index: Number(place.dataset.index), pts: Number(place.dataset.pts), coded: place,
}));
const start = shown[0].pts;
const length = Math.max(1, shown[shown.length - 1].pts - start);
const single = facts.frames === 1;
const paged = facts.paged; // pages have numbers where films have times
const unit = paged ? "page" : "frame";

// Frames that are not shown are covered rather than not: what begins or ends at a shown frame reaches to the next.
const opens = (i) => i === 0 || shown[i].index === shown[i - 1].index + 1 ? shown[i].pts : shown[i - 1].pts + 1;
const closes = (i) =>
  i === shown.length - 1 || shown[i + 1].index === shown[i].index + 1 ? shown[i].pts : shown[i + 1].pts - 1;

function nearest(pts) {
  let low = 0, high = shown.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (shown[middle].pts <= pts) low = middle; else high = middle;
  }
  return pts - shown[low].pts <= shown[high].pts - pts ? low : high;
}

// ---- lanes: {id, track, keys, keep, mine}; what they mean, and what can be made of them

const first = (lane) => lane.keys[0];
const final = (lane) => lane.keys[lane.keys.length - 1];

function boxAt(lane, pts) {
  if (pts < first(lane)[0] || pts > final(lane)[0]) return null;
  const after = lane.keys.findIndex((key) => key[0] >= pts);
  const [t1, ...b] = lane.keys[after];
  if (t1 === pts) return b;
  const [t0, ...a] = lane.keys[after - 1];
  return a.map((side, n) => side + (b[n] - side) * (pts - t0) / (t1 - t0));
}

// a tenth of a pixel, and never smaller
const tidy = ([x1, y1, x2, y2]) => {
  const down = (side, most) => Math.min(most, Math.max(0, Math.floor(side * 10 + 1e-6) / 10));
  const up = (side, most) => Math.min(most, Math.max(0, Math.ceil(side * 10 - 1e-6) / 10));
  return [down(x1, width), down(y1, height), up(x2, width), up(y2, height)];
};

function withKey(lane, i, box) {
  const pts = shown[i].pts;
  const before = i > 0 ? shown[i - 1].pts : -Infinity;
  const after = i < shown.length - 1 ? shown[i + 1].pts : Infinity;
  const keys = [...lane.keys.filter((key) => key[0] !== pts), [pts, ...box]].sort((a, b) => a[0] - b[0]);
  // an end that lies among frames that are not shown goes along
  for (const n of [0, keys.length - 1]) {
    if (keys[n][0] > before && keys[n][0] < after) keys[n] = [keys[n][0], ...box];
  }
  return {...lane, keys};
}

function begun(lane, i) {
  const pts = opens(i);
  if (pts > final(lane)[0]) return null;
  const box = boxAt(lane, pts) || first(lane).slice(1);
  return {...lane, keys: [[pts, ...tidy(box)], ...lane.keys.filter((key) => key[0] > pts)]};
}

function ended(lane, i) {
  const pts = closes(i);
  if (pts < first(lane)[0]) return null;
  const box = boxAt(lane, pts) || final(lane).slice(1);
  return {...lane, keys: [...lane.keys.filter((key) => key[0] < pts), [pts, ...tidy(box)]]};
}

const hue = (lane) => `hsl(${Math.round((lane.id * 137.508 + 200) % 360)} 85% 68%)`;
const called = (lane) => `Track ${lane.track}`;

// ---- what is on the screen now, and how it came about

let lanes = facts.plan.lanes.map((row, n) => ({id: n, track: row.track, keys: row.keys, keep: row.keep, mine: false}));
let nextId = lanes.length;
let saved = lanes;
let at = 0;
let selected = null;
let draft = null; // {id, box} while a box is dragged
let black = false;
let zoom = 1;
let playing = null;
const past = [], future = [];

const chosen = () => lanes.find((lane) => lane.id === selected) || null;
const here = (lane) => boxAt(lane, shown[at].pts);

function change(what, next, select = selected, joined = false) {
  const last = past[past.length - 1];
  if (joined && last && last.what === what && last.at === at && !future.length) last.after = next;
  else past.push({what, at, before: lanes, after: next, was: selected, is: select});
  future.length = 0;
  lanes = next;
  selected = select;
  say(what);
  render();
}

const changeLane = (what, lane, joined) =>
  change(what, lanes.map((old) => old.id === lane.id ? lane : old), lane.id, joined);

function undo() {
  const step = past.pop();
  if (!step) return say("Nothing to undo");
  future.push(step);
  [lanes, selected, at] = [step.before, step.was, step.at];
  say(`Undone: ${step.what}`);
  render();
}

function redo() {
  const step = future.pop();
  if (!step) return say("Nothing to redo");
  past.push(step);
  [lanes, selected, at] = [step.after, step.is, step.at];
  say(`Done again: ${step.what}`);
  render();
}

function say(text) {
  el("say").textContent = text;
}

// ---- going through the film

function go(i) {
  at = Math.max(0, Math.min(shown.length - 1, i));
  render();
}

function play() {
  if (playing) return pause();
  if (at === shown.length - 1) go(0);
  const step = () => {
    if (at === shown.length - 1) return pause();
    go(at + 1);
    const apart = at < shown.length - 1 ? (shown[at + 1].pts - shown[at].pts) * secondsPerTick : 0;
    playing = setTimeout(step, 1000 * Math.min(0.4, Math.max(0.02, apart)));
  };
  playing = setTimeout(step, 0);
  render();
}

function pause() {
  clearTimeout(playing);
  playing = null;
  render();
}

function steps(by) {
  if (playing) pause();
  say("");
  go(at + by);
}

function select(id) {
  selected = id;
  render();
  document.querySelector(".row.selected")?.scrollIntoView({block: "nearest"});
}

function deselect() {
  if (document.activeElement?.matches(".box, .row .label")) document.activeElement.blur();
  select(null);
}

function neighbour(by) {
  if (!lanes.length) return;
  const n = lanes.findIndex((lane) => lane.id === selected);
  const lane = lanes[n < 0 ? (by > 0 ? 0 : lanes.length - 1) : (n + by + lanes.length) % lanes.length];
  if (!here(lane)) at = nearest(first(lane)[0]);
  select(lane.id);
}

function toKey(by) {
  const lane = chosen();
  if (!lane) return say("Select a track first");
  const keys = by > 0 ? lane.keys : [...lane.keys].reverse();
  const key = keys.find((candidate) => (nearest(candidate[0]) - at) * by > 0);
  if (key) go(nearest(key[0])); else say(by > 0 ? "No key after this frame" : "No key before this frame");
}

// ---- changing the plan

function add(box) {
  const track = Math.max(0, ...lanes.map((lane) => lane.track)) + 1;
  const keys = [...new Set([opens(at), closes(at)])].map((pts) => [pts, ...tidy(box)]);
  const lane = {id: nextId++, track, keys, keep: undefined, mine: true};
  change(`${called(lane)} drawn`, [...lanes, lane], lane.id);
  boxes.get(lane.id).focus({preventScroll: true});
  document.querySelector(".row.selected")?.scrollIntoView({block: "nearest"});
}

function addInMiddle() {
  if (playing) pause();
  const side = Math.min(width, height) / 6;
  add([(width - side) / 2, (height - side) / 2, (width + side) / 2, (height + side) / 2]);
}

function place(lane, box, joined = false) {
  changeLane(`${called(lane)} set at this frame`, withKey(lane, at, tidy(box)), joined);
}

function nudge(dx, dy, resize, event) {
  const lane = chosen(), box = lane && here(lane);
  if (!box) return;
  const [x1, y1, x2, y2] = box;
  place(lane, resize
    ? [x1, y1, Math.max(x1 + 2, x2 + dx), Math.max(y1 + 2, y2 + dy)]
    : inside([x1 + dx, y1 + dy, x2 + dx, y2 + dy]), event.repeat);
}

// a box that is moved keeps its size at the picture's edge
function inside([x1, y1, x2, y2]) {
  const dx = Math.max(0, -x1) - Math.max(0, x2 - width), dy = Math.max(0, -y1) - Math.max(0, y2 - height);
  return [x1 + dx, y1 + dy, x2 + dx, y2 + dy];
}

function setEnd(make, what, beyond) {
  const lane = chosen();
  if (!lane) return say("Select a track first");
  const next = make(lane, at);
  if (!next) return say(beyond);
  if (JSON.stringify(next.keys) !== JSON.stringify(lane.keys)) changeLane(`${called(lane)} ${what} here`, next);
}

const beginHere = () => setEnd(begun, "begins", "This frame is after the track's end");
const endHere = () => setEnd(ended, "ends", "This frame is before the track's begin");

const keyHere = (lane) => lane.keys.some((key) => key[0] === shown[at].pts);

function dropKey() {
  const lane = chosen();
  if (!lane || !keyHere(lane)) return say("There is no key at this frame");
  const keys = lane.keys.filter((key) => key[0] !== shown[at].pts);
  if (!keys.length) return say("This is its only key: Delete takes the track");
  changeLane(`Key of ${called(lane).toLowerCase()} deleted`, {...lane, keys});
}

function drop() {
  const lane = chosen();
  if (!lane) return say("Select a track first");
  if (lane.mine && !lane.keep) return change(`${called(lane)} removed`, lanes.filter((l) => l !== lane), null);
  if (lane.keep) return say("It is left visible already");
  ask(lane);
}

function revoke() {
  const lane = chosen();
  if (lane && lane.keep) changeLane(`${called(lane)} will be destroyed`, {...lane, keep: undefined});
}

// ---- why a track is left visible

const marks = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const why = () => document.querySelector('input[name="why"]:checked').value;

function ask(lane) {
  if (playing) pause();
  el("keeptitle").textContent = `Leave ${called(lane).toLowerCase()} visible?`;
  el("pseudonym").value = el("reason").value = el("lacks").textContent = "";
  document.querySelector('input[name="why"]').checked = true;
  whyChanged();
  el("keep").showModal();
}

function whyChanged() {
  el("pseudonymfield").hidden = why() !== "agreed";
  el("lacks").textContent = "";
}

function answer(event) {
  event.preventDefault();
  const lane = chosen(), agreed = why() === "agreed";
  const pseudonym = el("pseudonym").value.trim(), reason = el("reason").value.trim();
  const lacking = agreed && !pseudonym ? "pseudonym" : !reason ? "reason" : null;
  if (lacking) {
    el("lacks").textContent = `It needs a ${lacking}.`;
    return el(lacking).focus();
  }
  if (agreed && !marks.test(pseudonym)) {
    el("lacks").textContent = "A pseudonym, as consents have it, is letters, digits, full stops, _ and -.";
    return el("pseudonym").focus();
  }
  el("keep").close();
  changeLane(`${called(lane)} is left visible`, {...lane, keep: agreed ? {reason, pseudonym} : {reason}});
}

// ---- saving

// a plan made by hand can hold any pseudonym, and this line is pasted into a shell
function command() {
  const people = new Set(lanes.flatMap(({keep}) => keep?.pseudonym === undefined ? [] : [keep.pseudonym]));
  const files = [...people].map((who) => ` --consent ${marks.test(who) ? who : "THEIR"}.consent.json`);
  el("consents").hidden = !people.size;
  return facts.command + files.join("");
}

function planText() {
  const {garim_plan, input_sha256, size, time_base} = facts.plan;
  const rows = lanes.map(({track, keep, keys}) => JSON.stringify(keep ? {track, keep, keys} : {track, keys}));
  const head = JSON.stringify({garim_plan, input_sha256, size, time_base});
  return `${head.slice(0, -1)}, "lanes": [\n  ${rows.join(",\n  ")}\n]}\n`;
}

function save() {
  if (playing) pause();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([planText()], {type: "application/json"}));
  link.download = facts.save_as;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  saved = lanes;
  el("command").textContent = command();
  el("saved").showModal();
  render();
}

function copy() {
  getSelection().selectAllChildren(el("command"));
  el("copy").textContent = document.execCommand("copy") ? "Copied" : "Press Ctrl+C";
}

addEventListener("beforeunload", (event) => {
  if (lanes !== saved) event.preventDefault();
});

// ---- drawing the screen

const boxes = new Map();
const canvas = el("canvas"), picture = el("picture"), stage = el("stage");
const pictures = new Map();
let drawn = -1, laidOut = null;

function pictureOf(i) {
  let image = pictures.get(i);
  if (!image) {
    image = new Image();
    image.src = `data:image/jpeg;base64,${shown[i].coded.textContent.trim()}`;
    pictures.set(i, image);
    for (const old of pictures.keys()) if (pictures.size > 40 && Math.abs(old - i) > 12) pictures.delete(old);
  }
  return image;
}

function paint() {
  if (drawn === at) return;
  const wanted = at, image = pictureOf(wanted);
  const put = () => {
    if (at !== wanted) return;
    if (canvas.width !== image.naturalWidth) canvas.width = image.naturalWidth;
    if (canvas.height !== image.naturalHeight) canvas.height = image.naturalHeight;
    canvas.getContext("2d").drawImage(image, 0, 0);
    drawn = wanted;
  };
  if (image.complete && image.naturalWidth) put(); else image.onload = put;
  for (const near of [1, 2, 3, -1]) if (shown[wanted + near]) pictureOf(wanted + near);
}

function fit() {
  const room = stage.getBoundingClientRect();
  const wide = width * facts.shape;
  const scale = zoom * Math.min((room.width - 28) / wide, (room.height - 28) / height);
  picture.style.width = `${Math.max(1, wide * scale)}px`;
  picture.style.height = `${Math.max(1, height * scale)}px`;
  renderBoxes();
  ruleTicks();
}

function zoomBy(factor, x = 0.5, y = 0.5) {
  const next = factor ? Math.max(1, Math.min(8, zoom * factor)) : 1;
  const room = stage.getBoundingClientRect(), was = picture.getBoundingClientRect();
  const px = (room.left + room.width * x - was.left) / was.width;
  const py = (room.top + room.height * y - was.top) / was.height;
  zoom = next;
  fit();
  const is = picture.getBoundingClientRect();
  stage.scrollBy(is.left + is.width * px - room.left - room.width * x, is.top + is.height * py - room.top - room.height * y);
}

function lay(element, [x1, y1, x2, y2]) {
  element.style.left = `${100 * x1 / width}%`;
  element.style.top = `${100 * y1 / height}%`;
  element.style.width = `${100 * (x2 - x1) / width}%`;
  element.style.height = `${100 * (y2 - y1) / height}%`;
}

function newBox(lane) {
  const box = document.createElement("div");
  box.className = "box";
  box.tabIndex = 0;
  box.dataset.id = lane.id;
  box.setAttribute("role", "button");
  box.append(document.createElement("b"));
  for (const edges of ["n", "s", "w", "e", "nw", "ne", "sw", "se"]) {
    const handle = document.createElement("i");
    handle.dataset.edges = edges;
    handle.style.cursor = `${edges}-resize`;
    handle.style.left = edges.includes("w") ? "0" : edges.includes("e") ? "100%" : "50%";
    handle.style.top = edges.includes("n") ? "0" : edges.includes("s") ? "100%" : "50%";
    box.append(handle);
  }
  box.addEventListener("focus", () => selected !== lane.id && select(lane.id));
  picture.append(box);
  boxes.set(lane.id, box);
  return box;
}

function renderBoxes() {
  const now = lanes.map((lane) => [lane, draft?.id === lane.id ? draft.box : here(lane)]).filter(([, box]) => box);
  const there = new Set(now.map(([lane]) => lane.id));
  for (const [id, box] of boxes) box.hidden = !there.has(id);
  const scale = picture.clientWidth / width;
  // a small box in a large one can be reached
  const order = [...now].sort(([, a], [, b]) => (b[2] - b[0]) * (b[3] - b[1]) - (a[2] - a[0]) * (a[3] - a[1]));
  order.forEach(([lane, sides], n) => {
    const box = boxes.get(lane.id) || newBox(lane);
    lay(box, sides);
    box.style.setProperty("--c", hue(lane));
    box.style.zIndex = lane.id === selected ? now.length + 1 : n + 1;
    box.classList.toggle("kept", Boolean(lane.keep));
    box.classList.toggle("selected", lane.id === selected);
    box.classList.toggle("high", sides[1] * scale < 22);
    box.classList.toggle("small", Math.min(sides[2] - sides[0], sides[3] - sides[1]) * scale < 34);
    const [x1, y1, x2, y2] = sides.map(Math.round);
    const fate = lane.keep ? "left visible" : "destroyed";
    box.setAttribute("aria-label", `${called(lane)}, ${fate}, from ${x1}, ${y1} to ${x2}, ${y2}`);
    box.firstChild.textContent = (lane.id === selected ? called(lane) : lane.track) + (lane.keep ? " kept" : "");
  });
  ghost();
}

function ghost() {
  const lane = chosen();
  el("ghost").hidden = !lane || Boolean(here(lane));
  if (el("ghost").hidden) return;
  lay(el("ghost"), (shown[at].pts < first(lane)[0] ? first(lane) : final(lane)).slice(1));
  el("ghost").style.setProperty("--c", hue(lane));
}

const share = (pts) => Math.max(0, Math.min(1, (pts - start) / length));
const percent = (pts) => `${100 * share(pts)}%`;

function clock(pts) {
  if (paged) return `page ${Math.round(pts) + 1}`;
  const hundredths = Math.round(100 * Math.max(0, (pts - start) * secondsPerTick));
  const minutes = Math.floor(hundredths / 6000);
  const hours = Math.floor(minutes / 60);
  const rest = (hundredths % 6000 / 100).toFixed(2).padStart(5, "0");
  return hours ? `${hours}:${String(minutes % 60).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

function newRow(lane) {
  const row = document.createElement("div");
  row.className = "row";
  row.dataset.id = lane.id;
  row.style.setProperty("--c", hue(lane));
  row.classList.toggle("kept", Boolean(lane.keep));
  row.classList.toggle("selected", lane.id === selected);
  const label = document.createElement("button");
  label.className = "label";
  label.textContent = called(lane);
  label.title = `${called(lane)}: click to go to where it begins (Up and Down go through the tracks)`;
  label.tabIndex = lane.id === (selected ?? lanes[0].id) ? 0 : -1;
  const strip = document.createElement("div");
  strip.className = "strip";
  const bar = document.createElement("div");
  bar.className = "bar";
  bar.style.left = single ? 0 : percent(first(lane)[0]);
  bar.style.right = single ? 0 : `${100 - 100 * share(final(lane)[0])}%`;
  if (lane.id === selected && !single) adorn(bar, lane);
  strip.append(bar);
  row.append(label, strip);
  return row;
}

function adorn(bar, lane) {
  const span = Math.max(1, final(lane)[0] - first(lane)[0]);
  for (const [pts] of lane.keys.slice(1, -1)) {
    const key = document.createElement("div");
    key.className = "key";
    key.style.left = `${100 * (pts - first(lane)[0]) / span}%`;
    bar.append(key);
  }
  for (const side of ["begin", "end"]) {
    const grip = document.createElement("div");
    grip.className = `grip ${side}`;
    grip.title = side === "begin" ? "Drag to where it begins" : "Drag to where it ends";
    bar.append(grip);
  }
}

function renderLanes() {
  if (laidOut?.lanes === lanes && laidOut.selected === selected) return;
  const focused = document.activeElement?.closest?.(".row")?.dataset.id;
  el("lanes").replaceChildren(...lanes.map(newRow));
  laidOut = {lanes, selected};
  if (focused !== undefined) document.querySelector(`.row[data-id="${selected ?? focused}"] .label`)?.focus();
}

function ruleTicks() {
  const ticks = el("ticks"), ratio = devicePixelRatio || 1;
  const wide = ticks.clientWidth, high = ticks.clientHeight;
  if (!wide) return;
  ticks.width = wide * ratio;
  ticks.height = high * ratio;
  const pen = ticks.getContext("2d");
  pen.scale(ratio, ratio);
  // each frame that is shown, and a time wherever there is room for one
  pen.fillStyle = "#4a5365";
  for (const {pts} of shown) pen.fillRect(share(pts) * (wide - 1), high - 6, 1, 6);
  const total = length * secondsPerTick;
  const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200]
    .find((s) => total / s <= wide / 90 && (s >= 1 || !paged)) || 14400;
  pen.font = "11px system-ui, sans-serif";
  for (let second = 0; second <= total; second += step) {
    const x = second / total * (wide - 1);
    pen.fillStyle = "#8b94a5";
    pen.fillRect(x, high - 10, 1, 10);
    if (x < wide - 50) pen.fillText(clock(start + second / secondsPerTick).replace(/\.00$/, ""), x + 4, 12);
  }
}

function renderPanel() {
  const lane = chosen();
  el("welcome").hidden = Boolean(lane);
  el("details").hidden = !lane;
  const kept = lanes.filter((each) => each.keep).length;
  const on = lanes.filter(here).length;
  el("summary").textContent = `${lanes.length - kept} destroyed` + (kept ? `, ${kept} left visible` : "") +
    (single ? "" : `; ${on} on this frame`);
  el("hint").textContent = hint(lane);
  if (!lane) return;
  el("dot").style.setProperty("--c", hue(lane));
  el("which").textContent = called(lane);
  el("state").replaceChildren(...fate(lane));
  const count = `${lane.keys.length} key${lane.keys.length === 1 ? "" : "s"}`;
  el("span").textContent = single ? "" : `${clock(first(lane)[0])} to ${clock(final(lane)[0])}, ${count}` +
    (lane.mine ? ", drawn by you" : "");
  el("lonely").hidden = single || !lane.mine || !here(lane) || first(lane)[0] < opens(at) || final(lane)[0] > closes(at);
  el("dropkey").disabled = !keyHere(lane) || lane.keys.length === 1;
  el("drop").hidden = Boolean(lane.keep);
  el("drop").firstChild.textContent = lane.mine ? "Remove this box" : "Leave visible\u2026";
  el("revoke").hidden = !lane.keep;
}

function hint(lane) {
  if (!lane) return "";
  if (shown[at].pts < first(lane)[0]) return "It begins later, at the dotted outline. [ lets it begin at this frame.";
  if (shown[at].pts > final(lane)[0]) return "It ended before, at the dotted outline. ] lets it end at this frame.";
  if (!boxFocused()) return "";
  const step = single ? "" : ` Comma and full stop go a ${unit}.`;
  return `Arrows move this box, with Alt they resize it, with Shift by ten.${step}`;
}

function fate(lane) {
  if (!lane.keep) return [single ? "It will be destroyed." : "It will be destroyed wherever its box is."];
  const bold = document.createElement("b");
  bold.textContent = "Left visible: ";
  const {pseudonym, reason} = lane.keep;
  return [bold, (pseudonym === undefined ? "not a face. " : `${pseudonym}, who agreed. `) + reason, ...over(lane)];
}

// what is left visible is so where nothing else destroys it
function over(lane) {
  const box = here(lane);
  const meets = (b) => b && b[0] < box[2] && box[0] < b[2] && b[1] < box[3] && box[1] < b[3];
  const others = box ? lanes.filter((each) => !each.keep && meets(here(each))).map((each) => each.track) : [];
  if (!others.length) return [];
  const note = document.createElement("span");
  note.className = "note";
  note.textContent = `On this ${unit} part of it is destroyed all the same, by track ${others.join(", ")}.`;
  return [note];
}

const boxFocused = () => Boolean(document.activeElement?.classList.contains("box"));

function render() {
  document.body.classList.toggle("black", black);
  el("outlines").setAttribute("aria-pressed", String(!black));
  el("asitwillbe").setAttribute("aria-pressed", String(black));
  el("undo").disabled = !past.length;
  el("redo").disabled = !future.length;
  el("save").textContent = lanes === saved ? "Save plan" : "Save plan \u2022";
  el("play").textContent = playing ? "Pause" : "Play";
  const number = `${unit} ${shown[at].index + 1} of ${facts.frames}`;
  el("clock").textContent = paged ? number : `${clock(shown[at].pts)} \u00b7 ${number}`;
  el("ruler").setAttribute("aria-valuemax", shown.length);
  el("ruler").setAttribute("aria-valuenow", at + 1);
  el("ruler").setAttribute("aria-valuetext", el("clock").textContent);
  el("needle").firstChild.style.left = percent(shown[at].pts);
  paint();
  renderBoxes();
  renderLanes();
  renderPanel();
  el("needle").style.height = `${el("axis").offsetHeight + el("lanes").offsetHeight}px`;
}

function coverage() {
  const hidden = facts.frames - shown.length;
  if (single) return "";
  if (!hidden) return `All ${facts.frames} ${unit}s are shown`;
  el("coverage").classList.add("part");
  const widest = Math.max(...shown.slice(1).map(({pts}, i) => pts - shown[i].pts)) * secondsPerTick;
  el("coverage").title = "The marks under the times are the frames that are shown: even steps, and each track's begin, " +
    "middle and end. A face that shows only between them is not seen here. What you draw or extend is destroyed up " +
    "to the next frame that is shown.";
  const apart = paged ? "" : `, at most ${widest.toFixed(2)} s apart`;
  return `${shown.length} of ${facts.frames} ${unit}s are shown${apart}; ${hidden} are not`;
}

// ---- mouse

const across = (event) => {
  const room = picture.getBoundingClientRect();
  const part = (value, low, size) => Math.max(0, Math.min(1, (value - low) / size));
  return [part(event.clientX, room.left, room.width) * width, part(event.clientY, room.top, room.height) * height];
};

// follows one drag of the mouse: `moved` at each move once it is more than a click, `done` with whether it was
function dragged(event, target, moved, done) {
  event.preventDefault();
  const from = [event.clientX, event.clientY];
  let real = false;
  const on = (next) => {
    real ||= Math.hypot(next.clientX - from[0], next.clientY - from[1]) > 3;
    if (real) moved(next);
  };
  const off = (next) => {
    target.removeEventListener("pointermove", on);
    target.removeEventListener("pointerup", off);
    target.removeEventListener("pointercancel", off);
    done(real && next.type === "pointerup");
  };
  target.setPointerCapture(event.pointerId);
  target.addEventListener("pointermove", on);
  target.addEventListener("pointerup", off);
  target.addEventListener("pointercancel", off);
}

picture.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  if (playing) pause();
  const box = event.target.closest(".box");
  if (box && !event.shiftKey) dragBox(event, box); else drawBox(event);
});

function drawBox(event) {
  const [x0, y0] = across(event);
  let box = null;
  dragged(event, picture, (next) => {
    const [x, y] = across(next);
    box = [Math.min(x0, x), Math.min(y0, y), Math.max(x0, x), Math.max(y0, y)];
    lay(el("band"), box);
    el("band").hidden = false;
  }, (real) => {
    el("band").hidden = true;
    if (real && box[2] - box[0] >= 2 && box[3] - box[1] >= 2) add(box); else deselect();
  });
}

function dragBox(event, element) {
  const lane = lanes.find((each) => each.id === Number(element.dataset.id));
  const edges = event.target.dataset.edges || "";
  const was = here(lane), [x0, y0] = across(event);
  select(lane.id);
  element.focus({preventScroll: true});
  dragged(event, picture, (next) => {
    const [x, y] = across(next);
    draft = {id: lane.id, box: edges ? pulled(was, edges, x - x0, y - y0) : inside(
      [was[0] + x - x0, was[1] + y - y0, was[2] + x - x0, was[3] + y - y0])};
    renderBoxes();
  }, (real) => {
    const box = draft?.box;
    draft = null;
    if (real && box) place(lane, box); else render();
  });
}

function pulled([x1, y1, x2, y2], edges, dx, dy) {
  if (edges.includes("w")) x1 = Math.min(x1 + dx, x2 - 2);
  if (edges.includes("e")) x2 = Math.max(x2 + dx, x1 + 2);
  if (edges.includes("n")) y1 = Math.min(y1 + dy, y2 - 2);
  if (edges.includes("s")) y2 = Math.max(y2 + dy, y1 + 2);
  return [x1, y1, x2, y2];
}

const frameUnder = (event) => {
  const room = el("ruler").getBoundingClientRect();
  return nearest(start + (event.clientX - room.left) / room.width * length);
};

el("ruler").addEventListener("pointerdown", (event) => {
  if (playing) pause();
  go(frameUnder(event));
  dragged(event, el("ruler"), (next) => go(frameUnder(next)), () => {});
});

el("lanes").addEventListener("pointerdown", (event) => {
  const row = event.target.closest(".row");
  if (!row || event.button !== 0) return;
  if (playing) pause();
  const lane = lanes.find((each) => each.id === Number(row.dataset.id));
  if (event.target.classList.contains("grip")) return dragEnd(event, event.target.classList.contains("begin"));
  event.preventDefault();
  const inStrip = event.target.closest(".strip") && !single;
  const i = inStrip ? frameUnder(event) : at;
  if (inStrip && boxAt(lane, shown[i].pts)) at = i; else if (!here(lane)) at = nearest(first(lane)[0]);
  select(lane.id);
});

function dragEnd(event, atBegin) {
  // the row is drawn anew while its end is dragged, so the list listens
  dragged(event, el("lanes"), (next) => go(frameUnder(next)), (real) => real && (atBegin ? beginHere() : endHere()));
}

stage.addEventListener("wheel", (event) => {
  if (!event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  const room = stage.getBoundingClientRect();
  zoomBy(event.deltaY < 0 ? 1.2 : 1 / 1.2, (event.clientX - room.left) / room.width, (event.clientY - room.top) / room.height);
}, {passive: false});

// ---- keys and buttons: what each does, in one table, from which the help is made

const arrows = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};

const ACTIONS = [
  {room: "Through the film"},
  {on: ["ArrowLeft", ","], does: "One frame back", shows: "\u2190  or  ,", button: "back", run: () => steps(-1)},
  {on: ["ArrowRight", "."], does: "One frame on", shows: "\u2192  or  .", button: "forth", run: () => steps(1)},
  {on: ["shift+ArrowLeft"], does: "Ten frames back", shows: "Shift \u2190", run: () => steps(-10)},
  {on: ["shift+ArrowRight"], does: "Ten frames on", shows: "Shift \u2192", run: () => steps(10)},
  {on: ["Home"], does: "First frame", shows: "Home", button: "first", run: () => steps(-shown.length)},
  {on: ["End"], does: "Last frame", shows: "End", button: "last", run: () => steps(shown.length)},
  {on: [" "], does: "Play, pause", shows: "Space", button: "play", run: play},
  {on: ["v"], does: "Outlines, or as it will be", shows: "V", run: () => { black = !black; render(); }},
  {on: ["+", "="], does: "Larger", shows: "+  or  Ctrl wheel", run: () => zoomBy(1.25)},
  {on: ["-"], does: "Smaller", shows: "-", run: () => zoomBy(0.8)},
  {on: ["0"], does: "Whole picture", shows: "0", run: () => zoomBy(0)},
  {room: "A track"},
  {on: ["ArrowDown"], does: "Next track", shows: "\u2193", run: () => neighbour(1)},
  {on: ["ArrowUp"], does: "Track before", shows: "\u2191", run: () => neighbour(-1)},
  {on: ["[", "b"], does: "It begins at this frame", shows: "[  or  B", button: "begin", run: beginHere},
  {on: ["]", "e"], does: "It ends at this frame", shows: "]  or  E", button: "end", run: endHere},
  {on: ["ctrl+ArrowLeft"], does: "Key before", shows: "Ctrl \u2190", button: "lastkey", run: () => toKey(-1)},
  {on: ["ctrl+ArrowRight"], does: "Next key", shows: "Ctrl \u2192", button: "nextkey", run: () => toKey(1)},
  {on: ["k"], does: "Delete the key at this frame", shows: "K", button: "dropkey", run: dropKey},
  {on: ["Delete", "Backspace"], does: "Leave it visible, or remove it", shows: "Delete", button: "drop", run: drop},
  {on: ["r"], does: "Destroy it after all", shows: "R", button: "revoke", run: revoke},
  {on: ["Escape"], does: "Let go of it", shows: "Esc", button: "deselect", run: deselect},
  {room: "A box"},
  {does: "A new box", shows: "Drag over the picture"},
  {does: "A new box over another", shows: "Shift, drag"},
  {on: ["n"], does: "A new box in the middle", shows: "N", button: "add", run: addInMiddle},
  {does: "To the boxes on this frame", shows: "Tab"},
  {does: "Move the box you are on", shows: "Arrows, drag"},
  {does: "Resize it", shows: "Alt arrows, handles"},
  {does: "Either by ten px", shows: "with Shift"},
  {room: "The plan"},
  {on: ["ctrl+z"], does: "Undo", shows: "Ctrl Z", button: "undo", run: undo},
  {on: ["ctrl+shift+z", "ctrl+y"], does: "Redo", shows: "Ctrl Shift Z", button: "redo", run: redo},
  {on: ["ctrl+s"], does: "Save", shows: "Ctrl S", button: "save", run: save},
  {on: ["?"], does: "These keys", shows: "?", button: "askhelp", run: () => el("help").showModal()},
];
const byKey = new Map(ACTIONS.flatMap(({on = [], run}) => on.map((key) => [key, run])));

function combination(event) {
  const {key} = event;
  const typed = key.length === 1 && !/[a-z ]/i.test(key);
  // some keyboards reach [ and ] only through Alt
  if (typed) return key;
  const held = [["ctrl+", event.ctrlKey || event.metaKey], ["alt+", event.altKey], ["shift+", event.shiftKey]];
  return held.map(([name, down]) => down ? name : "").join("") + (key.length === 1 ? key.toLowerCase() : key);
}

addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]") || event.target.matches("input")) return;
  if (event.key === " " && event.target.matches("button")) return;
  const arrow = arrows[event.key];
  if (arrow && boxFocused() && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    const by = event.shiftKey ? 10 : 1;
    return nudge(arrow[0] * by, arrow[1] * by, event.altKey, event);
  }
  const run = byKey.get(combination(event));
  if (!run) return;
  event.preventDefault();
  run();
});

for (const {button, run} of ACTIONS) if (button) el(button).addEventListener("click", run);
el("outlines").addEventListener("click", () => { black = false; render(); });
el("asitwillbe").addEventListener("click", () => { black = true; render(); });
el("copy").addEventListener("click", copy);
el("helpclose").addEventListener("click", () => el("help").close());
el("savedclose").addEventListener("click", () => el("saved").close());
el("keepcancel").addEventListener("click", () => el("keep").close());
el("keep").querySelector("form").addEventListener("submit", answer);
for (const each of document.querySelectorAll('input[name="why"]')) each.addEventListener("change", whyChanged);
// a button that was clicked does not take the keys from the box
for (const button of document.querySelectorAll("#panel button, #transport button, header button")) {
  button.addEventListener("mousedown", (event) => event.preventDefault());
}
el("lanes").addEventListener("click", (event) => {
  // Enter on a label; a mouse has done this when it went down
  if (event.detail === 0 && event.target.matches(".label")) {
    const lane = lanes.find((each) => each.id === Number(event.target.closest(".row").dataset.id));
    if (!here(lane)) at = nearest(first(lane)[0]);
    select(lane.id);
  }
});
picture.addEventListener("focusin", renderPanel);
picture.addEventListener("focusout", () => setTimeout(renderPanel));

function help() {
  let section;
  for (const {room, does, shows} of ACTIONS) {
    if (room) {
      section = document.createElement("section");
      section.append(Object.assign(document.createElement("h3"), {textContent: room}));
      el("keys").append(section);
      continue;
    }
    const line = document.createElement("div"), keys = document.createElement("span");
    keys.textContent = shows;
    line.append(Object.assign(document.createElement("span"), {textContent: does}), keys);
    section.append(line);
  }
}

document.title = `UNREDACTED review: ${facts.film}`;
document.body.classList.toggle("still", single);
el("film").textContent = facts.film;
el("savedname").textContent = facts.save_as;
el("coverage").textContent = coverage();
help();
new ResizeObserver(fit).observe(stage);
fit();
render();
