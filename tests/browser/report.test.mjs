// Opens a report in Chromium and looks at what a reader sees: REPORT names the file.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
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
const address = pathToFileURL(file).href;
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

/** Opens the report, and keeps what goes wrong and what is asked of the network. */
async function open({ width, scheme = "light", script = true, fragment = "" }) {
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
    if (!url.startsWith(address.split("#")[0]) && !url.startsWith("data:,")) wrong.push(`request: ${url}`);
  });
  await page.goto(address + fragment);
  return { page, wrong, close: () => context.close() };
}

for (const width of [1280, 390]) {
  for (const scheme of ["light", "dark"]) {
    for (const script of [true, false]) {
      test(`${width} px, ${scheme}, script ${script ? "on" : "off"}: it is whole and asks for nothing`, async () => {
        const { page, wrong, close } = await open({ width, scheme, script });
        // Evaluating works without the page's own scripts too.
        const charts = await page.$$eval("svg[role=img]", (all) =>
          all.map((svg) => svg.querySelector(":scope > title")?.textContent.trim() ?? ""),
        );
        assert.ok(charts.length > 3 && charts.every((title) => title !== ""), "a chart has no title");
        assert.ok((await page.locator("tbody tr").count()) > 3);
        assert.equal(await page.locator("#controls").isVisible(), script, "what needs a script is shown only with one");
        assert.equal(
          await page.evaluate(() => document.documentElement.scrollWidth),
          width,
          "the page is as wide as the window",
        );
        if (script) {
          // The page's policy lets no foreign script in, so axe comes by the debugger.
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

const ranking = (page) => page.locator("[data-workload] .ranking").first();
const column = (page, number) =>
  ranking(page)
    .locator(`tbody tr > :nth-child(${number})`)
    .evaluateAll((cells) => cells.map((cell) => cell.textContent.trim()));

test("a click sorts, a second one turns it round, and the fragment remembers", async () => {
  const { page, close } = await open({ width: 1280 });
  const button = ranking(page).locator("thead th:nth-child(2) button");
  await ranking(page).locator("thead th:nth-child(3) button").click();
  const times = await ranking(page)
    .locator("tbody td:nth-child(3)")
    .evaluateAll((cells) => cells.map((cell) => Number(cell.dataset.value)));
  assert.deepEqual(times, [...times].sort((a, b) => a - b));
  await button.click();
  const names = await column(page, 2);
  assert.deepEqual(names, [...names].sort((a, b) => a.localeCompare(b)));
  await button.click();
  assert.deepEqual(await column(page, 2), [...names].reverse());
  const again = await open({ width: 1280, fragment: new URL(page.url()).hash });
  assert.deepEqual(await column(again.page, 2), [...names].reverse());
  // What is equal stays in the order of the record, whatever it was sorted by before.
  await ranking(page).locator("thead th:nth-child(1) button").click();
  const fresh = await open({ width: 1280, fragment: new URL(page.url()).hash });
  assert.deepEqual(await column(fresh.page, 2), await column(page, 2));
  await close();
  await again.close();
  await fresh.close();
});

test("another reference changes ratios and verdicts, and its own comes back as the record tells it", async () => {
  // Without a script it stands there as the record's own analysis has it.
  const plain = await open({ width: 1280, script: false });
  const before = { says: await column(plain.page, 5), names: await column(plain.page, 2) };
  await plain.close();
  const { page, wrong, close } = await open({ width: 1280 });
  assert.deepEqual(await column(page, 5), before.says);
  const own = await page.locator("[data-reference]").first().textContent();
  const other = before.names.find((name) => name !== own);
  const ratio = async (name) => Number(await ranking(page).locator(`tr[data-row="${name}"] .bars`).getAttribute("data-value"));
  const there = await ratio(other);
  await page.selectOption("#reference", other);
  assert.ok(Math.abs((await ratio(own)) * there - 1) < 1e-4, "turned round, a ratio is its inverse");
  const after = await column(page, 5);
  assert.notDeepEqual(after, before.says);
  assert.equal(after[before.names.indexOf(other)], "the reference");
  assert.match(after[before.names.indexOf(own)], /faster|slower|told apart|too few/);
  assert.match(page.url(), /reference=/);
  const again = await open({ width: 1280, fragment: new URL(page.url()).hash });
  assert.deepEqual(await column(again.page, 5), after);
  // What the script computes for the record's own reference is what the record says.
  await page.selectOption("#reference", own);
  assert.deepEqual(await column(page, 5), before.says);
  assert.deepEqual(wrong, []);
  await close();
  await again.close();
});

test("what is pointed at tells its value, which follows the reference", async () => {
  const { page, close } = await open({ width: 1280 });
  const lines = () =>
    ranking(page)
      .locator("tbody tr")
      .evaluateAll((all) =>
        all
          .filter((line) => line.querySelector(".bar"))
          .map((line) => ({
            hover: line.querySelector(".bar > title").textContent.replace(/\s+/g, " ").trim(),
            shown: ["[scope=row]", "td:nth-child(3)", ".says"].map((cell) => line.querySelector(cell).textContent.trim()),
          })),
      );
  const consistent = (all) => all.every(({ hover, shown }) => hover === `${shown[0]}: ${shown[1]}, ${shown[2]}`);
  const before = await lines();
  assert.ok(before.length > 1 && consistent(before), JSON.stringify(before));
  const own = await page.locator("[data-reference]").first().textContent();
  await page.selectOption("#reference", before.map(({ shown }) => shown[0]).find((name) => name !== own));
  const after = await lines();
  assert.ok(consistent(after), JSON.stringify(after));
  assert.notDeepEqual(after, before);
  for (const charts of [".card svg g > title", "figure svg g > title"]) {
    const told = await page.locator(charts).evaluateAll((all) => all.map((title) => title.textContent));
    assert.ok(told.length > 2 && told.every((text) => /\d/.test(text)), charts);
  }
  await close();
});

test("rows can be hidden by name and by box, everywhere at once, and the fragment remembers", async () => {
  const { page, close } = await open({ width: 1280 });
  const [first] = await column(page, 2);
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
  assert.match(await page.locator("#shown").textContent(), new RegExp(`^${some.length} of ${all.length} rows shown$`));
  const again = await open({ width: 1280, fragment: new URL(page.url()).hash });
  assert.deepEqual(await shown(again.page), some);
  await page.fill("#filter", "no such row");
  assert.equal(await page.locator("[data-row]:visible").count(), 0);
  await close();
  await again.close();
});

test("the figures can be taken away as files, with a script and without, and are those of the page", async () => {
  for (const script of [true, false]) {
    const { page, close } = await open({ width: 1280, script });
    const file = async (name) => {
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByText(name, { exact: true }).click()]);
      assert.ok(download.suggestedFilename().endsWith(`-${name}`), download.suggestedFilename());
      return readFile(await download.path(), "utf8");
    };
    const { scenarios } = JSON.parse(await file("figures.json"));
    const names = await column(page, 2);
    assert.deepEqual(scenarios[0].rows.map(({ row }) => row), names);
    const passes = await ranking(page)
      .locator("tbody td:nth-child(3)")
      .evaluateAll((cells) => cells.map((cell) => Number(cell.dataset.value)));
    assert.deepEqual(scenarios[0].rows.map(({ median_s }) => median_s ?? 0), passes);
    const figures = (await file("figures.csv")).trimEnd().split("\n");
    assert.match(figures[0], /^scenario,row,rank/);
    assert.equal(figures.length, 1 + scenarios.reduce((sum, { rows }) => sum + rows.length, 0));
    const blocks = (await file("blocks.csv")).trimEnd().split("\n");
    assert.match(blocks[0], /^scenario,row,block/);
    const counted = scenarios.flatMap(({ block_median_s }) => Object.values(block_median_s).flat()).filter(Number);
    assert.equal(blocks.length, 1 + counted.length);
    await close();
  }
});

test("it prints what is to be read, and nothing to be clicked", async () => {
  const { page, close } = await open({ width: 1280 });
  const boxes = () => page.locator("#controls:visible, details:not([open]):visible").count();
  assert.ok((await boxes()) > 1);
  await page.emulateMedia({ media: "print" });
  assert.equal(await boxes(), 0);
  assert.ok(await page.locator(".ranking").first().isVisible());
  await close();
});

test("it is one file of moderate size", async () => {
  assert.ok((await readFile(file)).length < 500_000);
});
