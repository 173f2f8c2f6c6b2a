"use strict";
// The random walk of a scene, unrolled: from the nodes to the images, and back to the nodes.
const WalkView = (() => {
  const { byId, html, svg, option } = Elements;
  const WIDE = 420;
  const TILE = 84;
  const RADIUS = 19;
  const STEP = 112; // from one node or image to the next
  const HEAD = 30; // above the images, for what the columns are
  const LEFT = 34;
  const RIGHT = WIDE - LEFT;
  const MIDDLE = WIDE / 2;

  function places(count, high) {
    return Array.from({ length: count }, (_, n) => high / 2 + (n - (count - 1) / 2) * STEP);
  }

  /** Return an arrow as wide as it is likely, and its number. */
  function edge(from, to, probability, colour, at, node) {
    const x = from[0] + at * (to[0] - from[0]);
    const y = from[1] + at * (to[1] - from[1]);
    return svg(
      "g",
      { class: "edge", "data-node": node },
      svg("line", {
        x1: from[0], y1: from[1], x2: to[0], y2: to[1],
        stroke: colour, "stroke-width": 1 + 9 * probability,
      }),
      svg("text", { x, y, class: "number" }, probability.toFixed(2))
    );
  }

  function tile(view, image, images, y) {
    const crop = svg("svg", {
      x: MIDDLE - TILE / 2, y: y - TILE / 2, width: TILE, height: TILE, viewBox: "0 0 1 1",
    });
    const picture = svg("image", {
      href: view.scene.picture, x: -image, y: 0, width: images, height: 1,
      preserveAspectRatio: "none",
    });
    crop.append(picture);
    return crop;
  }

  function ring(peak, image, images, y, colour, place) {
    const x = MIDDLE + (peak[0] * images - image - 0.5) * TILE;
    const radius = place % 2 ? 4.5 : 7.5; // two rings on one cell are both seen
    const at = { cx: x, cy: y + (peak[1] - 0.5) * TILE, r: radius, fill: "none" };
    return svg(
      "g",
      {},
      svg("circle", { ...at, stroke: "#ffffff", "stroke-width": 4 }),
      svg("circle", { ...at, stroke: colour, "stroke-width": 2 })
    );
  }

  function node(x, y, text, colour) {
    return [
      svg("circle", { cx: x, cy: y, r: RADIUS, fill: colour }),
      svg("text", { x, y, class: "node" }, text),
    ];
  }

  /** Return where a walk from a node ends: a probability for each node. */
  function ends(walk, from) {
    return walk.returns.map((_, to) =>
      walk.toNode.reduce((sum, back, image) => sum + walk.toImage[from][image] * back[to], 0)
    );
  }

  function graph(view, row) {
    const { walk, paired } = row.own;
    const images = view.set.images;
    const nodes = walk.returns.length;
    const high = STEP * (Math.max(images, nodes) - 1) + TILE + HEAD;
    const nodeAt = places(nodes, high + HEAD);
    const imageAt = places(images, high + HEAD);
    const colours = paired.map((source) => SceneView.colourOf(view, source));
    const drawing = svg("svg", {
      viewBox: `0 0 ${WIDE} ${high}`, role: "group", "aria-label": "Walk as a graph",
    });
    for (const [x, text] of [[LEFT, "nodes"], [MIDDLE, "images"], [RIGHT, "nodes"]]) {
      drawing.append(svg("text", { x, y: 13, class: "head" }, text));
    }
    for (let n = 0; n < nodes; n++) {
      for (let image = 0; image < images; image++) {
        const inner = [MIDDLE - TILE / 2, imageAt[image]];
        const outer = [MIDDLE + TILE / 2, imageAt[image]];
        const [there, back] = [walk.toImage[n][image], walk.toNode[image][n]];
        drawing.append(
          edge([LEFT + RADIUS, nodeAt[n]], inner, there, colours[n], 0.2, n),
          edge(outer, [RIGHT - RADIUS, nodeAt[n]], back, "var(--back)", 0.8, null)
        );
      }
    }
    for (let image = 0; image < images; image++) {
      drawing.append(tile(view, image, images, imageAt[image]));
      walk.peaks.forEach((peaks, n) =>
        drawing.append(ring(peaks[image], image, images, imageAt[image], colours[n], n))
      );
    }
    const endTexts = [];
    const starts = nodeAt.map((y, n) => {
      const [circle, text] = node(RIGHT, y, walk.returns[n].toFixed(2), colours[n]);
      endTexts.push(text);
      drawing.append(circle, text);
      return svg(
        "g",
        { class: "start", tabindex: 0, role: "button", "aria-pressed": "false",
          "aria-label": `Walk from node ${n + 1}` },
        ...node(LEFT, y, String(n + 1), colours[n])
      );
    });
    drawing.append(...starts);
    makeAlive(drawing, walk, starts, endTexts);
    return drawing;
  }

  /** Let one node be chosen: its arrows stay, and the nodes at the right say where its walk ends. */
  function makeAlive(drawing, walk, starts, endTexts) {
    const choose = (chosen) => {
      starts.forEach((start, n) => start.setAttribute("aria-pressed", String(n === chosen)));
      for (const arrow of drawing.querySelectorAll(".edge[data-node]")) {
        const other = chosen !== null && arrow.dataset.node !== String(chosen);
        arrow.classList.toggle("dim", other);
      }
      const values = chosen === null ? walk.returns : ends(walk, chosen);
      values.forEach((value, n) => (endTexts[n].textContent = value.toFixed(2)));
    };
    starts.forEach((start, n) => {
      const press = () => choose(start.getAttribute("aria-pressed") === "true" ? null : n);
      start.addEventListener("click", press);
      start.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        press();
      });
    });
  }

  function numbers(walk) {
    const cells = (values) => values.map((value) => html("td", {}, value.toFixed(3)));
    const images = walk.toNode.map((_, image) => html("th", { scope: "col" }, `image ${image + 1}`));
    const line = (title, values) =>
      html("tr", {}, html("th", { scope: "row" }, title), ...cells(values));
    const there = walk.toImage.map((own, n) => line(`node ${n + 1} to`, own));
    const back = walk.returns.map((_, n) =>
      line(`to node ${n + 1} from`, walk.toNode.map((own) => own[n]))
    );
    const head = html("thead", {}, html("tr", {}, html("th", { scope: "col" }, "probability"), ...images));
    const returns = walk.returns.map((value, n) => `node ${n + 1} ${value.toFixed(3)}`);
    return [
      html("table", { class: "plain" }, head, html("tbody", {}, ...there, ...back)),
      html("p", {}, `Returns: ${returns.join(", ")}. Loss (Eq. 4): ${walk.loss.toFixed(3)}.`),
    ];
  }

  /** Show the walk of the chosen row, or hide the figure where no row has one. */
  function show(view) {
    const rows = view.rows.filter((row) => row.own.walk);
    byId("walk").hidden = rows.length === 0;
    if (!rows.length) return;
    const select = byId("walk-row");
    const kept = select.value;
    select.replaceChildren(...rows.map((row) => option(row.name, row.about.label)));
    const first = rows.find((row) => row.name === kept) || rows.find((row) => row.about.proposed);
    select.value = (first || rows[0]).name;
    const draw = () => {
      const row = rows.find((one) => one.name === select.value);
      byId("walk-graph").replaceChildren(graph(view, row));
      byId("walk-table").replaceChildren(...numbers(row.own.walk));
    };
    select.onchange = draw;
    draw();
  }

  return { show, ends };
})();
