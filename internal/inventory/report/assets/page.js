"use strict";
// The table is complete without this script, which only filters and sorts it.
(() => {
  const table = document.getElementById("list");
  if (!table) return;
  const body = table.tBodies[0];
  const by = (id) => document.getElementById(id);
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...body.rows].map((row, index) => ({
    row,
    index,
    rank: Number(row.dataset.rank),
    text: row.textContent.toLowerCase(),
    codes: new Set([...row.cells[6].querySelectorAll(".badge")].map((badge) => badge.textContent)),
    keys: [
      Number(row.cells[0].textContent) || 0,
      row.cells[1].textContent,
      row.cells[2].textContent,
      row.cells[3].textContent,
      row.cells[4].textContent,
      row.cells[5].textContent,
      row.cells[6].querySelectorAll(".badge").length,
    ],
  }));
  const compare = new Intl.Collator("en", { numeric: true }).compare;

  const filter = () => {
    const words = by("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const rank = Number(by("severity").value);
    const code = by("finding").value;
    let shown = 0;
    for (const one of rows) {
      const fits = one.rank <= rank && (!code || one.codes.has(code)) && words.every((word) => one.text.includes(word));
      one.row.hidden = !fits;
      if (fits) shown++;
    }
    by("count").textContent = shown + " of " + rows.length;
    by("none").hidden = shown > 0;
  };

  const sort = (column, descending) => {
    const numbers = column === 0 || column === 6;
    const sign = descending ? -1 : 1;
    rows.sort((a, b) => {
      const x = a.keys[column], y = b.keys[column];
      return sign * (numbers ? x - y : compare(x, y)) || a.index - b.index;
    });
    const all = document.createDocumentFragment();
    for (const one of rows) all.append(one.row);
    body.append(all);
    heads.forEach((head, i) => {
      if (i === column) head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    by("order").value = column;
  };

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => {
      const now = head.getAttribute("aria-sort");
      sort(column, now ? now === "ascending" : column === 0 || column === 6);
    });
    head.replaceChildren(button);
  });
  heads[0].setAttribute("aria-sort", "descending");
  by("order").addEventListener("change", (event) => {
    const column = Number(event.target.value);
    sort(column, column === 0 || column === 6);
  });
  by("tools").addEventListener("submit", (event) => event.preventDefault());
  for (const id of ["search", "severity", "finding"]) by(id).addEventListener("input", filter);
  by("tools").hidden = false;
  filter();
})();
