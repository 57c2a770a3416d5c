// Opens a report and the list of records in Chromium and checks what a reader sees. REPORT and INDEX name the files.
import assert from "node:assert/strict";
import { access, mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const file = resolve(process.env.REPORT ?? "report.html");
const list = resolve(process.env.INDEX ?? "index.html");
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let profile;
let browser;
before(async () => {
  profile = await mkdtemp(join(tmpdir(), "fetchbench-browser-"));
  // A context with a profile of its own has one window; the others are opened beside it.
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [...FLAGS, `--disk-cache-dir=${profile}`],
  });
});
after(async () => {
  await browser.close();
  await rm(profile, { recursive: true, force: true });
});

/** Opens the report, and collects errors and requests to the network. */
async function open({ width, scheme = "light", script = true, fragment = "", file: shown = file }) {
  const address = pathToFileURL(shown).href;
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: scheme,
    javaScriptEnabled: script,
    acceptDownloads: true,
  });
  const page = await context.newPage();
  const wrong = [];
  page.on("console", (message) => wrong.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => wrong.push(`dialog: ${dialog.message()}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(address) && !url.startsWith("data:,")) wrong.push(`request: ${url}`);
  });
  await page.goto(address + fragment);
  return { page, wrong, close: () => context.close() };
}

for (const width of [1280, 390]) {
  for (const scheme of ["light", "dark"]) {
    for (const script of [true, false]) {
      test(`${width} px, ${scheme}, script ${script ? "on" : "off"}: it is whole and fetches nothing`, async () => {
        const { page, wrong, close } = await open({ width, scheme, script });
        // Evaluating works without the page's own scripts too.
        const charts = await page.$$eval("svg[role=img]", (all) =>
          all.map((svg) => svg.querySelector(":scope > title")?.textContent.trim() ?? ""),
        );
        assert.ok(charts.length > 3 && charts.every((title) => title !== ""), "a chart has no title");
        assert.ok((await page.locator("tbody tr").count()) > 3);
        assert.equal(await page.locator("#controls").isVisible(), script, "the controls are shown only with a script");
        assert.equal(
          await page.evaluate(() => document.documentElement.scrollWidth),
          width,
          "the page is as wide as the window",
        );
        if (script) {
          // The page's policy refuses foreign scripts, so the debugger injects axe.
          for (const details of await page.$$("details")) await details.evaluate((element) => (element.open = true));
          const client = await page.context().newCDPSession(page);
          await client.send("Runtime.evaluate", { expression: axe });
          const { violations } = await page.evaluate(() => globalThis.axe.run());
          const found = violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)}`);
          assert.deepEqual(found, []);
        }
        assert.deepEqual(wrong, []);
        await close();
      });
    }
  }
}

/** The headings of the columns that compare a quantity with the reference, in their order. */
const QUANTITIES = ["verdict", "added time", "CPU"];
/** The words of times and of costs, each with the verdict that it stands for. */
const WORDS = new Map([
  ["faster", "faster"],
  ["less", "faster"],
  ["slower", "slower"],
  ["more", "slower"],
  ["equivalent", "equivalent"],
  ["inconclusive", "inconclusive"],
  ["reference", "reference"],
]);

const times = (page) => page.locator("[data-workload] .times").first();
const column = (page, number) =>
  times(page)
    .locator(`tbody tr > :nth-child(${number})`)
    .evaluateAll((cells) => cells.map((cell) => cell.textContent.trim()));
const headings = (table) => table.locator("thead th").evaluateAll((all) => all.map((one) => one.textContent.trim()));
/** The numbers that a column is sorted by; null for an empty cell. */
const values = (table, number) =>
  table
    .locator(`tbody tr > :nth-child(${number})`)
    .evaluateAll((cells) => cells.map(({ dataset }) => (dataset.value ? Number(dataset.value) : null)));
const figures = async (page) => {
  const link = await page.getByText("figures.json", { exact: true }).getAttribute("href");
  return JSON.parse(decodeURIComponent(link.slice(link.indexOf(",") + 1)));
};

/** The words of a table's columns of ratios, with the texts beside them, backend by backend. */
const judged = (table) =>
  table.locator("tbody td.against").evaluateAll((cells) =>
    cells.map((cell) => ({
      backend: cell.closest("tr").dataset.row,
      label: cell.dataset.label,
      word: cell.querySelector("b")?.textContent ?? "",
      classes: [...(cell.querySelector("b")?.classList ?? [])],
      color: cell.querySelector("b") && getComputedStyle(cell.querySelector("b")).color,
      figure: cell.querySelector("span")?.textContent ?? "",
    })),
  );

/** The ends of a printed interval, as ratios, with the size of their last digit; null if there is none. */
function interval(figure) {
  const found = /\(([-+]?[\d.]+) to ([-+]?[\d.]+)\)/.exec(figure);
  if (!found) return null;
  const [low, high] = found.slice(1).map(Number);
  return figure.includes("%") ? { low: 1 + low / 100, high: 1 + high / 100 } : { low, high };
}

test("a click sorts by any column, a second one turns it round, and the fragment remembers", async () => {
  const { page, close } = await open({ width: 1280 });
  const button = (number) => times(page).locator(`thead th:nth-child(${number}) button`);
  const columns = await headings(times(page));
  for (const [index, heading] of columns.entries()) {
    if (heading === "backend" || heading === "verdict") continue;
    await button(index + 1).click();
    const all = await values(times(page), index + 1);
    const known = all.filter((value) => value !== null);
    assert.ok(known.length > 1, heading);
    assert.deepEqual(all.slice(0, known.length), [...known].sort((a, b) => a - b), `${heading}: empty cells come last`);
    await button(index + 1).click();
    const turned = (await values(times(page), index + 1)).slice(0, known.length);
    assert.deepEqual(turned, [...known].sort((a, b) => b - a), `${heading}: empty cells come last here, too`);
  }
  await button(4).click();
  const words = (await judged(times(page))).filter(({ label }) => label === "time").map(({ word }) => word);
  assert.deepEqual(words.filter(Boolean), words.filter(Boolean).sort((a, b) => a.localeCompare(b)));
  await button(1).click();
  const names = await column(page, 1);
  assert.deepEqual(names, [...names].sort((a, b) => a.localeCompare(b)));
  await button(1).click();
  assert.deepEqual(await column(page, 1), [...names].reverse());
  const again = await open({ width: 1280, fragment: new URL(page.url()).hash });
  assert.deepEqual(await column(again.page, 1), [...names].reverse());
  // Equal rows keep the order of the record, whatever the table was sorted by before.
  await button(4).click();
  const fresh = await open({ width: 1280, fragment: new URL(page.url()).hash });
  assert.deepEqual(await column(fresh.page, 1), await column(page, 1));
  await close();
  await again.close();
  await fresh.close();
});

test("each word agrees with the interval beside it", async () => {
  const { page, close } = await open({ width: 1280, script: false });
  const { scenarios } = await figures(page);
  let checked = 0;
  for (const [index, { scenario, equivalence }] of scenarios.entries()) {
    for (const { backend, label, word, figure } of await judged(page.locator(".times").nth(index))) {
      const where = `${scenario}, ${backend}, ${label}: ${word} ${figure}`;
      const ends = interval(figure);
      if (word === "reference") continue;
      assert.equal(word !== "", ends !== null, `${where}: a word stands beside an interval`);
      if (!ends) continue;
      checked += 1;
      const { low, high } = ends;
      // Half of the last printed digit.
      const slack = 0.0005;
      const verdict = WORDS.get(word);
      if (verdict === "faster") assert.ok(high < 1, where);
      if (verdict === "slower") assert.ok(low > 1, where);
      if (verdict === "inconclusive") assert.ok(low <= 1 + slack && high >= 1 - slack, where);
      const isWithin = Math.max(high - 1, 1 - low) <= equivalence + slack;
      assert.equal(verdict === "equivalent", isWithin, where);
    }
  }
  assert.ok(checked > 0, `${checked} intervals`);
  await close();
});

test("each word has its class and a colour that sets verdicts apart", async () => {
  for (const scheme of ["light", "dark"]) {
    const { page, close } = await open({ width: 1280, scheme });
    const colors = new Map();
    for (const { word, classes, color } of await judged(page.locator("body"))) {
      if (word === "") continue;
      assert.ok(WORDS.has(word), word);
      assert.deepEqual(classes, [word]);
      const verdict = WORDS.get(word);
      assert.equal(colors.get(verdict) ?? color, color, `${word} in ${scheme}`);
      colors.set(verdict, color);
    }
    assert.ok(colors.size > 1, "the record has several words");
    assert.equal(new Set(colors.values()).size, colors.size, JSON.stringify([...colors]));
    await close();
  }
});

test("added time has a column only where delays are programmed", async () => {
  const { page, close } = await open({ width: 1280 });
  const { scenarios } = await figures(page);
  const kinds = new Set();
  for (const [index, { scenario, backends }] of scenarios.entries()) {
    const has = (key) => backends.some((backend) => backend[key] !== null);
    const shown = (await headings(page.locator(".times").nth(index))).slice(3);
    const expected = [true, has("added_ratio"), has("cpu_ratio")];
    assert.deepEqual(shown, QUANTITIES.filter((_, quantity) => expected[quantity]), scenario);
    assert.equal(has("added_ratio"), has("efficiency"), `${scenario}: an ideal exists with delays`);
    kinds.add(has("efficiency"));
  }
  if (process.env.NEED_BOTH_KINDS) assert.equal(kinds.size, 2, "the record has scenarios with and without delays");
  await close();
});

test("tooltips have the values that are shown", async () => {
  const { page, close } = await open({ width: 1280 });
  const lines = await page.locator(".times tbody tr").evaluateAll((all) =>
    all
      .filter((line) => line.querySelector(".bar"))
      .map((line) => ({
        hover: line.querySelector(".bar > title").textContent.replace(/\s+/g, " ").trim(),
        shown: ["[scope=row]", "td:nth-child(2)", "[data-label=time]"].map((cell) =>
          line.querySelector(cell).textContent.trim(),
        ),
      })),
  );
  assert.ok(lines.length > 1);
  for (const { hover, shown } of lines) {
    assert.equal(hover.replace(/, bar cut at .*$/, ""), `${shown[0]}: ${shown[1]}, ${shown[2]}`);
  }
  for (const charts of [".card svg g > title", "figure svg g > title"]) {
    const titles = await page.locator(charts).evaluateAll((all) => all.map((title) => title.textContent));
    assert.ok(titles.length > 2 && titles.every((text) => /\d/.test(text)), charts);
  }
  await close();
});

test("backends can be hidden by name and by box, everywhere at once, and the fragment remembers", async () => {
  const { page, close } = await open({ width: 1280 });
  const [first] = await column(page, 1);
  const visible = (where = page) => where.locator(`[data-row="${first}"]:visible`).count();
  assert.ok((await visible()) > 2);
  await page.locator("#controls summary").click();
  await page.locator(`#controls input[value="${first}"]`).uncheck();
  assert.equal(await visible(), 0);
  const hidden = await open({ width: 1280, fragment: new URL(page.url()).hash });
  assert.equal(await visible(hidden.page), 0);
  await hidden.close();
  await page.locator("#controls button[type=reset]").click();
  assert.ok((await visible()) > 2);

  const shown = async (where) =>
    where.locator("[data-row]:visible").evaluateAll((all) => [...new Set(all.map((element) => element.dataset.row))]);
  const all = await shown(page);
  const part = first.split("@")[1].toUpperCase();
  await page.fill("#filter", part);
  const some = await shown(page);
  assert.deepEqual(some, all.filter((name) => name.toUpperCase().includes(part)));
  assert.ok(some.length < all.length);
  assert.match(await page.locator("#shown").textContent(), new RegExp(`^${some.length} of ${all.length} backends shown$`));
  const again = await open({ width: 1280, fragment: new URL(page.url()).hash });
  assert.deepEqual(await shown(again.page), some);
  await page.fill("#filter", "no such backend");
  assert.equal(await page.locator("[data-row]:visible").count(), 0);
  await close();
  await again.close();
});

test("the figures can be downloaded, with a script and without, and are those of the page", async () => {
  for (const script of [true, false]) {
    const { page, close } = await open({ width: 1280, script });
    const file = async (name) => {
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByText(name, { exact: true }).click()]);
      assert.ok(download.suggestedFilename().endsWith(`-${name}`), download.suggestedFilename());
      return readFile(await download.path(), "utf8");
    };
    const { scenarios } = JSON.parse(await file("figures.json"));
    assert.deepEqual(scenarios[0].backends.map(({ backend }) => backend), await column(page, 1));
    assert.deepEqual(scenarios[0].backends.map(({ median_s }) => median_s), await values(times(page), 2));
    const lines = (await file("figures.csv")).trimEnd().split("\n");
    assert.match(lines[0], /^scenario,backend,validity,verdict,ratio,/);
    assert.equal(lines.length, 1 + scenarios.reduce((sum, { backends }) => sum + backends.length, 0));
    const blocks = (await file("blocks.csv")).trimEnd().split("\n");
    assert.match(blocks[0], /^scenario,backend,block/);
    const counted = scenarios.flatMap(({ block_median_s }) => Object.values(block_median_s).flat()).filter(Number);
    assert.equal(blocks.length, 1 + counted.length);
    await close();
  }
});

test("it prints the tables, and no controls", async () => {
  const { page, close } = await open({ width: 1280 });
  const boxes = () => page.locator("#controls:visible, details:not([open]):visible").count();
  assert.ok((await boxes()) > 1);
  await page.emulateMedia({ media: "print" });
  assert.equal(await boxes(), 0);
  assert.ok(await times(page).isVisible());
  await close();
});

test("each latency chart has a line and a legend for every backend", async () => {
  for (const width of [1280, 390]) {
    const { page, close } = await open({ width });
    const charts = await page.locator(".latency").evaluateAll((all) =>
      all.map((chart) => ({
        lines: [...chart.querySelectorAll("g.line")].filter((line) => line.getClientRects().length > 0).map((line) => ({
          backend: line.dataset.row,
          style: [getComputedStyle(line).color, getComputedStyle(line.querySelector("polyline")).strokeDasharray].join(),
        })),
        legend: [...chart.querySelectorAll(".legend li")].map((key) => ({
          backend: key.dataset.row,
          style: [getComputedStyle(key.querySelector("svg")).color, getComputedStyle(key.querySelector("path")).strokeDasharray].join(),
        })),
      })),
    );
    assert.ok(charts.length > 0);
    for (const { lines, legend } of charts) {
      assert.ok(lines.length > 1);
      assert.deepEqual(lines, legend);
      assert.equal(new Set(legend.map(({ style }) => style)).size, legend.length, "no two lines look alike");
    }
    const { backend } = charts[0].legend[0];
    await page.fill("#filter", backend);
    const shown = await page.locator(".latency").first().locator("g.line:visible, .legend li:visible").evaluateAll(
      (all) => all.map(({ dataset }) => dataset.row),
    );
    assert.deepEqual(shown, [backend, backend]);
    await close();
  }
});

test("its title and heading name the scenarios, the machine and the date", async () => {
  const { page, close } = await open({ width: 1280 });
  const heading = await page.locator("h1").textContent();
  const { scenarios } = await figures(page);
  assert.ok(heading.startsWith(scenarios[0].scenario), heading);
  assert.match(heading, / on .+, \d{4}-\d\d-\d\d$/);
  assert.equal(await page.title(), `${heading} – fetchbench`);
  await close();
});

test("a headline gives a verdict, or says that there is none", async () => {
  const { page, close } = await open({ width: 1280 });
  for (const headline of await page.locator(".ahead").allTextContents()) assert.doesNotMatch(headline, /too few/);
  for (const open of await page.locator(".ahead.open").allTextContents()) assert.match(open, /^No verdict( \(.+\))?$/);
  await close();
});

for (const width of [1280, 390]) {
  for (const scheme of ["light", "dark"]) {
    test(`${width} px, ${scheme}: the list of records fits, and its links lead to files`, async () => {
      const { page, wrong, close } = await open({ width, scheme, file: list });
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
      const headings = await page.locator("thead th").evaluateAll((all) => all.map((one) => one.textContent));
      assert.deepEqual(headings, ["date (UTC)", "machine", "command", "result"]);
      for (const details of await page.$$("details")) await details.evaluate((element) => (element.open = true));
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, "unfolded commands fit");
      const links = await page.locator("a").evaluateAll((all) => all.map(({ href }) => href));
      assert.ok(links.length > 0);
      for (const link of links) await access(fileURLToPath(link));
      const client = await page.context().newCDPSession(page);
      await client.send("Runtime.evaluate", { expression: axe });
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)}`), []);
      assert.deepEqual(wrong, []);
      await close();
    });
  }
}

test("it is one file of moderate size", async () => {
  assert.ok((await readFile(file)).length < 500_000);
});
