"use strict";

const page = JSON.parse(document.getElementById("run").textContent);
const decimals = page.precision;
// So many cells of a row can still be told apart, and hit.
const MOST_CELLS = 128;
const MOST_BOXES = 11;
const DRAWING_WIDTH = 1200;
const DRAWING_HEIGHT = 162;
const DRAWING_MARGIN = 96;

// What is chosen. Steps are counted in the order of reading, columns from the left. A track
// is a direction of a layer.
const chosen = { ...page.start, firstUnit: 0, firstFeature: 0 };

function element(id) {
  return document.getElementById(id);
}

// The numbers

// The arrays of each sample that have been looked at.
const decodedSamples = new Map();

// All numbers of an array, step by step.
function numbersOf(key) {
  if (!decodedSamples.has(sample())) {
    decodedSamples.set(sample(), {});
  }
  const arrays = decodedSamples.get(sample());
  if (!(key in arrays)) {
    const text = atob(sample().arrays[key]);
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const isDouble = track().item_bytes === 8;
    arrays[key] = isDouble ? new Float64Array(bytes.buffer) : new Float32Array(bytes.buffer);
  }
  return arrays[key];
}

function track() {
  return page.tracks[chosen.track];
}

function sample() {
  return track().samples[chosen.sample];
}

function isReal(step) {
  return sample().is_real[step];
}

function timestepNow() {
  return track().timesteps[chosen.step];
}

function goesBack() {
  const timesteps = track().timesteps;
  return timesteps[0] > timesteps[timesteps.length - 1];
}

function columnOf(step) {
  return goesBack() ? track().timesteps.length - 1 - step : step;
}

// To count from the other end is the way back as well.
function stepOf(column) {
  return columnOf(column);
}

function valuesAt(key, step) {
  const numbers = numbersOf(key);
  const size = numbers.length / track().timesteps.length;
  return numbers.subarray(step * size, (step + 1) * size);
}

// The states before the first step are zeros.
function valuesBefore(letter, step) {
  if (step === 0) {
    return new Float32Array(track().units);
  }
  return valuesAt(letter, step - 1);
}

function numberText(number, places = decimals) {
  if (Number.isNaN(number)) {
    return "nan";
  }
  if (!Number.isFinite(number)) {
    return number > 0 ? "inf" : "-inf";
  }
  const text = number.toFixed(places);
  return Number(text) === 0 ? text.replace("-", "") : text;
}

function inBrackets(text) {
  return text.startsWith("-") ? `(${text})` : text;
}

function memoryLetter() {
  const states = track().states;
  return states[states.length - 1][0];
}

// What the memory is made of at a step: the old part and the new one of each unit.
function partsAt(step) {
  const before = valuesBefore(memoryLetter(), step);
  if (!isReal(step)) {
    return { oldParts: before, newParts: new Float32Array(before.length) };
  }
  if (track().kind === "SimpleRNN") {
    return { oldParts: valuesAt("sum_h", step), newParts: valuesAt("sum_x", step) };
  }
  const candidate = valuesAt("g", step);
  if (track().kind === "LSTM") {
    const forgetGate = valuesAt("f", step);
    const inputGate = valuesAt("i", step);
    return {
      oldParts: before.map((number, unit) => forgetGate[unit] * number),
      newParts: candidate.map((number, unit) => inputGate[unit] * number),
    };
  }
  const updateGate = valuesAt("z", step);
  return {
    oldParts: before.map((number, unit) => updateGate[unit] * number),
    newParts: candidate.map((number, unit) => (1 - updateGate[unit]) * number),
  };
}

function namesOfParts() {
  const names = {
    LSTM: ["f·c", "i·g"],
    GRU: ["z·h", "(1 - z)·g"],
    SimpleRNN: ["h @ R", hasBias() ? "x @ W + b" : "x @ W"],
  };
  return names[track().kind];
}

function hasBias() {
  return track().equations[0].includes("+ b");
}

// The rows

function rowsOfTrack() {
  const rows = [
    { key: "x", letter: "x", name: nameOfInput(), isInput: true },
  ];
  for (const [letter] of track().states) {
    rows.push({ key: letter, letter, name: "before", isBefore: true });
  }
  track().gates.forEach(([letter, name], number) => {
    rows.push({ key: letter, letter, name, isGate: true, isApart: number === 0 });
  });
  if (track().gates.length === 0) {
    const [oldName, newName] = namesOfParts();
    rows.push({ key: "sum_h", letter: oldName, name: "", isGate: true, isApart: true });
    rows.push({ key: "sum_x", letter: newName, name: "", isGate: true });
  }
  rows.push({ isBars: true });
  for (const [letter, name] of [...track().states].reverse()) {
    rows.push({ key: letter, letter, name });
  }
  return rows;
}

function nameOfInput() {
  return track().layer_below ? `h of ${track().layer_below}` : "input";
}

let rows = [];

function makeNode(tag, className = "", text = "") {
  const node = document.createElement(tag);
  if (className) {
    node.className = className;
  }
  node.textContent = text;
  return node;
}

function makeShape(tag, attributes = {}, text = "") {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    node.setAttribute(name, value);
  }
  node.textContent = text;
  return node;
}

// How many features or units have a cell, of those from the first one on.
function countOf(row) {
  return row.isInput ? cellCount(track().features, chosen.firstFeature) : unitCount();
}

function unitCount() {
  return cellCount(track().units, chosen.firstUnit);
}

function cellCount(size, first) {
  return Math.min(MOST_CELLS, size - first);
}

function firstOf(row) {
  return row.isInput ? chosen.firstFeature : chosen.firstUnit;
}

function gridColumns(count) {
  return `repeat(${count}, minmax(0, 6rem))`;
}

function buildRows() {
  rows = rowsOfTrack();
  const parts = [];
  for (const row of rows) {
    row.node = makeNode("div", row.isInput ? "row x" : "row");
    if (row.isApart || row.isBars) {
      row.node.classList.add("apart");
    }
    if (row.isInput) {
      parts.push(buildHeads("x", "feature", countOf(row)));
    }
    parts.push(row.node);
    const name = makeNode("div", "name");
    row.node.append(name);
    if (row.isBars) {
      buildBars(row, name);
    } else {
      buildCells(row, name);
    }
    if (row.isInput) {
      parts.push(buildHeads("unit", "unit", unitCount()));
    }
  }
  element("numbers").replaceChildren(...parts);
  const rowsOfUnits = rows.filter((row) => !row.isInput && !row.isBars);
  const longest = Math.max(...rowsOfUnits.map((row) => longestNumber(row, decimals)));
  // The last column is as wide as its longest number.
  element("numbers").style.setProperty("--value-width", `${Math.max(5.2, 0.66 * longest + 0.6)}rem`);
  for (const row of rows) {
    row.scale = row.isBars ? scaleOfBars() : scaleOf(row);
  }
  // All rows of units have as many decimals.
  const places = Math.min(...rowsOfUnits.map(placesThatFit));
  for (const row of rowsOfUnits) {
    row.places = places;
  }
  const [inputRow] = rows;
  inputRow.places = placesThatFit(inputRow);
}

function buildCells(row, name) {
  name.append(makeNode("span", "letter", row.letter), makeNode("small", "", row.name));
  const cells = makeNode("div", "cells");
  const count = countOf(row);
  cells.style.gridTemplateColumns = gridColumns(count);
  cells.classList.toggle("dense", count > 40);
  row.cells = [];
  for (let position = 0; position < count; position += 1) {
    const cell = makeNode("button", "cell");
    cell.type = "button";
    cell.dataset.position = position;
    row.cells.push(cell);
  }
  cells.append(...row.cells);
  cells.row = row;
  row.valueNode = makeNode("div", "value");
  row.node.append(cells, row.valueNode);
}

function buildHeads(className, text, count) {
  const heads = makeNode("div", `row heads ${className}`);
  const cells = makeNode("div", "cells");
  cells.style.gridTemplateColumns = gridColumns(count);
  for (let position = 0; position < count; position += 1) {
    cells.append(makeNode("span"));
  }
  const title = makeNode("div", "name");
  title.append(makeNode("small", "", text));
  heads.append(title, cells, makeNode("div", "value"));
  return heads;
}

function buildBars(row, name) {
  row.node.classList.add("bars");
  const [oldName, newName] = namesOfParts();
  const sum = track().gates.length ? memoryLetter() : "sum";
  const lines = makeNode("div");
  for (const [sign, className, text] of [[`${sum} =`, "old", oldName], ["+", "new", newName]]) {
    const node = makeNode("div");
    node.append(makeNode("span", "letter", `${sign} `), makeNode("span", `letter ${className}`, text));
    lines.append(node);
  }
  name.append(lines);
  const cells = makeNode("div", "cells");
  const count = unitCount();
  cells.style.maxWidth = `${6 * count}rem`;
  row.svg = makeShape("svg", { preserveAspectRatio: "none", "aria-hidden": "true" });
  row.svg.setAttribute("viewBox", `0 -1 ${count} 2`);
  cells.append(row.svg);
  cells.row = row;
  row.node.append(cells);
}

// Where the colour of a row is full: a gate at 1, other numbers at the largest of all steps.
function scaleOf(row) {
  let scale = row.isGate && track().gates.length ? 1 : 0;
  for (const number of numbersOf(row.key)) {
    if (Number.isFinite(number)) {
      scale = Math.max(scale, Math.abs(number));
    }
  }
  return scale || 1;
}

function scaleOfBars() {
  let scale = 0;
  for (let step = 0; step < track().timesteps.length; step += 1) {
    const { oldParts, newParts } = partsAt(step);
    oldParts.forEach((oldPart, unit) => {
      for (const end of [oldPart, oldPart + newParts[unit]]) {
        if (Number.isFinite(end)) {
          scale = Math.max(scale, Math.abs(end));
        }
      }
    });
  }
  // A little room is left at both ends.
  return 1.1 * scale || 1;
}

function longestNumber(row, places) {
  let longest = 0;
  for (const number of numbersOf(row.key)) {
    longest = Math.max(longest, numberText(number, places).length);
  }
  return longest;
}

// How many decimals have room in a cell, or -1 for no number.
function placesThatFit(row) {
  const cell = row.cells[0];
  const size = parseFloat(getComputedStyle(cell).fontSize);
  // A digit of DejaVu Sans Mono is 0.602 of its size wide.
  const room = cell.clientWidth / (0.602 * size);
  for (let places = decimals; places >= Math.min(2, decimals); places -= 1) {
    if (longestNumber(row, places) <= room - 0.6) {
      return places;
    }
  }
  return -1;
}

function tint(number, scale) {
  if (!Number.isFinite(number)) {
    return "var(--bad)";
  }
  const part = Math.min(1, Math.abs(number) / scale);
  const [below, zero, above] = page.tints;
  const end = number > 0 ? above : below;
  const channels = zero.map((channel, place) => Math.round(channel + (end[place] - channel) * part));
  return `rgb(${channels.join(", ")})`;
}

function valuesOf(row) {
  if (row.isBefore) {
    return valuesBefore(row.key, chosen.step);
  }
  return valuesAt(row.key, chosen.step);
}

function titleOf(row, index) {
  const timestep = timestepNow();
  if (row.isInput) {
    const name = track().feature_names[index];
    return name ? `x: ${name}, t=${timestep}` : `x: feature ${index}, t=${timestep}`;
  }
  const name = row.isBefore ? `${row.letter} before` : `${row.letter} ${row.name}`.trim();
  return `${name}, unit ${index}, t=${timestep}`;
}

function showRows() {
  for (const row of rows) {
    if (row.isBars) {
      showBars(row);
    } else {
      showCells(row);
    }
  }
  showHeads();
}

function showCells(row) {
  const values = valuesOf(row);
  const isBlank = row.isGate && !isReal(chosen.step);
  const first = firstOf(row);
  row.cells.forEach((cell, position) => {
    const number = values[first + position];
    const isChosen = !row.isInput && first + position === chosen.unit;
    cell.classList.toggle("chosen", isChosen);
    cell.classList.toggle("blank", isBlank);
    cell.style.background = isBlank ? "" : tint(number, row.scale);
    cell.textContent = isBlank || row.places < 0 ? "" : numberText(number, row.places);
    const said = isBlank ? "masked" : numberText(number);
    cell.setAttribute("aria-label", `${titleOf(row, first + position)}: ${said}`);
    // Tab goes from row to row, and ↑ ↓ along each.
    cell.tabIndex = isChosen || (row.isInput && position === 0) ? 0 : -1;
  });
  row.valueNode.textContent = "";
  if (row.isInput) {
    if (!isReal(chosen.step)) {
      row.valueNode.textContent = "masked";
    }
  } else if (!isBlank) {
    row.valueNode.textContent = numberText(values[chosen.unit]);
  }
}

function showHeads() {
  const [featureRow, unitRow] = document.querySelectorAll(".heads");
  const featureHeads = Array.from(featureRow.querySelectorAll("span"));
  featureHeads.forEach((head, position) => {
    const feature = chosen.firstFeature + position;
    const name = track().feature_names[feature];
    head.textContent = featureHeads.length <= 20 ? name || feature : "";
  });
  const unitHeads = Array.from(unitRow.querySelectorAll("span"));
  unitHeads.forEach((head, position) => {
    const unit = chosen.firstUnit + position;
    const isChosen = unit === chosen.unit;
    head.classList.toggle("chosen", isChosen);
    head.textContent = isChosen || unitHeads.length <= 20 ? unit : "";
  });
  unitRow.querySelector(".value").textContent = `unit ${chosen.unit}`;
}

function showBars(row) {
  const { oldParts, newParts } = partsAt(chosen.step);
  const count = row.svg.viewBox.baseVal.width;
  const nodes = [makeShape("line", { class: "zero", x1: 0, x2: count, y1: 0, y2: 0 })];
  for (let position = 0; position < count; position += 1) {
    const unit = chosen.firstUnit + position;
    const oldEnd = oldParts[unit] / row.scale;
    const sum = oldEnd + newParts[unit] / row.scale;
    if (Number.isFinite(sum)) {
      nodes.push(makeBar("old", position + 0.14, 0, oldEnd));
      nodes.push(makeBar("new", position + 0.5, oldEnd, sum));
      const ends = { x1: position + 0.14, x2: position + 0.86, y1: -sum, y2: -sum };
      nodes.push(makeShape("line", { class: "total", ...ends }));
    }
    const frame = { x: position, y: -1, width: 1, height: 2 };
    const className = unit === chosen.unit ? "hit chosen" : "hit";
    nodes.push(makeShape("rect", { class: className, "data-position": position, ...frame }));
  }
  row.svg.replaceChildren(...nodes);
}

function makeBar(className, x, start, end) {
  const y = Math.min(-start, -end);
  return makeShape("rect", { class: className, x, y, width: 0.36, height: Math.abs(end - start) });
}

// The drawing

// A long run is drawn in part: so many boxes around the chosen one.
function columnsToDraw() {
  const count = track().timesteps.length;
  // The name of the kind has to fit its box, and an arrow beside it.
  const room = DRAWING_WIDTH - 2 * DRAWING_MARGIN;
  const fitting = Math.floor(room / (12 * track().kind.length + 36));
  const boxCount = Math.min(count, MOST_BOXES, fitting);
  const wished = columnOf(chosen.step) - Math.floor(boxCount / 2);
  const first = Math.max(0, Math.min(count - boxCount, wished));
  return { first, boxCount, isLong: boxCount < count };
}

function showDrawing() {
  const svg = element("drawing");
  svg.setAttribute("viewBox", `0 0 ${DRAWING_WIDTH} ${DRAWING_HEIGHT}`);
  svg.setAttribute("aria-label", drawingInWords());
  const { first, boxCount } = columnsToDraw();
  const pitch = (DRAWING_WIDTH - 2 * DRAWING_MARGIN) / boxCount;
  const wished = Math.max(72, 13 * track().kind.length + 26);
  const width = Math.min(pitch - 34, wished);
  const nodes = [];
  let left = DRAWING_MARGIN - 62;
  for (let column = first; column < first + boxCount; column += 1) {
    const centre = DRAWING_MARGIN + (column - first + 0.5) * pitch;
    nodes.push(makeBox(stepOf(column), centre, width));
    nodes.push(makeStates(left, centre - width / 2, column, column === first));
    left = centre + width / 2;
  }
  const right = DRAWING_WIDTH - DRAWING_MARGIN + 62;
  nodes.push(makeStates(left, right, first + boxCount, true));
  svg.replaceChildren(...nodes);
}

function drawingInWords() {
  const way = goesBack() ? "from the right, the last timestep first" : "from the left";
  const count = counted(track().timesteps.length, "timestep");
  return `${track().kind} over ${count}, read ${way}; t=${timestepNow()} is chosen`;
}

// The states on their way between two boxes, of which the right one is in a column.
function makeStates(left, right, column, isAtEdge) {
  const count = track().timesteps.length;
  // The arrow leads to this step, or out of the last one.
  const nextStep = stepOf(goesBack() ? column - 1 : column);
  const isOut = nextStep === count;
  let label = track().states.map(([letter]) => letter).join(", ");
  if (nextStep === 0) {
    label = "0";
  } else if (isAtEdge && !isOut) {
    label = "…";
  }
  const group = makeShape("g", { class: classOfStates(nextStep) });
  const textClass = isOut && track().returns_states ? "returned" : "";
  const ends = goesBack() ? [right - 3, left + 3] : [left + 3, right - 3];
  group.append(makeArrow(ends[0], 80, ends[1], 80, textClass));
  if (right - left > 13 * label.length + 8) {
    const place = { x: (left + right) / 2, y: 70, class: textClass };
    group.append(makeShape("text", place, label));
  }
  return group;
}

function classOfStates(nextStep) {
  const isOut = nextStep === track().timesteps.length;
  if (isOut && !track().returns_states) {
    return "ahead";
  }
  if (nextStep === chosen.step || nextStep === chosen.step + 1) {
    return "lit";
  }
  return nextStep > chosen.step ? "ahead" : "";
}

function makeBox(step, x, width) {
  const group = makeShape("g", { class: classOfBox(step), "data-step": step });
  const left = x - width / 2;
  const frame = { x: left, y: 48, width, height: 60, rx: 9, class: "frame" };
  group.append(makeShape("rect", frame));
  if (isReal(step)) {
    const kind = track().kind;
    const size = Math.min(20, width / (0.64 * kind.length));
    const place = { x, y: 77, class: "kind", style: `font-size: ${size}px` };
    group.append(makeShape("text", place, kind));
    group.append(...shareBar(step, left + 9, width - 18));
  } else {
    group.append(makeShape("line", { x1: left, x2: left + width, y1: 80, y2: 80 }));
    group.append(makeShape("text", { x, y: 100, class: "small" }, "masked"));
  }
  const input = makeShape("g", { class: "input" });
  const inputLetter = track().layer_below ? "h" : "x";
  input.append(makeArrow(x, 132, x, 110, "x"));
  input.append(makeShape("text", { x: x + 18, y: 128, class: "x" }, inputLetter));
  group.append(input);
  group.append(makeShape("text", { x, y: 157, class: "t" }, `t=${track().timesteps[step]}`));
  const isLast = step === track().timesteps.length - 1;
  if (track().returns_every_h || isLast) {
    const isZero = track().is_zeroed_where_masked && track().returns_every_h && !isReal(step);
    group.append(makeArrow(x, 46, x, 24, "returned"));
    group.append(makeShape("text", { x, y: 18, class: "returned" }, isZero ? "0" : "h"));
  }
  return group;
}

function classOfBox(step) {
  const names = ["box"];
  if (step === chosen.step) {
    names.push("lit");
  }
  if (step > chosen.step) {
    names.push("ahead");
  }
  if (!isReal(step)) {
    names.push("masked");
  }
  return names.join(" ");
}

// An arrow along one axis.
function makeArrow(x1, y1, x2, y2, className) {
  const alongX = Math.sign(x2 - x1);
  const alongY = Math.sign(y2 - y1);
  const baseX = x2 - 11 * alongX;
  const baseY = y2 - 11 * alongY;
  const points = [
    [x2, y2],
    [baseX - 6 * alongY, baseY + 6 * alongX],
    [baseX + 6 * alongY, baseY - 6 * alongX],
  ];
  const group = makeShape("g");
  group.append(
    makeShape("line", { x1, y1, x2: baseX, y2: baseY, class: className }),
    makeShape("polygon", { points: points.join(" "), class: `head ${className}` }),
  );
  return group;
}

function shareBar(step, x, width) {
  if (!track().gates.length) {
    return [];
  }
  const share = numbersOf("kept")[step];
  if (!Number.isFinite(share)) {
    return [];
  }
  const old = width * share;
  return [
    makeShape("rect", { class: "old", x, y: 89, width: old, height: 11 }),
    makeShape("rect", { class: "new", x: x + old, y: 89, width: width - old, height: 11 }),
  ];
}

function showTime() {
  const slider = element("timestep");
  const count = track().timesteps.length;
  const column = columnOf(chosen.step);
  slider.max = count - 1;
  slider.value = column;
  slider.disabled = count === 1;
  element("left").disabled = column === 0;
  element("right").disabled = column === count - 1;
  const way = goesBack() ? ", read from the right" : "";
  const order = `step ${chosen.step + 1} of ${count}${way}`;
  slider.setAttribute("aria-valuetext", `t=${timestepNow()}, ${order}`);
  const now = element("now");
  now.replaceChildren(makeNode("b", "", `t=${timestepNow()}`), makeNode("span", "", ` ${order}`));
  // It is as wide as its longest text, so that the slider stays where it is.
  const longest = `t=${count} step ${count} of ${count}${way}`;
  now.style.minWidth = `${0.62 * longest.length}rem`;
}

// All timesteps of a long run: the share that is kept at each.
function showStrip() {
  const strip = element("strip");
  const hasStrip = columnsToDraw().isLong && track().gates.length > 0;
  strip.toggleAttribute("hidden", !hasStrip);
  if (!hasStrip) {
    return;
  }
  const shares = numbersOf("kept");
  strip.setAttribute("viewBox", `0 0 ${shares.length} 1`);
  const nodes = [];
  shares.forEach((share, step) => {
    if (Number.isFinite(share)) {
      const x = columnOf(step);
      nodes.push(makeShape("rect", { class: "new", x, y: 0, width: 1.02, height: 1 - share }));
      nodes.push(makeShape("rect", { class: "old", x, y: 1 - share, width: 1.02, height: share }));
    }
  });
  strip.replaceChildren(...nodes);
}

// One unit written out

// A line of texts; a list holds the class of a text as well: ["old", "f·c"].
function line(...chunks) {
  const node = makeNode("span");
  for (const chunk of chunks) {
    node.append(Array.isArray(chunk) ? makeNode("span", ...chunk) : chunk);
  }
  return node;
}

function sentence(...lines) {
  const node = makeNode("p", "sum");
  lines.forEach((item, position) => {
    if (position > 0) {
      node.append(" ");
    }
    node.append(item);
  });
  return node;
}

function result(text) {
  return makeNode("span", "result", `= ${text}`);
}

function sentencesOfUnit() {
  const unit = chosen.unit;
  const now = (key) => numberText(valuesAt(key, chosen.step)[unit]);
  const before = (key) => numberText(valuesBefore(key, chosen.step)[unit]);
  const product = (left, right) => `${inBrackets(left)} · ${inBrackets(right)}`;
  const [oldName, newName] = namesOfParts();
  if (track().kind === "LSTM") {
    const activation = track().activation;
    return [
      sentence(
        line("c = ", ["old", oldName], " + ", ["new", newName]),
        line("= ", ["old", product(now("f"), before("c"))]),
        line("+ ", ["new", product(now("i"), now("g"))]),
        result(now("c")),
      ),
      sentence(
        line(`h = o·${activation}(c)`),
        line(`= ${inBrackets(now("o"))} · ${activation}(${now("c")})`),
        result(now("h")),
      ),
    ];
  }
  if (track().kind === "GRU") {
    return [
      sentence(
        line("h = ", ["old", oldName], " + ", ["new", newName]),
        line("= ", ["old", product(now("z"), before("h"))]),
        line("+ ", ["new", `(1 - ${now("z")}) · ${inBrackets(now("g"))}`]),
        result(now("h")),
      ),
      makeNode("p", "said", `${track().equations[4]}, where r = ${now("r")}`),
    ];
  }
  const activation = track().activation;
  return [
    sentence(
      line(`h = ${activation}(`, ["old", oldName], " + ", ["new", newName], ")"),
      line(`= ${activation}(`, ["old", now("sum_h")], " + ", ["new", inBrackets(now("sum_x"))], ")"),
      result(now("h")),
    ),
  ];
}

function sentencesOfMask() {
  const states = track().states.map(([letter]) => {
    const number = numberText(valuesAt(letter, chosen.step)[chosen.unit]);
    return `${letter} stays ${number}`;
  });
  return [
    makeNode("p", "sum", "masked: nothing changes"),
    sentence(...states.map((text) => line(text))),
  ];
}

function showWritten() {
  const heading = makeNode("h2");
  heading.append(
    makeNode("span", "unit", `unit ${chosen.unit}`),
    " at ",
    makeNode("span", "t", `t=${timestepNow()}`),
  );
  const nodes = [heading];
  if (isReal(chosen.step)) {
    nodes.push(...sentencesOfUnit());
    if (track().gates.length) {
      nodes.push(...keptShare());
    }
  } else {
    nodes.push(...sentencesOfMask());
  }
  element("written").replaceChildren(...nodes);
}

function keptShare() {
  const share = valuesAt("kept", chosen.step)[0];
  if (!Number.isFinite(share)) {
    return [];
  }
  const said = makeNode("p", "said");
  said.append(
    "kept: ",
    makeNode("b", "old", `${Math.round(100 * share)}%`),
    ` of ${memoryLetter()} is old, mean over ${counted(track().units, "unit")}`,
  );
  const bars = makeNode("div", "share");
  for (const [className, part] of [["old", share], ["new", 1 - share]]) {
    const segment = makeNode("i", className);
    segment.style.width = `${100 * part}%`;
    bars.append(segment);
  }
  return [said, bars];
}

function counted(count, word) {
  return count === 1 ? `1 ${word}` : `${count} ${word}s`;
}

// Choices

function fillSelect(id, texts, value) {
  const select = element(id);
  const options = texts.map((text, position) => {
    const option = makeNode("option", "", text);
    option.value = position;
    return option;
  });
  select.replaceChildren(...options);
  select.value = value;
  element(`${id}-choice`).hidden = texts.length < 2;
}

function rangesOf(size) {
  const texts = [];
  for (let first = 0; first < size; first += MOST_CELLS) {
    texts.push(`${first} to ${Math.min(size, first + MOST_CELLS) - 1}`);
  }
  return texts;
}

function layerNames() {
  return [...new Set(page.tracks.map((item) => item.layer))];
}

function fillChoices() {
  fillSelect("sample", page.samples.map(String), chosen.sample);
  const names = layerNames();
  fillSelect("layer", names, names.indexOf(track().layer));
  const directions = page.tracks.filter((item) => item.layer === track().layer);
  fillSelect("direction", directions.map((item) => item.direction), directions.indexOf(track()));
  fillSelect("features", rangesOf(track().features), chosen.firstFeature / MOST_CELLS);
  fillSelect("units", rangesOf(track().units), chosen.firstUnit / MOST_CELLS);
}

function chooseTrack(next) {
  // The timestep stays, which may be another step in the order of reading.
  const timestep = timestepNow();
  chosen.track = page.tracks.indexOf(next);
  chosen.step = track().timesteps.indexOf(timestep);
  chosen.firstFeature = 0;
  setUnit(chosen.unit);
  rebuild();
}

function chooseColumn(column) {
  const last = track().timesteps.length - 1;
  chosen.step = stepOf(Math.max(0, Math.min(last, column)));
  show();
}

function setUnit(unit) {
  chosen.unit = Math.max(0, Math.min(track().units - 1, unit));
  chosen.firstUnit = MOST_CELLS * Math.floor(chosen.unit / MOST_CELLS);
}

function chooseUnit(unit) {
  const first = chosen.firstUnit;
  setUnit(unit);
  if (chosen.firstUnit === first) {
    show();
  } else {
    rebuild();
  }
}

function rebuild() {
  fillChoices();
  buildRows();
  const [oldName, newName] = namesOfParts();
  element("old-name").textContent = oldName;
  element("new-name").textContent = newName;
  show();
}

function show() {
  showDrawing();
  showTime();
  showStrip();
  showRows();
  showWritten();
}

// The tip

function showTip(cell) {
  const row = rowOf(cell);
  const index = firstOf(row) + Number(cell.dataset.position);
  const tip = element("tip");
  const [text, title] = row.isBars ? textsOfBar(index) : textsOfCell(row, index);
  tip.replaceChildren(makeNode("b", "", text), ` ${title}`);
  tip.hidden = false;
  const place = cell.getBoundingClientRect();
  const left = Math.min(place.left, window.innerWidth - tip.offsetWidth - 8);
  const below = place.bottom + 6;
  const isLow = below + tip.offsetHeight > window.innerHeight;
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${isLow ? place.top - tip.offsetHeight - 6 : below}px`;
}

function hideTip() {
  element("tip").hidden = true;
}

function textsOfCell(row, index) {
  if (row.isGate && !isReal(chosen.step)) {
    return ["masked", titleOf(row, index)];
  }
  return [numberText(valuesOf(row)[index]), titleOf(row, index)];
}

function textsOfBar(unit) {
  const title = `unit ${unit}, t=${timestepNow()}`;
  if (!isReal(chosen.step)) {
    return ["masked", title];
  }
  const { oldParts, newParts } = partsAt(chosen.step);
  const newPart = inBrackets(numberText(newParts[unit]));
  return [`${numberText(oldParts[unit])} + ${newPart}`, `${namesOfParts().join(" + ")}, ${title}`];
}

function cellOf(event) {
  return event.target.closest(".cell, .hit");
}

function rowOf(cell) {
  return cell.closest(".cells").row;
}

// What the reader does

const KEYS = {
  ArrowLeft: () => chooseColumn(columnOf(chosen.step) - 1),
  ArrowRight: () => chooseColumn(columnOf(chosen.step) + 1),
  Home: () => chooseColumn(0),
  End: () => chooseColumn(track().timesteps.length - 1),
  PageUp: () => chooseColumn(columnOf(chosen.step) - 10),
  PageDown: () => chooseColumn(columnOf(chosen.step) + 10),
  ArrowUp: () => chooseUnit(chosen.unit - 1),
  ArrowDown: () => chooseUnit(chosen.unit + 1),
};

function listen() {
  document.addEventListener("keydown", (event) => {
    const isPlain = !(event.ctrlKey || event.altKey || event.metaKey);
    if (!isPlain || !(event.key in KEYS) || event.target.tagName === "SELECT") {
      return;
    }
    event.preventDefault();
    const focused = document.activeElement.closest(".cell");
    const row = focused && rowOf(focused);
    KEYS[event.key]();
    if (row && !row.isInput) {
      focusOn(row.key, row.isBefore);
    } else if (focused) {
      showTip(focused);
    }
  });
  element("timestep").addEventListener("input", (event) => chooseColumn(Number(event.target.value)));
  element("left").addEventListener("click", KEYS.ArrowLeft);
  element("right").addEventListener("click", KEYS.ArrowRight);
  element("drawing").addEventListener("click", (event) => {
    const box = event.target.closest(".box");
    if (box) {
      chooseColumn(columnOf(Number(box.dataset.step)));
    }
  });
  const numbers = element("numbers");
  numbers.addEventListener("click", (event) => {
    const cell = cellOf(event);
    if (cell && !rowOf(cell).isInput) {
      chooseUnit(chosen.firstUnit + Number(cell.dataset.position));
    }
  });
  for (const name of ["pointerover", "focusin"]) {
    numbers.addEventListener(name, (event) => {
      const cell = cellOf(event);
      if (cell) {
        showTip(cell);
      } else {
        hideTip();
      }
    });
  }
  numbers.addEventListener("pointerleave", hideTip);
  numbers.addEventListener("focusout", hideTip);
  element("sample").addEventListener("change", (event) => {
    chosen.sample = Number(event.target.value);
    rebuild();
  });
  element("layer").addEventListener("change", (event) => {
    const name = layerNames()[Number(event.target.value)];
    chooseTrack(page.tracks.find((item) => item.layer === name));
  });
  element("direction").addEventListener("change", (event) => {
    const directions = page.tracks.filter((item) => item.layer === track().layer);
    chooseTrack(directions[Number(event.target.value)]);
  });
  element("features").addEventListener("change", (event) => {
    chosen.firstFeature = MOST_CELLS * Number(event.target.value);
    rebuild();
  });
  element("units").addEventListener("change", (event) => {
    chooseUnit(MOST_CELLS * Number(event.target.value));
  });
  element("choices").addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("resize", rebuild);
  giveBackKeys();
}

// A select that was chosen from with the mouse gives the arrow keys back to the page.
function giveBackKeys() {
  let isPointed = false;
  for (const select of document.querySelectorAll("select")) {
    select.addEventListener("pointerdown", () => { isPointed = true; });
    select.addEventListener("keydown", () => { isPointed = false; });
    select.addEventListener("change", () => {
      if (isPointed) {
        select.blur();
      }
    });
  }
}

// The cell of the chosen unit keeps the focus when the unit or the step changes.
function focusOn(key, isBefore) {
  const row = rows.find((item) => item.key === key && item.isBefore === isBefore);
  row.cells[chosen.unit - chosen.firstUnit].focus();
  showTip(row.cells[chosen.unit - chosen.firstUnit]);
}

function begin() {
  const [below, , above] = page.tints;
  const root = document.documentElement;
  root.style.setProperty("--tint-below", `rgb(${below.join(", ")})`);
  root.style.setProperty("--tint-above", `rgb(${above.join(", ")})`);
  if (page.samples.length < page.batch_size) {
    const numbers = page.samples.length === 1 ? `sample ${page.samples[0]}` : `${page.samples.length} samples`;
    element("note").textContent = `${numbers} of ${page.batch_size} on this page`;
  }
  setUnit(chosen.unit);
  listen();
  rebuild();
}

begin();
