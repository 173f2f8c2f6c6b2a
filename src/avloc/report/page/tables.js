"use strict";
// Sorts tables of scores by a column: highest first, lowest first, and as printed.
const Tables = (() => {
  const { html } = Elements;
  const NEXT = { none: "descending", descending: "ascending", ascending: "none" };

  /** Return the value of a cell, or null if it has none. */
  function valueOf(row, column) {
    const { value } = row.cells[column].dataset;
    return value === undefined ? null : Number(value);
  }

  /** Put rows without a value last, whichever way the others are sorted. */
  function compare(a, b, sign) {
    if (a === null || b === null) return (a === null) - (b === null);
    return sign * (a - b);
  }

  function sort(table, column, order) {
    const printed = table.printed;
    const sorted = table.sorted;
    if (order === "none") {
      for (const { body, rows } of printed) body.append(...rows);
    } else {
      const sign = order === "ascending" ? 1 : -1;
      const rows = printed.flatMap((part) => part.rows);
      rows.sort((a, b) => compare(valueOf(a, column), valueOf(b, column), sign));
      sorted.append(...rows);
    }
    table.node.classList.toggle("by-value", order !== "none");
  }

  function makeSortable(node) {
    const bodies = [...node.tBodies];
    const printed = bodies.map((body) => ({
      body,
      rows: [...body.rows].filter((row) => !row.classList.contains("section")),
    }));
    const sorted = html("tbody", { class: "sorted" });
    node.append(sorted);
    const table = { node, printed, sorted };
    const heads = [...node.tHead.rows[1].cells];
    heads.forEach((head, place) => {
      const button = html("button", { type: "button" }, ...head.childNodes);
      head.replaceChildren(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const order = NEXT[head.getAttribute("aria-sort")];
        for (const other of heads) other.setAttribute("aria-sort", "none");
        head.setAttribute("aria-sort", order);
        sort(table, place + 1, order);
      });
    });
  }

  function start() {
    document.querySelectorAll("table.scores").forEach(makeSortable);
  }

  return { start };
})();
