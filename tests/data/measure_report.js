// Appended to a copy of a report by tests/e2e/report_browser.sh: measures the page as it is laid out, uses its controls, and leaves what
// it found as JSON in the element "measured". A browser's own numbers, so that what is drawn outside its figure, or cannot be read, is seen.
(() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const found = {};

  // ---- geometry ----
  const isWithin = (inner, outer) =>
    inner.left >= outer.left - 1 && inner.right <= outer.right + 1 && inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
  const isBeside = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
  const marks = all("svg .interval, svg .estimate, svg .bar, svg .baseline, svg text").filter((one) => one.getClientRects().length);
  found.marks = marks.length;
  found.outside = marks.filter((one) => !isWithin(one.getBoundingClientRect(), one.closest("svg").getBoundingClientRect())).length;
  const texts = all("svg").flatMap((svg) => {
    const boxes = all("text", svg).map((one) => one.getBoundingClientRect()).filter((box) => box.width);
    return boxes.flatMap((a, i) => boxes.slice(i + 1).map((b) => isBeside(a, b)));
  });
  found.overlapping = texts.filter((beside) => !beside).length;
  found.tooWide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  found.scrolled = all(".wide, .list").filter((one) => one.scrollWidth > one.clientWidth + 1).length;
  found.cutOff = all("td, th, dd, h1, h2, h3, summary, .id, .value").filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth).length;

  // ---- contrast, as WCAG 2 defines it: 4.5, or 3 where letters are large ----
  const numbersOf = (color) => (color.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const lightOf = (color) => {
    const [r, g, b] = numbersOf(color).map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const groundOf = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor, parts = numbersOf(color);
      if (parts.length < 4 || parts[3] > 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const hasOwnText = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const faint = all("body *").filter((one) => hasOwnText(one) && one.getClientRects().length && !one.closest("script, style")).map((one) => {
    const style = getComputedStyle(one), ink = one.namespaceURI.includes("svg") ? style.fill : style.color;
    const [a, b] = [lightOf(ink), lightOf(groundOf(one))], size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.6 && style.fontWeight >= 700);
    return { text: one.textContent.trim().slice(0, 30), ratio: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), least: isLarge ? 3 : 4.5 };
  });
  found.texts = faint.length;
  found.faint = faint.filter((one) => one.ratio < one.least);
  found.ground = getComputedStyle(document.body).backgroundColor;

  // ---- structure ----
  const levels = all("h1, h2, h3, h4, h5, h6").map((one) => +one.tagName[1]);
  found.headings = levels.length;
  found.skippedLevels = levels.filter((level, i) => level > (i ? levels[i - 1] : 0) + 1).length;
  found.unlabelled = all("input, select, button, summary, a").filter((one) => !(one.textContent.trim() || (one.labels && one.labels.length))).length;
  found.deadLinks = all("a[href^='#']").filter((one) => !document.getElementById(one.getAttribute("href").slice(1))).length;
  found.sameIds = all("[id]").length - new Set(all("[id]").map((one) => one.id)).size;
  found.scripts = all("script").length;
  found.foreign = all("[src], [onerror], [onload], img, iframe, link, object, embed, base, form").length;

  // ---- its controls ----
  const table = document.querySelector("#models table"), column = 2;
  const numbers = () => [...table.tBodies[0].rows].map((row) => parseFloat(row.cells[column].textContent));
  const isSorted = (sign) => numbers().every((value, i, list) => !i || isNaN(value) || sign * (value - list[i - 1]) >= 0); // n/a is last
  const button = table.tHead.rows[0].cells[column].querySelector("button");
  button?.click();
  const isUp = isSorted(1), state = button?.parentElement.getAttribute("aria-sort");
  button?.click();
  found.sorts = !!button && isUp && state === "ascending" && isSorted(-1);
  const show = document.getElementById("show"), shown = document.getElementById("shown");
  found.shown = shown.textContent;
  show.value = "worse";
  show.dispatchEvent(new Event("change"));
  found.worse = shown.textContent;
  found.visible = all(".case").filter((one) => !one.hidden).length;
  show.value = "";
  show.dispatchEvent(new Event("change"));

  const report = document.createElement("pre");
  report.id = "measured";
  report.textContent = JSON.stringify(found);
  document.body.append(report);
})();
