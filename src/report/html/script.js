"use strict";
// Sorts tables and hides backends. It computes no figures: the page holds them all.
// The fragment of the page's address stores the choices.
(() => {
  const controls = document.getElementById("controls");
  const filter = document.getElementById("filter");
  const boxes = [...controls.querySelectorAll("input[name=backend]")];
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // Shows the backends that are ticked and match the filter, in every table and chart.
  const show = () => {
    const wanted = filter.value.trim().toLowerCase();
    const hidden = new Set(boxes.filter((box) => !box.checked).map((box) => box.value));
    const isShown = (name) => !hidden.has(name) && name.toLowerCase().includes(wanted);
    for (const element of all("[data-row]")) element.toggleAttribute("hidden", !isShown(element.dataset.row));
    const shown = boxes.filter((box) => isShown(box.value)).length;
    document.getElementById("shown").textContent =
      shown === boxes.length ? "" : `${shown} of ${boxes.length} backends shown`;
  };

  const tables = all("table.sortable");
  // The original place of each line: equal lines keep this order, whatever the table was sorted by before.
  const places = new Map(tables.flatMap((table) => [...table.tBodies[0].rows].map((line, place) => [line, place])));

  // Sorts a table by a column.
  const sort = (heading, direction) => {
    const table = heading.closest("table");
    const column = [...heading.parentElement.children].indexOf(heading);
    const body = table.tBodies[0];
    const isNumber = heading.dataset.kind === "number";
    const value = (line) => {
      const cell = line.children[column];
      const text = cell?.dataset.value ?? (isNumber ? "" : (cell?.textContent ?? ""));
      return text === "" ? null : isNumber ? Number(text) : text;
    };
    // Empty cells come last in both directions.
    const order = (a, b) => {
      const [first, second] = [value(a), value(b)];
      if (first === null || second === null) return (first === null) - (second === null);
      return (isNumber ? first - second : first.localeCompare(second)) * direction;
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
    if (filter.value) state.set("filter", filter.value);
    const hidden = boxes.filter((box) => !box.checked).map((box) => box.value);
    for (const name of hidden) state.append("hide", name);
    if (sorted) state.set("sort", sorted.join(","));
    const fragment = state.toString();
    history.replaceState(null, "", fragment ? `#${fragment}` : location.pathname + location.search);
  };

  const recall = () => {
    const state = new URLSearchParams(location.hash.slice(1));
    filter.value = state.get("filter") || "";
    const hidden = new Set(state.getAll("hide"));
    for (const box of boxes) box.checked = !hidden.has(box.value);
    const [number, column, direction] = (state.get("sort") || "").split(",").map(Number);
    const heading = tables[number] && all("thead th", tables[number])[column];
    if (heading && Math.abs(direction) === 1) {
      sort(heading, direction);
      sorted = [number, column, direction];
    }
    show();
  };

  controls.addEventListener("input", () => {
    show();
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
