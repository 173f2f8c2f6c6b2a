"use strict";
// One scene: its picture with the sources, its sounds, and a card with the maps of each row.
const SceneView = (() => {
  const { byId, html, percent } = Elements;

  /** Read the maps of a row: as shown, and as scored, all at the size of the picture and in [0, 1]. */
  function readRow(gallery, set, own, perNode) {
    const stored = Arrays.maps(gallery.arrays[own.maps]);
    const full = (values) =>
      Overlap.scaled(
        Overlap.resize(values, stored.height, stored.width, set.height, set.width)
      );
    const shown = stored.values.map(full);
    const solo = set.kind === "solo" && stored.values.length > 1;
    const scored = solo ? [full(Overlap.mean(stored.values))] : shown;
    return { shown, scored, solo, inOrder: !perNode && scored.length > 1 };
  }

  /** Return a scene ready to be drawn. */
  function read(data, set, scene, image) {
    const masks = Arrays.masks(scene.masks, set.height, set.width);
    const targets = set.kind === "solo" ? [Overlap.union(masks)] : masks;
    const grey = Drawing.grey(image, set.height, set.width);
    const rows = Object.entries(scene.rows).map(([name, own]) => ({
      name,
      own,
      about: data.gallery.rows[name],
      ...readRow(data.gallery, set, own, data.gallery.rows[name].perNode),
    }));
    return { data, set, scene, image, grey, masks, targets, rows };
  }

  function colourOf(view, source) {
    const colours = view.data.colours.sources;
    return colours[source % colours.length];
  }

  function coloursOf(view, row) {
    if (row.shown.length === 1) return [view.data.colours.shared];
    return row.own.paired.map((source) => colourOf(view, source));
  }

  /** Draw the picture with its sources, and their names. */
  function drawTruth(view) {
    const { set, scene, masks } = view;
    const canvas = byId("truth");
    const drawn = Drawing.picture(canvas, view.image, set.height, set.width, 400);
    masks.forEach((mask, source) =>
      Drawing.outline(drawn, (n) => mask[n] === 1, colourOf(view, source), false)
    );
    const names = scene.classes.map((name, source) => name || `source ${source + 1}`);
    canvas.setAttribute("aria-label", `Picture ${scene.number}. Outlined: ${names.join(", ")}`);
    byId("scene-title").textContent = `Scene ${scene.number}`;
    byId("legend").replaceChildren(
      ...names.map((name, source) => html("li", {}, dot(colourOf(view, source)), name)),
      html("li", {}, dot(view.data.colours.shared), "one map for all")
    );
  }

  function dot(colour) {
    return html("span", { class: "dot", style: `--dot:${colour}` });
  }

  /** Make a button for the mixture and for each of its sounds. */
  function offerSounds(view) {
    const { waves, sampleRate } = view.data.gallery;
    const sounds = view.scene.sounds.map((sound) => Sound.samples(waves[sound.wave]));
    const several = sounds.length > 1;
    const whole = [several ? "mixture" : "sound", null, Sound.mixture(sounds)];
    const alone = view.scene.sounds.map((sound, n) => [
      sound.name || `sound ${n + 1}`,
      colourOf(view, n),
      sounds[n],
    ]);
    byId("sounds").replaceChildren(
      ...[whole, ...(several ? alone : [])].map(([name, colour, wave]) => {
        const button = html("button", { type: "button", "aria-pressed": "false" });
        button.append(...(colour ? [dot(colour)] : []), `Play ${name}`);
        button.addEventListener("click", () => {
          const pressed = button.getAttribute("aria-pressed") === "true";
          Sound.stop();
          if (pressed) return;
          button.setAttribute("aria-pressed", "true");
          Sound.play(wave, sampleRate, () => button.setAttribute("aria-pressed", "false"));
        });
        return button;
      })
    );
  }

  /** Return the panels of a row: maps with their colours, together or one by one. */
  function panelsOf(view, row, look) {
    const colours = coloursOf(view, row);
    if (look.apart && row.shown.length > 1) {
      return row.shown.map((map, n) => ({ maps: [map], colours: [colours[n]] }));
    }
    if (row.solo) return [{ maps: row.scored, colours: [view.data.colours.shared] }];
    return [{ maps: row.shown, colours }];
  }

  function drawPanel(view, panel, look, threshold, canvas) {
    const { set } = view;
    const level = Math.fround(threshold);
    const drawn = Drawing.picture(canvas, view.grey, set.height, set.width, 300);
    Drawing.tint(drawn, panel.maps, panel.colours, look.opacity, look.found ? level : null);
    panel.maps.forEach((map, n) =>
      Drawing.outline(drawn, (pixel) => map[pixel] > level, panel.colours[n], false)
    );
    if (look.outlines) {
      for (const mask of view.masks) {
        Drawing.outline(drawn, (n) => mask[n] === 1, "#000000", true);
      }
    }
  }

  /** Return a card for each row, and what redraws it. */
  function makeCards(view) {
    const score = view.set.kind === "solo" ? "AP" : "CAP";
    for (const row of view.rows) {
      row.panels = html("div", { class: "panels" });
      row.iou = html("b", { class: "iou" });
      row.level = html("span");
      const name = html("strong", {}, row.about.label);
      const values = html("span", { class: "values" });
      values.append("IoU ", row.iou, ` · ${score} ${percent(row.own.score)} · t `, row.level);
      row.card = html(
        "figure",
        { class: row.about.proposed ? "card proposed" : "card", "data-row": row.name },
        row.panels,
        html("figcaption", {}, name, values)
      );
    }
    return view.rows.map((row) => row.card);
  }

  /** Draw the maps of all rows, and return their IoU by row. */
  function redraw(view, look) {
    const found = {};
    for (const row of view.rows) {
      const threshold = look.own ? row.own.threshold : look.threshold;
      const scores = Overlap.matrix(row.scored, view.targets, threshold);
      found[row.name] = Overlap.ofSources(scores, row.inOrder);
      row.iou.textContent = percent(found[row.name]);
      row.card.dataset.iou = found[row.name];
      row.level.textContent = threshold.toFixed(2);
      const panels = panelsOf(view, row, look);
      while (row.panels.children.length > panels.length) row.panels.lastChild.remove();
      panels.forEach((panel, n) => {
        if (!row.panels.children[n]) row.panels.append(html("canvas", { role: "img" }));
        const canvas = row.panels.children[n];
        drawPanel(view, panel, look, threshold, canvas);
        const which = panels.length > 1 ? `, map ${n + 1}` : "";
        canvas.setAttribute("aria-label", `${row.about.label}${which}`);
      });
    }
    return found;
  }

  return { read, drawTruth, offerSounds, makeCards, redraw, colourOf };
})();
