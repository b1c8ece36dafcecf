// Sorting of tables, the filter of the cases, and the marks of what differs. The report reads well without.
(() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];

  // ---- tables: a button in each column's head ----
  const valueOf = (row, column) => {
    const text = row.cells[column].textContent.trim();
    const number = parseFloat(text.replace(/[^0-9.+-]+/g, ""));
    return row.cells[column].classList.contains("number") ? number : text.toLowerCase();
  };
  const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b) : a - b);
  const isUnknown = (value) => typeof value === "number" && isNaN(value);
  const sortBy = (body, column, sign) => {
    const rows = [...body.rows].map((row) => ({ row, value: valueOf(row, column) }));
    rows.sort((a, b) => isUnknown(a.value) - isUnknown(b.value) || sign * compare(a.value, b.value));
    body.append(...rows.map((one) => one.row));
  };
  const addSorting = (table) => {
    if (!table.tHead || table.tBodies.length > 1 || table.tBodies[0].rows.length < 3 || !table.querySelector("td.number")) return;
    const heads = [...table.tHead.rows[0].cells];
    for (const head of heads) {
      if (head.classList.contains("drawing")) continue;
      const button = document.createElement("button");
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const isUp = head.getAttribute("aria-sort") === "descending" || !head.hasAttribute("aria-sort");
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", isUp ? "ascending" : "descending");
        sortBy(table.tBodies[0], heads.indexOf(head), isUp ? 1 : -1);
      });
    }
  };
  all("main table").forEach(addSorting);

  // ---- what is wider than the page is scrolled with the arrow keys ----
  const reach = () => all(".wide, .list").forEach((box) => {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  });
  addEventListener("resize", reach);
  reach();

  // ---- words that differ from the baseline's answer ----
  const WORDS_MAX = 1500;
  const wordsOf = (text) => text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) || [];
  // The longest common subsequence, as steps of [sign, word]: what both have, what is gone, what is new.
  const stepsOf = (before, after) => {
    const width = after.length + 1, lengths = new Uint16Array((before.length + 1) * width);
    for (let i = before.length - 1; i >= 0; i--)
      for (let j = after.length - 1; j >= 0; j--)
        lengths[i * width + j] = before[i] === after[j] ? lengths[(i + 1) * width + j + 1] + 1
          : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
    const steps = [];
    let i = 0, j = 0;
    while (i < before.length || j < after.length) {
      if (i < before.length && j < after.length && before[i] === after[j]) steps.push(["", before[i++], j++]);
      else if (j >= after.length || (i < before.length && lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]))
        steps.push(["del", before[i++]]);
      else steps.push(["ins", after[j++]]);
    }
    return steps;
  };
  const mark = (pre, before) => {
    const after = pre.plain ?? (pre.plain = pre.textContent), a = wordsOf(before), b = wordsOf(after);
    if (before === after || a.length > WORDS_MAX || b.length > WORDS_MAX) return;
    const steps = stepsOf(a, b), isWord = (word) => /[\p{L}\p{N}]/u.test(word);
    const kept = steps.filter(([kind, word]) => !kind && isWord(word)).length;
    if (kept < 0.3 * Math.max(a.filter(isWord).length, b.filter(isWord).length)) return; // another text altogether
    pre.textContent = "";
    let last = null;
    for (const [kind, word] of steps) {
      if (!last || last.kind !== kind) {
        last = { kind, node: kind ? document.createElement(kind) : document.createTextNode("") };
        pre.append(last.node);
      }
      last.node[kind ? "textContent" : "data"] += word;
    }
  };
  const marks = document.getElementById("marks");
  const markCase = (one) => {
    const texts = all(".answer", one).map((answer) => [answer.dataset.member, answer.querySelector("pre")]);
    const baseline = texts.find(([member, pre]) => member === "0" && pre);
    for (const [member, pre] of texts) {
      if (member === "0" || !pre || !baseline) continue;
      if (marks.checked) mark(pre, baseline[1].textContent);
      else if (pre.plain !== undefined) pre.textContent = pre.plain;
    }
  };
  document.addEventListener("toggle", (event) => {
    if (event.target.matches(".case, .flip") && event.target.open) markCase(event.target);
  }, true);
  const markOpen = () => all(".case[open], .flip[open]").forEach(markCase);
  marks.addEventListener("change", markOpen);
  markOpen();

  // ---- the cases ----
  const cases = all(".case"), list = document.querySelector(".rows");
  const find = document.getElementById("find"), show = document.getElementById("show");
  const order = document.getElementById("order"), shown = document.getElementById("shown");
  const textOf = (one) => one.plain ?? (one.plain = one.textContent.toLowerCase());
  const isWanted = (one, wanted) =>
    !wanted || (wanted === "critical" ? "critical" in one.dataset : !!one.querySelector(".line b." + wanted));
  const filter = () => {
    const text = find.value.trim().toLowerCase();
    let count = 0;
    for (const one of cases) count += !(one.hidden = !isWanted(one, show.value) || (text && !textOf(one).includes(text)));
    shown.textContent = count + " of " + cases.length + " cases";
  };
  const reorder = () => {
    const sign = { low: 1, high: -1 }[order.value], changeOf = (one) => +(one.dataset.change || 0);
    list.append(...(sign ? [...cases].sort((a, b) => sign * (changeOf(a) - changeOf(b))) : cases));
  };
  let waiting = 0;
  find.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 120); });
  show.addEventListener("change", filter);
  order.addEventListener("change", reorder);
  document.querySelector(".filters").hidden = false;
  filter();

  // ---- links to cases (those that are not listed are words), and print ----
  for (const link of all("a[href^='#c']"))
    if (!document.getElementById(link.hash.slice(1))) link.removeAttribute("href");
  const follow = () => {
    const one = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (!one || !one.matches(".case")) return;
    one.hidden = false;
    one.open = true;
    one.scrollIntoView();
  };
  addEventListener("hashchange", follow);
  follow();
  addEventListener("beforeprint", () => all("details.more").forEach((one) => { one.open = true; }));
})();
