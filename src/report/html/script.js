"use strict";
// Sorting, hiding and comparing with another reference. All that is shown stands in the page before; what is chosen stands
// in the fragment of its address.
(() => {
  const record = JSON.parse(document.getElementById("record").textContent);
  const controls = document.getElementById("controls");
  const chosenReference = document.getElementById("reference");
  const filter = document.getElementById("filter");
  const boxes = [...controls.querySelectorAll("input[name=row]")];
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const BAR = 1000;

  // The mean ratio of two rows and Student's interval, as the record's own analysis takes it. Pairs stand in the order
  // (1, 0), (2, 0), (2, 1) …: turned round, a ratio's logarithm changes its sign.
  const ratio = (stage, row, other) => {
    const [first, second] = row > other ? [row, other] : [other, row];
    const [logarithm, deviation, blocks] = stage.pairs[(first * (first - 1)) / 2 + second];
    const mean = row > other ? logarithm : -logarithm;
    const margin = blocks < 2 ? Infinity : (stage.t[blocks - 2] * deviation) / Math.sqrt(blocks);
    return { mean: Math.exp(mean), low: Math.exp(mean - margin), high: Math.exp(mean + margin), blocks };
  };

  const verdict = ({ low, high, blocks }) =>
    blocks < record.least_blocks ? "too few blocks" : high < 1 ? "faster" : low > 1 ? "slower" : "cannot be told apart";

  const interval = ({ mean, low, high }) => {
    if (!Number.isFinite(high)) return "";
    if (high < 2 && low > 0.5) {
      const percent = (value) => ((value - 1) * 100 < 0 ? "" : "+") + ((value - 1) * 100).toFixed(1);
      return `${percent(mean)} % (${percent(low)} to ${percent(high)})`;
    }
    return `x ${mean.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
  };

  // Writes the ratios of a scenario anew, against a row of it or, where that did not take part, its own reference.
  const compare = (element, wanted) => {
    const stage = record.stages[Number(element.dataset.stage)];
    const name = stage.rows.includes(wanted) ? wanted : stage.reference;
    const reference = stage.rows.indexOf(name);
    if (reference < 0) return;
    const isOwn = name === stage.reference;
    const ratios = stage.rows.map((_, row) => (row === reference ? null : ratio(stage, row, reference)));
    const longest = Math.max(1, ...ratios.filter(Boolean).map(({ mean }) => mean)) * 1.05;
    const place = (value) => Math.round(Math.min(1, value / longest) * BAR);
    element.querySelector("[data-reference]").textContent = name;
    const noise = element.querySelector("[data-noise]");
    if (noise) noise.hidden = !isOwn;
    for (const line of all(".ranking tbody tr", element)) {
      const row = stage.rows.indexOf(line.dataset.row);
      if (row < 0) continue;
      write(line, ratios[row], place, isOwn ? stage.noise : null);
    }
  };

  // One line of the ranking; without a ratio it is the reference's own.
  const write = (line, found, place, noise) => {
    const says = line.querySelector(".says");
    const picture = line.querySelector(".bar");
    const isNoise = Boolean(found && noise && noise[0] <= found.mean && found.mean <= noise[1]);
    says.classList.toggle("noise", isNoise);
    says.querySelector("b").textContent = found ? verdict(found) : "the reference";
    says.querySelector("span").textContent = found ? interval(found) : "";
    line.querySelector(".bars").dataset.value = found ? found.mean : 1;
    if (!picture) return;
    const floor = picture.querySelector(".floor");
    if (floor) {
      floor.setAttribute("x", noise ? place(noise[0]) : 0);
      floor.setAttribute("width", noise ? place(noise[1]) - place(noise[0]) : 0);
    }
    picture.classList.toggle("noise", isNoise);
    picture.querySelector(".length").setAttribute("width", place(found ? found.mean : 1));
    picture.querySelector("title").textContent =
      `${line.dataset.row}: ${line.children[2].textContent}, ${says.textContent.trim()}`;
    const whisker = picture.querySelector(".interval");
    const [from, to] = found && Number.isFinite(found.high) ? [place(found.low), place(found.high)] : [0, 0];
    whisker.setAttribute("x", from);
    whisker.setAttribute("width", to - from);
  };

  // Shows the rows that are ticked and match the filter, in every table and chart.
  const show = () => {
    const wanted = filter.value.trim().toLowerCase();
    const hidden = new Set(boxes.filter((box) => !box.checked).map((box) => box.value));
    const isShown = (name) => !hidden.has(name) && name.toLowerCase().includes(wanted);
    for (const element of all("[data-row]")) element.hidden = !isShown(element.dataset.row);
    const shown = boxes.filter((box) => isShown(box.value)).length;
    document.getElementById("shown").textContent =
      shown === boxes.length ? "" : `${shown} of ${boxes.length} rows shown`;
  };

  const tables = all("table.sortable");
  // Where each line stood when the page came: what is equal stays in that order, whatever it was sorted by before.
  const places = new Map(tables.flatMap((table) => [...table.tBodies[0].rows].map((line, place) => [line, place])));

  // Sorts a table by a column; a second time turns it round.
  const sort = (heading, direction) => {
    const table = heading.closest("table");
    const column = [...heading.parentElement.children].indexOf(heading);
    const body = table.tBodies[0];
    const value = (line) => {
      const cell = line.children[column];
      if (heading.dataset.kind !== "number") return cell.textContent;
      return cell.dataset.value === "" || cell.dataset.value === undefined ? Infinity : Number(cell.dataset.value);
    };
    const order = (a, b) => {
      const [first, second] = [value(a), value(b)];
      if (first === Infinity || second === Infinity) return first === second ? 0 : first === Infinity ? 1 : -1;
      return (typeof first === "number" ? first - second : first.localeCompare(second)) * direction;
    };
    body.append(...[...body.rows].sort((a, b) => order(a, b) || places.get(a) - places.get(b)));
    for (const other of all("th[aria-sort]", table)) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
  };

  let sorted = null;
  tables.forEach((table, number) =>
    all("thead th", table).forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => {
        const direction = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
        sort(heading, direction);
        sorted = [number, column, direction];
        remember();
      });
    }),
  );

  const remember = () => {
    const state = new URLSearchParams();
    if (chosenReference.value) state.set("reference", chosenReference.value);
    if (filter.value) state.set("filter", filter.value);
    const hidden = boxes.filter((box) => !box.checked).map((box) => box.value);
    for (const name of hidden) state.append("hide", name);
    if (sorted) state.set("sort", sorted.join(","));
    const fragment = state.toString();
    history.replaceState(null, "", fragment ? `#${fragment}` : location.pathname + location.search);
  };

  const apply = () => {
    show();
    for (const element of all("[data-stage]")) compare(element, chosenReference.value);
  };

  const recall = () => {
    const state = new URLSearchParams(location.hash.slice(1));
    chosenReference.value = state.get("reference") || "";
    if (chosenReference.selectedIndex < 0) chosenReference.selectedIndex = 0;
    filter.value = state.get("filter") || "";
    const hidden = new Set(state.getAll("hide"));
    for (const box of boxes) box.checked = !hidden.has(box.value);
    const [number, column, direction] = (state.get("sort") || "").split(",").map(Number);
    const heading = tables[number] && all("thead th", tables[number])[column];
    if (heading && Math.abs(direction) === 1) {
      sort(heading, direction);
      sorted = [number, column, direction];
    }
    apply();
  };

  controls.addEventListener("input", () => {
    apply();
    remember();
  });
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.addEventListener("reset", (event) => {
    event.preventDefault();
    history.replaceState(null, "", location.pathname + location.search);
    sorted = null;
    recall();
  });
  addEventListener("hashchange", () => {
    if (location.hash.includes("=")) recall();
  });
  controls.hidden = false;
  recall();
})();
