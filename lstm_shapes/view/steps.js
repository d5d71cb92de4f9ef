"use strict";

const page = JSON.parse(document.getElementById("run").textContent);
const decimals = page.precision;
// So many cells of a row can still be told apart, and hit.
const MOST_CELLS = 128;
// So many boxes have room for their letters.
const MOST_BOXES = 11;
const DRAWING_WIDTH = 1200;
const DRAWING_HEIGHT = 158;

// What is chosen. Steps are counted in the order of reading, columns from the left.
const chosen = { ...page.start, firstUnit: 0, firstFeature: 0 };

function element(id) {
  return document.getElementById(id);
}

// The numbers

const decodedArrays = new Map();

function numbersOf(array) {
  if (!decodedArrays.has(array)) {
    const text = atob(array.base64);
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const numbers = array.bytes === 8
      ? new Float64Array(bytes.buffer)
      : new Float32Array(bytes.buffer);
    decodedArrays.set(array, numbers);
  }
  return decodedArrays.get(array);
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

function goesBack() {
  const timesteps = track().timesteps;
  return timesteps[0] > timesteps[timesteps.length - 1];
}

// Steps and columns are turned into each other in the same way.
function columnOf(step) {
  return goesBack() ? track().timesteps.length - 1 - step : step;
}

function valuesAt(key, step) {
  const numbers = numbersOf(sample().arrays[key]);
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

function written(number, places = decimals) {
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
  const at = (key) => valuesAt(key, step);
  const before = valuesBefore(memoryLetter(), step);
  if (track().kind === "LSTM") {
    return {
      old: at("f").map((gate, unit) => gate * before[unit]),
      fresh: at("i").map((gate, unit) => gate * at("g")[unit]),
    };
  }
  if (track().kind === "GRU") {
    return {
      old: at("z").map((gate, unit) => gate * before[unit]),
      fresh: at("z").map((gate, unit) => (1 - gate) * at("g")[unit]),
    };
  }
  return { old: at("sum_h"), fresh: at("sum_x") };
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
    { key: "x", letter: "x", name: track().reads === "x" ? "input" : track().reads, isInput: true },
  ];
  for (const [letter] of track().states) {
    rows.push({ key: letter, letter, name: "before", isBefore: true });
  }
  track().gates.forEach(([letter, name], number) => {
    rows.push({ key: letter, letter, name, isGate: true, isApart: number === 0 });
  });
  if (track().gates.length === 0) {
    const [ofH, ofX] = namesOfParts();
    rows.push({ key: "sum_h", letter: ofH, name: "", isGate: true, isApart: true });
    rows.push({ key: "sum_x", letter: ofX, name: "", isGate: true });
  }
  rows.push({ isBars: true });
  for (const [letter, name] of [...track().states].reverse()) {
    rows.push({ key: letter, letter, name });
  }
  return rows;
}

let rows = [];

function made(tag, className = "", text = "") {
  const node = document.createElement(tag);
  if (className) {
    node.className = className;
  }
  node.textContent = text;
  return node;
}

function drawn(tag, attributes = {}, text = "") {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    node.setAttribute(name, value);
  }
  node.textContent = text;
  return node;
}

function countOf(row) {
  const size = row.isInput ? track().features : track().units;
  return Math.min(MOST_CELLS, size - firstOf(row));
}

function firstOf(row) {
  return row.isInput ? chosen.firstFeature : chosen.firstUnit;
}

function widest(count) {
  return `repeat(${count}, minmax(0, 6rem))`;
}

function buildRows() {
  rows = rowsOfTrack();
  const parts = [];
  for (const row of rows) {
    row.node = made("div", row.isInput ? "row x" : "row");
    if (row.isApart || row.isBars) {
      row.node.classList.add("apart");
    }
    parts.push(row.node);
    const name = made("div", "name");
    row.node.append(name);
    if (row.isBars) {
      buildBars(row, name);
    } else {
      buildCells(row, name);
    }
    if (row.isInput) {
      parts.push(buildHeads());
    }
  }
  element("numbers").replaceChildren(...parts);
  for (const row of rows) {
    row.scale = scaleOf(row);
    row.places = placesThatFit(row);
  }
}

function buildCells(row, name) {
  name.append(made("span", "letter", row.letter), made("small", "", row.name));
  const cells = made("div", "cells");
  const count = countOf(row);
  cells.style.gridTemplateColumns = widest(count);
  cells.classList.toggle("dense", count > 40);
  row.cells = [];
  for (let position = 0; position < count; position += 1) {
    const cell = made("button", "cell");
    cell.type = "button";
    cell.dataset.position = position;
    row.cells.push(cell);
  }
  cells.append(...row.cells);
  cells.row = row;
  row.valueNode = made("div", "value");
  row.node.append(cells, row.valueNode);
}

function buildHeads() {
  const heads = made("div", "row heads");
  const cells = made("div", "cells");
  cells.id = "heads";
  const count = Math.min(MOST_CELLS, track().units - chosen.firstUnit);
  cells.style.gridTemplateColumns = widest(count);
  for (let position = 0; position < count; position += 1) {
    cells.append(made("span"));
  }
  const title = made("div", "name");
  title.append(made("small", "", "unit"));
  heads.append(title, cells, made("div", "value"));
  return heads;
}

function buildBars(row, name) {
  row.node.classList.add("bars");
  const [old, fresh] = namesOfParts();
  const memory = memoryLetter();
  const sum = track().gates.length ? memory : "sum";
  const lines = made("div");
  const first = made("div");
  first.append(made("span", "letter", sum), document.createTextNode(" ="));
  const second = made("div");
  second.append(made("span", "letter old", old), document.createTextNode(" +"));
  lines.append(first, second, made("span", "letter new", fresh));
  name.append(lines);
  const cells = made("div", "cells");
  const count = Math.min(MOST_CELLS, track().units - chosen.firstUnit);
  cells.style.maxWidth = `${6 * count}rem`;
  row.svg = drawn("svg", { preserveAspectRatio: "none", "aria-hidden": "true" });
  row.svg.setAttribute("viewBox", `0 -1 ${count} 2`);
  cells.append(row.svg);
  row.valueNode = made("div", "value");
  row.node.append(cells, row.valueNode);
}

// Where the colour of a row is full: a gate at 1, other numbers at the largest of all steps.
function scaleOf(row) {
  if (row.isBars) {
    return scaleOfBars();
  }
  let scale = row.isGate && track().gates.length ? 1 : 0;
  for (const number of numbersOf(sample().arrays[row.key])) {
    if (Number.isFinite(number)) {
      scale = Math.max(scale, Math.abs(number));
    }
  }
  return scale || 1;
}

function scaleOfBars() {
  let scale = 0;
  for (let step = 0; step < track().timesteps.length; step += 1) {
    const parts = partsAt(step);
    parts.old.forEach((old, unit) => {
      const sizes = [Math.abs(old), Math.abs(old + parts.fresh[unit])].filter(Number.isFinite);
      scale = Math.max(scale, ...sizes);
    });
  }
  return scale || 1;
}

// How many decimals have room in a cell, or -1 for no number.
function placesThatFit(row) {
  if (row.isBars) {
    return -1;
  }
  const cell = row.cells[0];
  const size = parseFloat(getComputedStyle(cell).fontSize);
  const room = cell.clientWidth / (0.602 * size);
  let longest = 0;
  for (const number of numbersOf(sample().arrays[row.key])) {
    longest = Math.max(longest, written(number, 0).length);
  }
  for (let places = decimals; places >= Math.min(2, decimals); places -= 1) {
    if (longest + 1 + places <= room - 0.5) {
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
  const channels = zero.map((channel, at) => Math.round(channel + (end[at] - channel) * part));
  return `rgb(${channels.join(", ")})`;
}

function valuesOf(row) {
  if (row.isBefore) {
    return valuesBefore(row.key, chosen.step);
  }
  return valuesAt(row.key, chosen.step);
}

function titleOf(row, index) {
  const timestep = track().timesteps[chosen.step];
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
    cell.textContent = isBlank || row.places < 0 ? "" : written(number, row.places);
    const said = isBlank ? "masked" : written(number);
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
    row.valueNode.textContent = written(values[chosen.unit]);
  }
}

function showHeads() {
  const heads = element("heads").children;
  const count = heads.length;
  Array.from(heads).forEach((head, position) => {
    const unit = chosen.firstUnit + position;
    const isChosen = unit === chosen.unit;
    head.classList.toggle("chosen", isChosen);
    head.textContent = isChosen || count <= 20 ? unit : "";
  });
}

function showBars(row) {
  const parts = partsAt(chosen.step);
  const count = row.svg.viewBox.baseVal.width;
  const nodes = [drawn("line", { class: "zero", x1: 0, x2: count, y1: 0, y2: 0 })];
  for (let position = 0; position < count; position += 1) {
    const unit = chosen.firstUnit + position;
    const old = parts.old[unit] / row.scale;
    const sum = old + parts.fresh[unit] / row.scale;
    if (Number.isFinite(sum)) {
      nodes.push(bar("old", position + 0.14, 0, old));
      nodes.push(bar("new", position + 0.5, old, sum));
      const ends = { x1: position + 0.14, x2: position + 0.86, y1: -sum, y2: -sum };
      nodes.push(drawn("line", { class: "sum", ...ends }));
    }
    if (unit === chosen.unit) {
      const frame = { x: position, y: -1, width: 1, height: 2 };
      nodes.push(drawn("rect", { class: "chosen", ...frame }));
    }
  }
  row.svg.replaceChildren(...nodes);
  row.valueNode.textContent = "";
}

function bar(className, x, start, end) {
  const y = Math.min(-start, -end);
  return drawn("rect", { class: className, x, y, width: 0.36, height: Math.abs(end - start) });
}

// The drawing

function columnsToDraw() {
  const count = track().timesteps.length;
  const boxes = Math.min(count, MOST_BOXES);
  const middle = columnOf(chosen.step) - Math.floor(boxes / 2);
  const first = Math.max(0, Math.min(count - boxes, middle));
  return { first, boxes, count };
}

function arrow(x1, y1, x2, y2, className) {
  const length = Math.hypot(x2 - x1, y2 - y1);
  const alongX = (x2 - x1) / length;
  const alongY = (y2 - y1) / length;
  const baseX = x2 - 11 * alongX;
  const baseY = y2 - 11 * alongY;
  const points = [
    [x2, y2],
    [baseX - 6 * alongY, baseY + 6 * alongX],
    [baseX + 6 * alongY, baseY - 6 * alongX],
  ];
  const group = drawn("g");
  group.append(
    drawn("line", { x1, y1, x2: baseX, y2: baseY, class: className }),
    drawn("polygon", { points: points.join(" "), class: `head ${className}` }),
  );
  return group;
}

function showDrawing() {
  const svg = element("drawing");
  svg.setAttribute("viewBox", `0 0 ${DRAWING_WIDTH} ${DRAWING_HEIGHT}`);
  svg.setAttribute("aria-label", drawingInWords());
  const { first, boxes, count } = columnsToDraw();
  const margin = 96;
  const pitch = (DRAWING_WIDTH - 2 * margin) / boxes;
  const name = track().kind;
  const width = Math.min(pitch - 34, Math.max(72, 13 * name.length + 26));
  const nodes = [];
  const centre = (column) => margin + (column - first + 0.5) * pitch;
  const letters = track().states.map(([letter]) => letter).join(", ");
  for (let column = first; column < first + boxes; column += 1) {
    nodes.push(boxOf(columnOf(column), centre(column), width));
  }
  // The states go from box to box, from the zeros at one end to what comes back.
  const way = goesBack() ? -1 : 1;
  for (let column = first; column <= first + boxes; column += 1) {
    const start = column === first ? margin - 62 : centre(column - 1) + width / 2;
    const end = column === first + boxes ? DRAWING_WIDTH - margin + 62 : centre(column) - width / 2;
    // The step behind this arrow, in the order of reading.
    const stepAfter = columnOf(goesBack() ? column - 1 : column);
    nodes.push(statesArrow(start, end, way, stepAfter, column, { first, boxes, count, letters }));
  }
  svg.replaceChildren(...nodes);
  showTime(boxes, count, centre);
}

function statesArrow(left, right, way, stepAfter, column, drawing) {
  const lit = stepAfter === chosen.step || stepAfter === chosen.step + 1;
  const group = drawn("g", { class: lit ? "lit" : stepAfter > chosen.step ? "ahead" : "" });
  const [start, end] = way > 0 ? [left + 3, right - 3] : [right - 3, left + 3];
  const isCut = (column === drawing.first && column > 0)
    || (column === drawing.first + drawing.boxes && column < drawing.count);
  const isOutside = stepAfter === drawing.count;
  const isStart = stepAfter === 0;
  const className = isOutside && track().returns_states ? "returned" : "";
  group.append(arrow(start, 80, end, 80, className));
  let label = drawing.letters;
  if (isCut) {
    label = "…";
  } else if (isStart) {
    label = "0";
  }
  if (right - left > 13 * label.length + 8) {
    group.append(drawn("text", { x: (left + right) / 2, y: 70, class: className }, label));
  }
  return group;
}

function boxOf(step, x, width) {
  const timestep = track().timesteps[step];
  const real = isReal(step);
  const classes = ["box"];
  if (step === chosen.step) {
    classes.push("lit");
  } else if (step > chosen.step) {
    classes.push("ahead");
  }
  if (!real) {
    classes.push("masked");
  }
  const group = drawn("g", { class: classes.join(" ") });
  group.dataset.step = step;
  const left = x - width / 2;
  const frame = { x: left, y: 48, width, height: 60, rx: 9, class: "frame" };
  group.append(drawn("rect", frame));
  if (real) {
    const fits = 12.5 * track().kind.length < width;
    const size = fits ? "" : `font-size: ${width / (0.62 * track().kind.length)}px`;
    group.append(drawn("text", { x, y: 77, class: "kind", style: size }, track().kind));
    group.append(...shareBar(step, left + 9, width - 18));
  } else {
    group.append(drawn("line", { x1: left, x2: left + width, y1: 80, y2: 80 }));
    group.append(drawn("text", { x, y: 100, class: "small" }, "masked"));
  }
  group.append(arrow(x, 132, x, 110, "x"));
  group.append(drawn("text", { x: x - 13, y: 152, class: "t", "text-anchor": "end" }, ""));
  const label = drawn("text", { x, y: 152, class: "t" }, `t=${timestep}`);
  group.append(label);
  group.append(drawn("text", { x: x + 18, y: 128, class: "x" }, track().reads === "x" ? "x" : "h"));
  const isLast = step === track().timesteps.length - 1;
  if (track().returns_every_h || isLast) {
    group.append(arrow(x, 46, x, 24, "returned"));
    const isZero = !real && track().returns_every_h && track().is_zeroed_where_masked;
    group.append(drawn("text", { x, y: 18, class: "returned" }, isZero ? "0" : "h"));
  }
  return group;
}

function shareBar(step, x, width) {
  if (!track().gates.length) {
    return [];
  }
  const share = numbersOf(sample().arrays.kept)[step];
  if (!Number.isFinite(share)) {
    return [];
  }
  const old = width * share;
  return [
    drawn("rect", { class: "old", x, y: 89, width: old, height: 11 }),
    drawn("rect", { class: "new", x: x + old, y: 89, width: width - old, height: 11 }),
  ];
}

function drawingInWords() {
  const way = goesBack() ? "from the right, the last timestep first" : "from the left";
  const count = track().timesteps.length;
  return `${track().kind} over ${count} timesteps, read ${way}; t=${track().timesteps[chosen.step]} is chosen`;
}

function showTime(boxes, count, centre) {
  const slider = element("timestep");
  const column = columnOf(chosen.step);
  slider.max = count - 1;
  slider.value = column;
  slider.disabled = count === 1;
  const timestep = track().timesteps[chosen.step];
  const order = `step ${chosen.step + 1} of ${count}`;
  slider.setAttribute("aria-valuetext", `t=${timestep}, ${order}`);
  element("left").disabled = column === 0;
  element("right").disabled = column === count - 1;
  const way = goesBack() ? ", read from the right" : "";
  element("now").replaceChildren(made("b", "", `t=${timestep}`), made("span", "", ` ${order}${way}`));
  showStrip(boxes < count);
}

// All timesteps of a long run: the share that is kept at each.
function showStrip(isLong) {
  const strip = element("strip");
  const hasStrip = isLong && track().gates.length > 0;
  strip.toggleAttribute("hidden", !hasStrip);
  if (!hasStrip) {
    return;
  }
  const shares = numbersOf(sample().arrays.kept);
  strip.setAttribute("viewBox", `0 0 ${shares.length} 1`);
  const nodes = [];
  shares.forEach((share, step) => {
    if (Number.isFinite(share)) {
      const x = columnOf(step);
      nodes.push(drawn("rect", { class: "new", x, y: 0, width: 1.02, height: 1 - share }));
      nodes.push(drawn("rect", { class: "old", x, y: 1 - share, width: 1.02, height: share }));
    }
  });
  strip.replaceChildren(...nodes);
}

// One unit written out

function line(...chunks) {
  const node = made("span");
  chunks.forEach(([className, text], position) => {
    if (position > 0) {
      node.append(" ");
    }
    node.append(className ? made("span", className, text) : text);
  });
  return node;
}

function sentence(...lines) {
  const node = made("p", "sum");
  lines.forEach((item, position) => {
    if (position > 0) {
      node.append(" ");
    }
    node.append(item);
  });
  return node;
}

function result(text) {
  const node = made("span", "result", `= ${text}`);
  return node;
}

function sentencesOfUnit() {
  const unit = chosen.unit;
  const now = (key) => written(valuesAt(key, chosen.step)[unit]);
  const before = (key) => written(valuesBefore(key, chosen.step)[unit]);
  const product = (left, right) => `${inBrackets(left)} · ${inBrackets(right)}`;
  const [oldName, newName] = namesOfParts();
  if (track().kind === "LSTM") {
    const activation = track().activation;
    return [
      sentence(
        line(["", "c ="], ["old", oldName], ["", "+"], ["new", newName]),
        line(["", "="], ["old", product(now("f"), before("c"))]),
        line(["", "+"], ["new", product(now("i"), now("g"))]),
        result(now("c")),
      ),
      sentence(
        line(["", `h = o·${activation}(c)`]),
        line(["", `= ${inBrackets(now("o"))} · ${activation}(${now("c")})`]),
        result(now("h")),
      ),
    ];
  }
  if (track().kind === "GRU") {
    return [
      sentence(
        line(["", "h ="], ["old", oldName], ["", "+"], ["new", newName]),
        line(["", "="], ["old", product(now("z"), before("h"))]),
        line(["", "+"], ["new", `(1 - ${now("z")}) · ${inBrackets(now("g"))}`]),
        result(now("h")),
      ),
      made("p", "said", `${track().equations[4]}, where r = ${now("r")}`),
    ];
  }
  const activation = track().activation;
  return [
    sentence(
      line(["", `h = ${activation}(`], ["old", oldName], ["", "+"], ["new", `${newName})`]),
      line(["", `= ${activation}(`], ["old", inBrackets(now("sum_h"))], ["", "+"], ["new", `${inBrackets(now("sum_x"))})`]),
      result(now("h")),
    ),
  ];
}

function sentencesOfMask() {
  const states = track().states.map(([letter]) => {
    const number = written(valuesAt(letter, chosen.step)[chosen.unit]);
    return `${letter} stays ${number}`;
  });
  return [
    made("p", "said", "masked: nothing changes"),
    sentence(...states.map((text) => line(["", text]))),
  ];
}

function showWritten() {
  const heading = made("h2");
  const timestep = track().timesteps[chosen.step];
  heading.append(made("span", "unit", `unit ${chosen.unit}`), " at ", made("span", "t", `t=${timestep}`));
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
  const said = made("p", "said");
  if (!Number.isFinite(share)) {
    return [];
  }
  said.append(
    "kept: ",
    made("b", "old", `${Math.round(100 * share)}%`),
    ` of ${memoryLetter()} is old, mean over ${counted(track().units, "unit")}`,
  );
  const bars = made("div", "share");
  for (const [className, part] of [["old", share], ["new", 1 - share]]) {
    const segment = made("i", className);
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
    const option = made("option", "", text);
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
  const timestep = track().timesteps[chosen.step];
  chosen.track = page.tracks.indexOf(next);
  chosen.step = track().timesteps.indexOf(timestep);
  chosen.firstFeature = 0;
  chooseUnit(Math.min(chosen.unit, track().units - 1));
  rebuild();
}

function chooseColumn(column) {
  const last = track().timesteps.length - 1;
  chosen.step = columnOf(Math.max(0, Math.min(last, column)));
  show();
}

function chooseUnit(unit) {
  const first = chosen.firstUnit;
  chosen.unit = Math.max(0, Math.min(track().units - 1, unit));
  chosen.firstUnit = MOST_CELLS * Math.floor(chosen.unit / MOST_CELLS);
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
  showRows();
  showWritten();
}

// The tip

function showTip(cell) {
  const row = cell.parentNode.row;
  const index = firstOf(row) + Number(cell.dataset.position);
  const isBlank = row.isGate && !isReal(chosen.step);
  const tip = element("tip");
  const number = isBlank ? "masked" : written(valuesOf(row)[index]);
  tip.replaceChildren(made("b", "", number), ` ${titleOf(row, index)}`);
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

function cellOf(event) {
  return event.target.closest ? event.target.closest(".cell") : null;
}

// What the reader does

const KEYS = {
  ArrowLeft: () => chooseColumn(columnOf(chosen.step) - 1),
  ArrowRight: () => chooseColumn(columnOf(chosen.step) + 1),
  Home: () => chooseColumn(0),
  End: () => chooseColumn(track().timesteps.length - 1),
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
    const row = focused && focused.parentNode.row;
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
    if (cell && !cell.parentNode.row.isInput) {
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
  chosen.firstUnit = MOST_CELLS * Math.floor(chosen.unit / MOST_CELLS);
  listen();
  rebuild();
}

begin();
