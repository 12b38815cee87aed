"use strict";
// The table is complete without this script, which only filters and sorts it, and shows a large one in parts. It touches
// no more rows than it must, because a page can have many thousands.
(() => {
  const table = document.getElementById("list");
  if (!table) return;
  const body = table.tBodies[0];
  const by = (id) => document.getElementById(id);
  const heads = [...table.tHead.rows[0].cells];
  const total = body.rows.length;
  const step = Number(table.dataset.shown);
  const compare = new Intl.Collator("en", { numeric: true }).compare;
  let order;
  let fitting;
  let limit = step;

  // start reads the table once, when somebody first does something with it.
  const start = () => {
    if (order) return;
    order = [...body.rows].map((row, index) => {
      const cells = row.children;
      const badges = cells[6].querySelectorAll(".badge");
      return {
        row,
        index,
        rank: Number(row.dataset.rank),
        text: row.textContent.toLowerCase(),
        codes: Array.from(badges, (badge) => badge.textContent),
        keys: [
          Number(cells[0].textContent) || 0,
          cells[1].textContent,
          cells[2].textContent,
          cells[3].textContent,
          cells[4].textContent,
          cells[5].textContent,
          badges.length,
        ],
      };
    });
    fitting = order;
  };

  const tell = (shown, fits) => {
    by("count").textContent = fits + " of " + total + (shown < fits ? ", the first " + shown + " shown" : "");
    by("none").hidden = fits > 0;
    by("more").hidden = shown === fits;
    by("more").textContent = "Show " + Math.min(step, fits - shown) + " more";
  };

  // show puts what fits first, as far as the limit goes. The rest waits where it is.
  const show = () => {
    const shown = fitting.slice(0, limit).map((one) => one.row);
    for (const row of body.querySelectorAll("tr:not([hidden], .later)")) row.classList.add("later");
    for (const row of shown) row.classList.remove("later");
    body.prepend(...shown);
    tell(shown.length, fitting.length);
  };

  const filter = () => {
    const words = by("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const rank = Number(by("severity").value);
    const code = by("finding").value;
    start();
    fitting = order.filter((one) => {
      const fits = one.rank <= rank && (!code || one.codes.includes(code)) && words.every((word) => one.text.includes(word));
      if (one.row.hidden === fits) one.row.hidden = !fits;
      return fits;
    });
    limit = step;
    show();
  };

  const sort = (column, descending) => {
    const numbers = column === 0 || column === 6;
    const sign = descending ? -1 : 1;
    start();
    order.sort((a, b) => {
      const x = a.keys[column], y = b.keys[column];
      return sign * (numbers ? x - y : compare(x, y)) || a.index - b.index;
    });
    heads.forEach((head, i) => {
      if (i === column) head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    by("order").value = column;
    filter();
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
  by("more").addEventListener("click", () => {
    start();
    limit += step;
    show();
  });
  // Paper has all that fits, in its order.
  addEventListener("beforeprint", () => {
    if (order) body.append(...order.map((one) => one.row));
  });
  by("tools").hidden = false;
  tell(Math.min(step, total), total);
})();
