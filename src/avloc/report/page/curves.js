"use strict";
// What every row logged while it trained: one small chart a row.
const Curves = (() => {
  const { byId, html, svg, option } = Elements;
  const WIDE = 240;
  const HIGH = 110;
  const EDGE = { left: 40, right: 6, top: 8, bottom: 18 };

  /** Return a row from the end of its warm start on, if it was trained after that. */
  function withoutWarm(row) {
    const { warm } = row;
    if (warm === row.steps.length) return row;
    const values = Object.entries(row.values).map(([name, own]) => [name, own.slice(warm)]);
    return { ...row, warm: 0, steps: row.steps.slice(warm), values: Object.fromEntries(values) };
  }

  function rangeOf(rows, quantity) {
    const values = rows.flatMap((row) => row.values[quantity.name]).filter((v) => v !== null);
    if (quantity.limit !== null) values.push(quantity.limit);
    return [Math.min(...values), Math.max(...values)];
  }

  function short(value) {
    return Number(value.toPrecision(3)).toString();
  }

  function path(points) {
    return points.map(([x, y], n) => `${n ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
  }

  function level(y, kind) {
    return svg("line", { x1: EDGE.left, x2: WIDE - EDGE.right, y1: y, y2: y, class: kind });
  }

  function chart(row, quantity, [low, high]) {
    const first = row.steps[0];
    const last = row.steps[row.steps.length - 1];
    const share = (step) => (step - first) / (last - first || 1);
    const x = (step) => EDGE.left + share(step) * (WIDE - EDGE.left - EDGE.right);
    const span = high - low || 1;
    const y = (value) => HIGH - EDGE.bottom - ((value - low) / span) * (HIGH - EDGE.top - EDGE.bottom);
    const values = row.values[quantity.name];
    const points = values.map((value, n) => (value === null ? null : [x(row.steps[n]), y(value)]));
    const warm = points.slice(0, row.warm).filter(Boolean);
    const own = points.slice(row.warm).filter(Boolean);
    const logged = values.filter((value) => value !== null);
    const ends = `from ${short(logged[0])} to ${short(logged[logged.length - 1])}`;
    const label = `${row.label}: ${quantity.title} ${ends}`;
    const drawing = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": label });
    drawing.append(
      level(HIGH - EDGE.bottom, "axis"),
      svg("text", { x: EDGE.left - 5, y: y(high) + 4, class: "tick end" }, short(high)),
      svg("text", { x: EDGE.left - 5, y: y(low) + 1, class: "tick end" }, short(low)),
      svg("text", { x: EDGE.left, y: HIGH - 5, class: "tick" }, String(first)),
      svg("text", { x: WIDE - EDGE.right, y: HIGH - 5, class: "tick end" }, `step ${last}`)
    );
    for (const step of row.phases) {
      const line = { x1: x(step), x2: x(step), y1: EDGE.top, y2: HIGH - EDGE.bottom };
      drawing.append(svg("line", { ...line, class: "phase" }));
    }
    if (quantity.limit !== null) {
      drawing.append(level(y(quantity.limit), "limit"));
    }
    drawing.append(svg("path", { d: path(warm), class: "warm" }), svg("path", { d: path(own), class: "own" }));
    return html("figure", {}, html("figcaption", {}, row.label), drawing);
  }

  function draw(curves) {
    const quantity = curves.quantities.find((one) => one.name === byId("quantity").value);
    const logged = curves.rows.filter((row) => row.values[quantity.name]);
    const parts = byId("with-warm").checked ? logged : logged.map(withoutWarm);
    const rows = parts.filter((row) => row.values[quantity.name].some((value) => value !== null));
    const shared = quantity.shared ? rangeOf(rows, quantity) : null;
    byId("curves").replaceChildren(
      ...rows.map((row) => chart(row, quantity, shared || rangeOf([row], quantity)))
    );
    const scale = quantity.shared
      ? "One scale for all rows."
      : "Every row has a scale of its own: losses of different methods cannot be compared.";
    const limit = quantity.limit === null ? "" : " Dashed: beyond it a row is marked as collapsed.";
    const grey = byId("with-warm").checked ? "Grey: warm start with another loss. " : "";
    byId("curve-note").textContent = `${grey}Thin upright lines: a new phase. ${scale}${limit}`;
  }

  function start(curves) {
    byId("training").hidden = curves.quantities.length === 0;
    if (!curves.quantities.length) return;
    byId("quantity").replaceChildren(
      ...curves.quantities.map((quantity) => option(quantity.name, quantity.title))
    );
    for (const id of ["quantity", "with-warm"]) {
      byId(id).addEventListener("change", () => draw(curves));
    }
    draw(curves);
  }

  return { start };
})();
